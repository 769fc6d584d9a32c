import numpy as np
import pytest

from chainrule import gan, initializers
from chainrule.conv import conv_forward_fast
from chainrule.gradcheck import check_gradient
from chainrule.lessons import generations

PAIRS = {
    "dense": lambda: (gan.Generator(3, 5, 6, 1, np.float64), gan.Discriminator(6, 4, 2, np.float64)),
    "convolutional": lambda: (gan.ConvGenerator(3, 2, 1, np.float64), gan.ConvDiscriminator(2, 2, np.float64)),
}
per_pair = pytest.mark.parametrize("make", PAIRS.values(), ids=PAIRS)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the second oracle")


def with_random_biases(pair, seed=0):
    """Return the nets with nonzero biases."""
    rng = np.random.default_rng(seed)
    for net in pair:
        net.params |= {name: rng.normal(0, 0.3, b.shape) for name, b in net.params.items() if name[0] == "b"}
    return pair


# Losses.


def test_losses_by_hand():
    # s(log 3) = 3/4 and s(0) = 1/2: the discriminator's loss is -log(3/4) - log(1 - 1/2) = log(8/3).
    loss, dreal, dfake = gan.discriminator_loss(np.array([np.log(3)]), np.array([0.0, 0.0]))
    np.testing.assert_allclose(loss, np.log(8 / 3), rtol=1e-14)
    np.testing.assert_allclose(dreal, [-1 / 4], rtol=1e-14)
    np.testing.assert_allclose(dfake, [1 / 4, 1 / 4], rtol=1e-14)
    # log(1 - 3/4) = -log 4 with the derivative -3/4; -log(3/4) with the derivative 3/4 - 1.
    np.testing.assert_allclose(gan.minimax_generator_loss(np.array([np.log(3)]))[0], -np.log(4), rtol=1e-14)
    np.testing.assert_allclose(gan.minimax_generator_loss(np.array([np.log(3)]))[1], [-3 / 4], rtol=1e-14)
    np.testing.assert_allclose(gan.generator_loss(np.array([np.log(3)]))[0], np.log(4 / 3), rtol=1e-14)
    np.testing.assert_allclose(gan.generator_loss(np.array([np.log(3)]))[1], [-1 / 4], rtol=1e-14)
    # ((3 - 1)^2 + (0 - 1)^2) / 4 + 2^2 / 2 = 5/4 + 2.
    loss, dreal, dfake = gan.ls_discriminator_loss(np.array([3.0, 0.0]), np.array([2.0]))
    assert (loss, dreal.tolist(), dfake.tolist()) == (3.25, [1.0, -0.5], [2.0])
    loss, dfake = gan.ls_generator_loss(np.array([3.0, 0.0]))
    assert (loss, dfake.tolist()) == (1.25, [1.0, -0.5])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_at_logits_of_1000(dtype):
    # Warnings are errors in these tests.
    ends = np.array([1000, -1000], dtype)
    loss, dreal, dfake = gan.discriminator_loss(ends, ends)
    assert (float(loss), dreal.tolist(), dfake.tolist()) == (1000.0, [0, -0.5], [0.5, 0])
    loss, dlogits = gan.minimax_generator_loss(ends)
    assert (float(loss), dlogits.tolist()) == (-500.0, [-0.5, 0])
    loss, dlogits = gan.generator_loss(ends)
    assert (float(loss), dlogits.tolist()) == (500.0, [0, -0.5])
    assert dlogits.dtype == dreal.dtype == dfake.dtype == dtype


def test_losses_agree_with_pytorch(torch):
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 3, 5), np.append(rng.normal(0, 3, 6), [1e3, -1e3])
    r, f = (torch.tensor(x, requires_grad=True) for x in (real, fake))
    ones, zeros = (lambda x: torch.ones_like(x)), (lambda x: torch.zeros_like(x))
    half_mse = lambda x, target: 0.5 * torch.nn.functional.mse_loss(x, target)  # noqa: E731
    expected = {
        gan.discriminator_loss: bce(r, ones(r)) + bce(f, zeros(f)),
        gan.minimax_generator_loss: -bce(f, zeros(f)),
        gan.generator_loss: bce(f, ones(f)),
        gan.ls_discriminator_loss: half_mse(r, ones(r)) + half_mse(f, zeros(f)),
        gan.ls_generator_loss: half_mse(f, ones(f)),
    }
    for function, loss in expected.items():
        variables, arrays = ((r, f), (real, fake)) if "discriminator" in function.__name__ else ((f,), (fake,))
        computed_loss, *gradients = function(*arrays)
        np.testing.assert_allclose(computed_loss, loss.item(), rtol=1e-12)
        for gradient, autograd in zip(gradients, torch.autograd.grad(loss, variables), strict=True):
            np.testing.assert_allclose(gradient, autograd.numpy(), rtol=1e-10, atol=1e-16)


# The transposed convolution.


def test_transposed_convolution_by_hand():
    x, w = np.array([1, 2, 0.5]).reshape(1, 1, 1, 3), np.array([1.0, 3, 3, 1]).reshape(1, 1, 1, 4)
    # 1 3 3 1, two to the right 2 6 6 2, two to the right 0.5 1.5 1.5 0.5; the bias 1 once everywhere.
    out, _ = gan.conv_transpose_forward(x, w, np.ones(1), 2, 0)
    np.testing.assert_array_equal(out.ravel(), [2, 4, 6, 8, 7.5, 4.5, 2.5, 1.5])
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    out, _ = gan.conv_transpose_forward(wide, w, np.ones(1), 2, 1)
    assert out.shape == (1, 1, 3, 6)
    np.testing.assert_array_equal(out[0, 0, 1], [4, 6, 8, 7.5, 4.5, 2.5])


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1), (3, 0), (2, 2)])
def test_conv_transpose_is_the_transpose_of_the_convolution(stride, pad):
    rng = np.random.default_rng(0)
    y, w = rng.normal(size=(2, 5, 4, 3)), rng.normal(size=(5, 3, 5, 4))
    up, _ = gan.conv_transpose_forward(y, w, np.zeros(3), stride, pad)
    x = rng.normal(size=up.shape)
    down, _ = conv_forward_fast(x, w, np.zeros(5), {"stride": stride, "pad": pad})
    np.testing.assert_allclose(np.sum(down * y), np.sum(x * up), rtol=1e-12)


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1), (3, 1)])
def test_transposed_convolution_agrees_with_pytorch(torch, stride, pad):
    rng = np.random.default_rng(1)
    arrays = rng.normal(size=(2, 3, 3, 4)), rng.normal(size=(3, 2, 4, 3)), rng.normal(size=2)
    x, w, b = (torch.tensor(a, requires_grad=True) for a in arrays)
    expected = torch.nn.functional.conv_transpose2d(x, w, b, stride=stride, padding=pad)
    out, cache = gan.conv_transpose_forward(*arrays, stride, pad)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    dout = rng.normal(size=out.shape)
    expected.backward(torch.tensor(dout))
    for gradient, variable in zip(gan.conv_transpose_backward(dout, cache), (x, w, b), strict=True):
        np.testing.assert_allclose(gradient, variable.grad.numpy(), rtol=1e-11, atol=1e-11)


# Nets.


def generators_loss(pair, z):
    """Return the generator's loss and its gradients in both nets and at the noise."""
    images, g_cache = pair[0].forward(z)
    logits, d_cache = pair[1].forward(images)
    loss, dlogits = gan.generator_loss(logits)
    dimages, of_discriminator = pair[1].backward(dlogits, d_cache)
    dimages_again, _ = pair[1].backward(dlogits, d_cache)
    np.testing.assert_array_equal(dimages_again, dimages)
    dz, of_generator = pair[0].backward(dimages, g_cache)
    return loss, of_generator, of_discriminator, dz


@per_pair
def test_gradients_of_a_pair_agree_with_numerical_ones(make):
    pair, z = with_random_biases(make()), gan.sample_noise(3, 3, np.random.default_rng(4))
    _, *gradients, dz = generators_loss(pair, z)
    for net, grads in zip(pair, gradients, strict=True):
        assert grads.keys() == net.params.keys()
        for name, w in net.params.items():
            report = check_gradient(lambda _: generators_loss(pair, z)[0], w, grads[name])
            assert report.verdict == "pass", (type(net).__name__, name, report)
    report = check_gradient(lambda z: generators_loss(pair, z)[0], z, dz)
    assert report.verdict == "pass", report


def in_pytorch(torch, pair, params, z):
    """Return the logits of both nets in sequence, with PyTorch's functions; params: two dicts of tensors."""
    f, (G, D) = torch.nn.functional, params
    conv = isinstance(pair[0], gan.ConvGenerator)
    h = torch.relu(z @ G["W1"] + G["b1"])
    if conv:
        h = torch.relu(f.conv_transpose2d(h.reshape(len(z), -1, 2, 2), G["W2"], G["b2"], stride=2, padding=1))
        x = torch.tanh(f.conv_transpose2d(h, G["W3"], G["b3"], stride=2, padding=1))
        h = f.leaky_relu(f.conv2d(x, D["W1"], D["b1"], stride=2, padding=1), 0.01)
        h = f.leaky_relu(f.conv2d(h, D["W2"], D["b2"], stride=2, padding=1), 0.01).flatten(1)
    else:
        h = torch.relu(h @ G["W2"] + G["b2"])
        h = f.leaky_relu(torch.tanh(h @ G["W3"] + G["b3"]) @ D["W1"] + D["b1"], 0.01)
        h = f.leaky_relu(h @ D["W2"] + D["b2"], 0.01)
    return (h @ D["W3"] + D["b3"])[:, 0]


@per_pair
def test_a_pair_agrees_with_pytorch(torch, make):
    pair, z = with_random_biases(make(), 1), gan.sample_noise(4, 3, np.random.default_rng(5))
    params = [{n: torch.tensor(w, requires_grad=True) for n, w in net.params.items()} for net in pair]
    noise = torch.tensor(z, requires_grad=True)
    expected = torch.nn.functional.softplus(-in_pytorch(torch, pair, params, noise)).mean()
    expected.backward()
    loss, *gradients, dz = generators_loss(pair, z)
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-12)
    np.testing.assert_allclose(dz, noise.grad.numpy(), rtol=1e-9, atol=1e-14)
    for grads, tensors in zip(gradients, params, strict=True):
        for name, gradient in grads.items():
            np.testing.assert_allclose(gradient, tensors[name].grad.numpy(), rtol=1e-9, atol=1e-14)


def test_images_and_logits_have_their_shapes_and_dtype():
    z = gan.sample_noise(5, 16).astype(np.float32)
    for pair, shape in (
        ((gan.Generator(), gan.Discriminator()), (5, 64)),
        ((gan.ConvGenerator(), gan.ConvDiscriminator()), (5, 1, 8, 8)),
    ):
        images, _ = pair[0].forward(z)
        logits, _ = pair[1].forward(images)
        assert (images.shape, logits.shape) == (shape, (5,))
        assert images.dtype == logits.dtype == np.float32
        assert np.max(np.abs(images)) < 1


# Steps.


def test_noise_is_uniform():
    z = gan.sample_noise(1000, 100, np.random.default_rng(0))
    # Of 100,000 numbers a tenth lies in each tenth of -1..1, up to six times sqrt(0.1 * 0.9 / 1e5) = 0.0057.
    shares = np.histogram(z, np.linspace(-1, 1, 11))[0] / z.size
    assert np.min(z) >= -1
    assert np.max(z) <= 1
    assert np.max(np.abs(shares - 0.1)) < 0.0057
    assert np.any(gan.sample_noise(2, 2) != gan.sample_noise(2, 2))


def test_updates_agree_with_pytorchs_adam(torch):
    rng = np.random.default_rng(0)
    net = gan.Generator(2, 3, 4, dtype=np.float64)
    tensors = {name: torch.tensor(w, requires_grad=True) for name, w in net.params.items()}
    optimizer = torch.optim.Adam(tensors.values(), lr=1e-3, betas=(0.5, 0.999), eps=1e-8)
    for _ in range(4):
        grads = {name: rng.normal(size=w.shape) for name, w in net.params.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name])
        optimizer.step()
        gan.adam_update(net, grads)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(net.params[name], tensor.detach().numpy(), rtol=1e-10, atol=1e-13)


@per_pair
def test_a_round_moves_each_net_by_its_own_loss_alone(make):
    generator, discriminator = with_random_biases(make())
    rng = np.random.default_rng(0)
    z = [gan.sample_noise(4, 3, rng) for _ in range(2)]
    X = np.tanh(rng.normal(size=generator.forward(z[0])[0].shape))
    noise, moves = iter(z), []
    losses = gan.gan_step(
        *(generator, discriminator, X, lambda N: next(noise)),
        (gan.discriminator_loss, gan.generator_loss),
        lambda net, grads: moves.append((net, grads)),
    )
    assert [net for net, _ in moves] == [discriminator, generator]

    def d_loss():
        fake, _ = generator.forward(z[0])
        return gan.discriminator_loss(discriminator.forward(X)[0], discriminator.forward(fake)[0])[0]

    def g_loss():
        return gan.generator_loss(discriminator.forward(generator.forward(z[1])[0])[0])[0]

    np.testing.assert_allclose(losses, (d_loss(), g_loss()), rtol=1e-14)
    for (net, grads), loss in zip(moves, (d_loss, g_loss), strict=True):
        for name, w in net.params.items():
            report = check_gradient(lambda _, loss=loss: loss(), w, grads[name])
            assert report.verdict == "pass", (type(net).__name__, name, report)


# What is provided with the notebook.


def test_first_weights_have_the_variance_of_he():
    params = initializers.draw_params(((300, 200), (40, 30, 4, 4)), (200, 40), seed=0)
    # Variance 2 / fan-in: 300 inputs, and 30 maps of 4x4. Of 19,200 numbers it is known to 6 * sqrt(2 / 19200) = 6 %.
    np.testing.assert_allclose(np.var(params["W1"]), 2 / 300, rtol=0.06)
    np.testing.assert_allclose(np.var(params["W2"]), 2 / 480, rtol=0.062)
    assert {name: p.shape for name, p in params.items() if name[0] == "b"} == {"b1": (200,), "b2": (40,)}
    assert not params["b1"].any()
    assert {p.dtype for p in params.values()} == {np.dtype(np.float32)}


class Echo:
    """A discriminator whose scores are the pixels."""

    def loss(self, X):
        return X


def test_quality_counts_sure_images_and_covered_classes():
    images = np.zeros((100, 10))
    images[:60, 3] = 5  # e^5 / (e^5 + 9) = 0.943: recognised
    images[60:62, 7] = 5  # 2 %: covered
    images[62, 8] = 5  # 1 %: not covered
    images[63:, 1] = 4  # e^4 / (e^4 + 9) = 0.858: not recognised
    quality = generations.judge_samples(Echo(), images)
    assert (quality.recognised, quality.classes) == (0.63, 2)
    np.testing.assert_allclose(quality.shares, [0, 0, 0, 0.6, 0, 0, 0, 0.02, 0.01, 0])


def test_nearest_images_by_all_distances():
    rng = np.random.default_rng(0)
    samples, X = rng.normal(size=(7, 1, 2, 3)), rng.normal(size=(11, 6))
    all_distances = np.linalg.norm(samples.reshape(7, 1, 6) - X, axis=2)
    nearest, distances = generations.nearest_images(samples, X)
    np.testing.assert_array_equal(nearest, all_distances.argmin(axis=1))
    np.testing.assert_allclose(distances, all_distances.min(axis=1), rtol=1e-12)


def bumps(seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(-0.5, 0.1, 500), rng.normal(0.5, 0.1, 500)])[:, None]


def run(rounds, lead=0, **options):
    pair = gan.Generator(4, 32, 1, seed=0), gan.Discriminator(1, 32, seed=100)
    start = pair[0].params["W1"].copy()
    losses = gan.discriminator_loss, gan.generator_loss
    history = generations.train_gan(
        *(pair, bumps(), gan.gan_step, lambda N, rng: gan.sample_noise(N, 4, rng), losses, gan.adam_update),
        **{"rounds": rounds, "lead": lead, "batch_size": 100} | options,
    )
    return pair, start, history


def test_lead_steps_train_only_the_discriminator():
    (generator, discriminator), start, history = run(0, lead=30)
    np.testing.assert_array_equal(generator.params["W1"], start)
    assert discriminator.configs["W1"]["t"] == 30
    assert (history.d_loss, history.g_loss, history.g_gradient) == ([], [], [])


def test_samples_are_kept_evenly_and_losses_for_every_round():
    fixed = gan.sample_noise(8, 4, np.random.default_rng(0))
    (generator, _), start, history = run(10, fixed=fixed, kept=3)
    assert history.rounds == [0, 5, 10]
    assert [len(values) for values in history[:3]] == [10, 10, 10]
    np.testing.assert_array_equal(history.samples[-1], generator.forward(fixed.astype(np.float32))[0])
    assert np.any(generator.params["W1"] != start)


def test_a_gan_learns_two_bumps():
    fixed = gan.sample_noise(2000, 4, np.random.default_rng(9))
    _, _, history = run(1500, fixed=fixed, kept=2)
    near = [np.mean(np.abs(np.abs(numbers) - 0.5) < 0.3) for numbers in history.samples]
    left_share = np.mean(history.samples[-1] < 0)
    assert near[0] < 0.75
    assert near[1] > 0.9
    assert 0.25 < left_share < 0.75
