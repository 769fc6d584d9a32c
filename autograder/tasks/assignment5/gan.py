"""Tasks of gan.ipynb: noise, and the steps of training; those of the transposed convolution come with them."""

from autograder.tasks.spec import mistake, task_factory, untouched, values
from chainrule.gan import steps

__all__ = ["TASKS"]

task = task_factory("assignment5", "gan", steps)


# Noise. It is judged by its statistics: another order of the calls to rng gives other numbers, as right as these.


def draw_noise(rng):
    return {"rows": int(rng.integers(120, 150)), "dim": int(rng.integers(90, 110)), "seed": int(rng.integers(10**6))}


NOISE = """z, free = sample_noise(rows, dim, np.random.default_rng(seed)), sample_noise(rows, dim)
shape, low, high, mean, square = np.array(np.shape(z)), np.min(z), np.max(z), np.mean(z), np.mean(z**2)
apart = np.array([np.std(np.mean(z, axis=0)), np.std(np.mean(z, axis=1))])
shape_without_rng = np.array(np.shape(free))
ends_without_rng = [-1 <= np.min(free) < -0.5, 0.5 < np.max(free) <= 1, 0.25 < np.mean(np.abs(free) < 0.5) < 0.75]
"""
CHANCE = """rng = np.random.default_rng(seed)
first, second = sample_noise(4, 3, rng), sample_noise(4, 3, rng)
again, other = sample_noise(4, 3, np.random.default_rng(seed)), sample_noise(4, 3, np.random.default_rng(seed + 1))
free, free_again = sample_noise(4, 3), sample_noise(4, 3)
same_seed_same_noise, other_seed_same_noise = np.all(first == again), np.all(first == other)
second_call_same, unseeded_calls_same = np.all(first == second), np.all(free == free_again)
small = np.array(np.shape(sample_noise(1, 2, rng)))
"""
UNIFORM, MAKE = "rng.uniform(-1, 1, size=(batch_size, dim))", "rng = rng or np.random.default_rng()"

sample_noise = task(
    "sample_noise",
    NOISE,
    draw_noise,
    (
        # Of 10,800 numbers or more the mean is known to 0.006, the mean square to 0.003; 0.05 is eight times as much.
        values(
            "uniform between -1 and 1",
            1,
            *("shape", "low", "high", "mean", "square", "apart", "shape_without_rng", "ends_without_rng"),
            cases=2,
            atol=0.05,
        ),
        values(
            "all chance comes from rng, other numbers each time",
            0.5,
            *("same_seed_same_noise", "other_seed_same_noise", "second_call_same", "unseeded_calls_same", "small"),
            call=CHANCE,
            cases=2,
            proves=False,
        ),
    ),
    (
        mistake("normal", "the numbers are normally distributed, expected uniform between -1 and 1")(
            (UNIFORM, "rng.standard_normal((batch_size, dim))")
        ),
        mistake("zero_one", "the numbers lie between 0 and 1, expected between -1 and 1")(
            (UNIFORM, "rng.random((batch_size, dim))")
        ),
        mistake("narrow", "the numbers lie between -1/2 and 1/2, expected between -1 and 1")(("-1, 1", "-0.5, 0.5")),
        mistake("signs", "all numbers are -1 or 1, expected anything between")(
            (UNIFORM, "rng.choice([-1.0, 1.0], size=(batch_size, dim))")
        ),
        mistake("transposed", "the shape is (dim, batch_size), expected (batch_size, dim)")((UNIFORM, UNIFORM + ".T")),
        mistake("one_row", "all images get the same row of noise, expected a new one for each")(
            (UNIFORM, "np.tile(rng.uniform(-1, 1, size=(1, dim)), (batch_size, 1))")
        ),
        mistake("one_number", "all numbers of an image are the same: draw batch_size * dim of them")(
            (UNIFORM, "np.tile(rng.uniform(-1, 1, size=(batch_size, 1)), (1, dim))")
        ),
        mistake("rng_ignored", "rng is not used: one seed gives two kinds of noise")(
            (MAKE, "rng = np.random.default_rng()")
        ),
        mistake("fixed_sequence", "every call gives the same numbers, whatever rng is: a seed is set inside")(
            (MAKE, "rng = np.random.default_rng(0)")
        ),
        mistake("fixed_without_rng", "without rng every call gives the same numbers: make an unseeded generator")(
            (MAKE, "rng = rng or np.random.default_rng(0)")
        ),
    ),
)

# Adam.


def draw_update(rng):
    drawn = {name: rng.normal(size=(4, 3)) for name in ("W", "dW", "dW_next")}
    drawn["dW"][0], drawn["dW_next"][0] = (0.0, 1e-8, -1e-7), (0.0, 1e-8, 1e-7)  # there epsilon makes a difference
    return drawn | {name: rng.normal(size=3) for name in ("b", "db", "db_next")}


UPDATE = """from chainrule.judging.gan_stubs import LinearNet
net, W_first, b_first = LinearNet(W, b), W.copy(), b.copy()
adam_update(net, {"W": dW, "b": db})
W_moved, b_moved = net.params["W"] - W_first, net.params["b"] - b_first
"""
UPDATES = (
    UPDATE
    + """adam_update(net, {"W": dW_next, "b": db_next})
W_next, b_next = net.params["W"] - W_first, net.params["b"] - b_first
steps_counted = [net.configs[name]["t"] for name in ("W", "b")]
"""
)
SETTINGS = '{"learning_rate": 1e-3, "beta1": 0.5}'
STEP = "net.params[name], net.configs[name] = adam(w, grads[name], config)"

adam_update = task(
    "adam_update",
    UPDATES,
    draw_update,
    (
        values("the first step", 0.5, "W_moved", "b_moved", call=UPDATE),
        values("a second step, which remembers the first", 0.4, "W_next", "b_next", "steps_counted"),
        untouched(0.1, "W", "b", "dW"),
    ),
    (
        mistake("beta1", "beta1 is 0.9, Adam's own default; expected 0.5")((SETTINGS, '{"learning_rate": 1e-3}')),
        mistake("beta2", "beta2 is 0.5, expected beta1: beta2 stays 0.999")(
            (SETTINGS, '{"learning_rate": 1e-3, "beta2": 0.5}')
        ),
        mistake("rate", "the learning rate is 1e-2, expected 1e-3")(("1e-3", "1e-2")),
        mistake("rate_small", "the learning rate is 2e-4, expected 1e-3")(("1e-3", "2e-4")),
        mistake("forgets", "the config is not kept in net.configs: every step is a first step")(
            (STEP, "net.params[name], _ = adam(w, grads[name], config)\n        net.configs[name] = {'t': 0}")
        ),
        mistake("begins_anew", "the config found in net.configs is not used: every step is a first step")(
            ("net.configs.get(name, ", "(")
        ),
        mistake("ascent", "the parameters move along the gradient, expected against it")(
            ("grads[name]", "-grads[name]")
        ),
        mistake("sgd", "this is plain gradient descent, expected Adam")(
            (STEP, f"{STEP}\n        net.params[name] = w - 1e-3 * grads[name]")
        ),
        mistake("weights_alone", "the biases do not move")(
            ("in net.params.items()", "in [(name, w) for name, w in net.params.items() if name[0] == 'W']"),
            (STEP, STEP + "\n        net.configs['b'] = {'t': 0}"),
        ),
        mistake("no_step", "net.params stays as it was: the new parameters are not stored")(
            ("net.params[name], net", "_, net")
        ),
        mistake("in_place", "the arrays in net.params are changed in place, expected new ones")(
            (STEP, "w[...], net.configs[name] = adam(w, grads[name], config)")
        ),
    ),
)

# A round of training.


def draw_round(rng, N=5):
    D, Z = 4, 3
    drawn = {"X": rng.normal(size=(N, D)) + 1, "z1": rng.normal(size=(N, Z)), "z2": rng.normal(size=(N, Z))}
    drawn |= {"WG": rng.normal(size=(Z, D)), "bG": rng.normal(size=D), "WD": rng.normal(size=(D, 1))}
    return drawn | {"bD": rng.normal(size=1), "rate": float(rng.uniform(0.05, 0.1))}


def draw_single(rng):
    return draw_round(rng, 1)


ROUND = """from chainrule.judging import gan_stubs
generator, discriminator = gan_stubs.LinearNet(WG, bG), gan_stubs.LinearNet(WD, bD, column=True)
noise, update = gan_stubs.Noise(z1, z2), gan_stubs.Descent(rate)
losses = gan_stubs.discriminator_loss, gan_stubs.generator_loss
d_loss, g_loss = gan_step(generator, discriminator, X, noise, losses, update)
WD_moved, bD_moved = discriminator.params["W"] - WD, discriminator.params["b"] - bD
WG_moved, bG_moved = generator.params["W"] - WG, generator.params["b"] - bG
moved = [1 if net is generator else 0 for net in update.moved]
noise_calls = noise.calls
"""
D_UPDATE = "update(discriminator, {name: of_real[name] + of_fake[name] for name in of_real})"
D_FAKE = "logits_fake, fake_cache = discriminator.forward(fake)"
G_FAKE, G_BACK = (
    "fake, g_cache = generator.forward(noise(len(X)))",
    "dimages, _ = discriminator.backward(dlogits, d_cache)",
)
G_GRADS = "_, grads = generator.backward(dimages, g_cache)"

gan_step = task(
    "gan_step",
    ROUND,
    draw_round,
    (
        values("the discriminator's step", 0.5, "WD_moved", "bD_moved"),
        values("the generator's step", 1, "WG_moved", "bG_moved"),
        values(
            "losses; one image; who moved, and how often",
            1,
            "d_loss",
            "g_loss",
            "moved",
            "noise_calls",
            "WD_moved",
            draw=(draw_round, draw_single),
            cases=2,
        ),
    ),
    (
        mistake("same_noise", "both steps use the same noise, expected new noise for each")(
            (
                "    fake, _ = generator.forward(noise(len(X)))",
                "    z = noise(len(X))\n    fake, _ = generator.forward(z)",
            ),
            (G_FAKE, "fake, g_cache = generator.forward(z)"),
        ),
        mistake(
            "stale",
            "the generator's step uses images and logits from before the discriminator moved: generate and judge new ones",
        )(
            (f"    {G_FAKE}\n", ""),
            ("    fake, _ = generator", "    fake, g_cache = generator"),
            ("logits, d_cache = discriminator.forward(fake)", "logits, d_cache = logits_fake, fake_cache"),
        ),
        mistake("detached", "the generator does not move: no gradient reaches it through the discriminator")(
            (G_GRADS, "_, grads = generator.backward(0 * dimages, g_cache)")
        ),
        mistake("both_move", "the generator's step moves the discriminator, too, expected the generator alone")(
            (G_BACK, "dimages, also = discriminator.backward(dlogits, d_cache)\n    update(discriminator, also)")
        ),
        mistake("not_detached", "the discriminator's step moves the generator, too: its images count as given there")(
            ("    fake, _ = generator", "    fake, first_cache = generator"),
            ("    _, of_fake = discriminator", "    dimages, of_fake = discriminator"),
            (D_UPDATE, D_UPDATE + "\n    update(generator, generator.backward(dimages, first_cache)[1])"),
        ),
        mistake("real_twice", "the discriminator sees the real images twice and no generated ones")(
            (D_FAKE, D_FAKE.replace("(fake)", "(X)"))
        ),
        mistake("only_real", "the discriminator learns from the real images alone: add both gradients")(
            ("of_real[name] + of_fake[name]", "of_real[name]")
        ),
        mistake("only_fake", "the discriminator learns from the generated images alone: add both gradients")(
            ("of_real[name] + of_fake[name]", "of_fake[name]")
        ),
        mistake("averaged", "the discriminator's two gradients are averaged, expected their sum")(
            ("of_real[name] + of_fake[name]", "(of_real[name] + of_fake[name]) / 2")
        ),
        mistake(
            "two_updates",
            "the discriminator moves twice, once for the real and once for the generated images: add the gradients, then move once",
        )((D_UPDATE, "update(discriminator, of_real)\n    update(discriminator, of_fake)")),
        mistake("swapped", "real and generated logits are passed to the discriminator's loss in the wrong order")(
            (
                "d_loss, dreal, dfake = discriminator_loss(logits_real, logits_fake)",
                "d_loss, dfake, dreal = discriminator_loss(logits_fake, logits_real)",
            )
        ),
        mistake("caches", "the caches of real and generated images are swapped in the backward passes")(
            ("(dreal, real_cache)", "(dreal, fake_cache)"), ("(dfake, fake_cache)", "(dfake, real_cache)")
        ),
        mistake("ascent", "the generator moves along its gradient, expected against it")(
            (G_GRADS, "_, grads = generator.backward(-dimages, g_cache)")
        ),
        mistake("returned", "the losses are returned in the wrong order, expected (d_loss, g_loss)")(
            ("return d_loss, g_loss", "return g_loss, d_loss")
        ),
    ),
)

TASKS = (sample_noise, adam_update, gan_step)
