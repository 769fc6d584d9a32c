"""Losses of a discriminator and a generator, each with its gradient; all of them are minimised.

`discriminator_loss` with `minimax_generator_loss` is the game itself, with `generator_loss` what is used in practice;
`ls_discriminator_loss` with `ls_generator_loss` is the least-squares version. Logits and scores are what the
discriminator puts out, before any sigmoid.
"""

import numpy as np

from chainrule.activations import sigmoid_forward

__all__ = [
    "discriminator_loss",
    "generator_loss",
    "ls_discriminator_loss",
    "ls_generator_loss",
    "minimax_generator_loss",
]


def discriminator_loss(logits_real, logits_fake):
    """Binary cross-entropy of the discriminator: real images have the label 1, generated ones 0.

    logits_real: (N,), logits_fake: (M,). With the sigmoid s:
    loss = -mean(log s(logits_real)) - mean(log(1 - s(logits_fake))) (Goodfellow et al., 2014).
    Right at logits of +-1000, too, in value and gradient, without a warning.
    Returns (loss, dlogits_real, dlogits_fake), the gradients in the shapes of the logits.
    """
    loss = np.mean(np.logaddexp(0, -logits_real)) + np.mean(np.logaddexp(0, logits_fake))
    dlogits_real = -sigmoid_forward(-logits_real)[0] / len(logits_real)
    dlogits_fake = sigmoid_forward(logits_fake)[0] / len(logits_fake)
    return loss, dlogits_real, dlogits_fake


def minimax_generator_loss(logits_fake):
    """The generator's part of the game's value, which it minimises: loss = mean(log(1 - s(logits_fake))).

    logits_fake: (N,); s is the sigmoid. It saturates: where the discriminator is sure of a fake, the gradient is
    almost 0. Right at logits of +-1000, in value and gradient, without a warning. Returns (loss, dlogits_fake).
    """
    loss = -np.mean(np.logaddexp(0, logits_fake))
    return loss, -sigmoid_forward(logits_fake)[0] / len(logits_fake)


def generator_loss(logits_fake):
    """The non-saturating loss of the generator, loss = -mean(log s(logits_fake)) (Goodfellow et al., 2014).

    logits_fake: (N,); s is the sigmoid. The generator wants its images labelled 1.
    Right at logits of +-1000, in value and gradient, without a warning. Returns (loss, dlogits_fake).
    """
    loss = np.mean(np.logaddexp(0, -logits_fake))
    return loss, -sigmoid_forward(-logits_fake)[0] / len(logits_fake)


def ls_discriminator_loss(scores_real, scores_fake):
    """Least-squares loss of the discriminator (Mao et al., 2017): real images should score 1, generated ones 0.

    scores_real: (N,), scores_fake: (M,), without a sigmoid.
    loss = 1/2 mean((scores_real - 1)^2) + 1/2 mean(scores_fake^2).
    Returns (loss, dscores_real, dscores_fake), the gradients in the shapes of the scores.
    """
    loss = 0.5 * np.mean((scores_real - 1) ** 2) + 0.5 * np.mean(scores_fake**2)
    dscores_real = (scores_real - 1) / len(scores_real)
    dscores_fake = scores_fake / len(scores_fake)
    return loss, dscores_real, dscores_fake


def ls_generator_loss(scores_fake):
    """Least-squares loss of the generator (Mao et al., 2017): its images should score 1.

    scores_fake: (N,), without a sigmoid. loss = 1/2 mean((scores_fake - 1)^2). Returns (loss, dscores_fake).
    """
    loss = 0.5 * np.mean((scores_fake - 1) ** 2)
    return loss, (scores_fake - 1) / len(scores_fake)
