"""Generative adversarial networks (Goodfellow et al., 2014): two nets that learn from each other.

`losses`: what the discriminator and the generator minimise, in three versions. `layers`: the transposed
convolution, which makes images larger. `nets`: a fully connected and a convolutional pair. `steps`: noise, and one
round of training.
"""

from chainrule.gan.layers import conv_transpose_backward, conv_transpose_forward
from chainrule.gan.losses import (
    discriminator_loss,
    generator_loss,
    ls_discriminator_loss,
    ls_generator_loss,
    minimax_generator_loss,
)
from chainrule.gan.nets import ConvDiscriminator, ConvGenerator, Discriminator, Generator
from chainrule.gan.steps import adam_update, gan_step, sample_noise

__all__ = [
    "ConvDiscriminator",
    "ConvGenerator",
    "Discriminator",
    "Generator",
    "adam_update",
    "conv_transpose_backward",
    "conv_transpose_forward",
    "discriminator_loss",
    "gan_step",
    "generator_loss",
    "ls_discriminator_loss",
    "ls_generator_loss",
    "minimax_generator_loss",
    "sample_noise",
]
