"""Training of a pair: `sample_noise`, `adam_update` (one step of one net) and `gan_step` (one round of both)."""

import numpy as np

from chainrule.optim import adam

__all__ = ["adam_update", "gan_step", "sample_noise"]


def sample_noise(batch_size, dim, rng=None):
    """Random numbers, uniform between -1 and 1: an array (batch_size, dim).

    rng: a numpy.random.Generator, from which all numbers come; without it a new, unseeded one is made. Every call
    gives other numbers.
    """
    rng = rng or np.random.default_rng()
    return rng.uniform(-1, 1, size=(batch_size, dim))


def adam_update(net, grads):
    """One step of Adam for every array in net.params, with learning rate 1e-3 and beta1 0.5 (Radford et al., 2016).

    grads: {name: gradient}. Every parameter has an Adam of its own: net.configs, {name: config}, remembers the
    config from one step to the next; it is empty at first. The dicts net.params and net.configs are updated;
    the arrays that were in them stay as they were. Everything else is as in `chainrule.optim.adam`. Returns nothing.
    """
    for name, w in net.params.items():
        config = net.configs.get(name, {"learning_rate": 1e-3, "beta1": 0.5})
        net.params[name], net.configs[name] = adam(w, grads[name], config)


def gan_step(generator, discriminator, X, noise, losses, update):
    """One round of training: a step of the discriminator, then one of the generator. Returns (d_loss, g_loss).

    generator, discriminator: nets with `forward(x)` -> (out, cache) and `backward(dout, cache)` -> (dx, grads).
    X: N real images. noise: noise(N) returns new noise for N images; it is called once for each of the two steps.
    losses: (discriminator_loss, generator_loss). update: update(net, grads) moves the parameters of one net.

    1. The discriminator moves, on real and on generated images; the generator stays as it is.
    2. New images are generated and judged by the discriminator as it is now; the generator moves, by the gradient
       that comes through the discriminator. The discriminator stays as it is.
    d_loss and g_loss are the losses found in step 1 and step 2.
    """
    discriminator_loss, generator_loss = losses
    fake, _ = generator.forward(noise(len(X)))
    logits_real, real_cache = discriminator.forward(X)
    logits_fake, fake_cache = discriminator.forward(fake)
    d_loss, dreal, dfake = discriminator_loss(logits_real, logits_fake)
    _, of_real = discriminator.backward(dreal, real_cache)
    _, of_fake = discriminator.backward(dfake, fake_cache)
    update(discriminator, {name: of_real[name] + of_fake[name] for name in of_real})

    fake, g_cache = generator.forward(noise(len(X)))
    logits, d_cache = discriminator.forward(fake)
    g_loss, dlogits = generator_loss(logits)
    dimages, _ = discriminator.backward(dlogits, d_cache)
    _, grads = generator.backward(dimages, g_cache)
    update(generator, grads)
    return d_loss, g_loss
