import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from chainrule import visualize
from chainrule.gradcheck import numerical_gradient
from chainrule.judging.model_stubs import PixelModel


class Linear:
    """Scores that are inner products with given images."""

    def __init__(self, *templates):
        self.W = np.array(templates, dtype=float)

    def forward(self, X):
        return np.einsum("nchw,kchw->nk", X, self.W), None

    def backward(self, dscores, cache):
        return np.einsum("nk,kchw->nchw", dscores, self.W)


def pixel_model(rng, D=24, K=4):
    return PixelModel(rng.normal(size=(D, 5)) / 2, rng.normal(size=5), rng.normal(size=(5, K)), rng.normal(size=K))


def test_saliency_by_hand():
    # Two channels, one row of two pixels; the gradient of a linear score is its template.
    model = Linear([[[1.0, -5.0]], [[2.0, 3.0]]], [[[7.0, 0.0]], [[-8.0, 0.5]]])
    X = np.zeros((2, 2, 1, 2))
    np.testing.assert_array_equal(visualize.compute_saliency_maps(X, np.array([0, 1]), model), [[[2, 5]], [[8, 0.5]]])


def test_saliency_is_the_numerical_gradient():
    rng = np.random.default_rng(0)
    model, X, y = pixel_model(rng), rng.random((3, 2, 3, 4)), np.array([1, 3, 0])
    for n in range(3):
        dX = numerical_gradient(lambda x, n=n: model.forward(x)[0][0, y[n]], X[n : n + 1])
        saliency = visualize.compute_saliency_maps(X, y, model)[n]
        np.testing.assert_allclose(saliency, np.abs(dX[0]).max(axis=0), rtol=1e-7, atol=1e-9)


def test_the_pixel_model_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="the second oracle")
    rng = np.random.default_rng(1)
    model, X, dscores = pixel_model(rng), rng.random((3, 2, 3, 4)), rng.normal(size=(3, 4))
    W1, b1, W2, b2 = (torch.tensor(w) for w in model.weights)
    x = torch.tensor(X, requires_grad=True)
    scores = torch.tanh(x.flatten(1) @ W1 + b1) @ W2 + b2
    scores.backward(torch.tensor(dscores))
    model_scores, cache = model.forward(X)
    np.testing.assert_allclose(model_scores, scores.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(model.backward(dscores, cache), x.grad.numpy(), rtol=1e-12)


def test_smooth_saliency_without_noise_and_with_two_copies():
    rng = np.random.default_rng(2)
    model, X, y = pixel_model(rng), rng.random((2, 2, 3, 4)), np.array([2, 1])
    plain = visualize.compute_saliency_maps(X, y, model)
    np.testing.assert_allclose(visualize.smooth_saliency(X, y, model, np.zeros((3, *X.shape))), plain, rtol=1e-12)

    class Square:  # the score of class 0 is sum(X ** 2) / 2, so that its gradient is X
        def forward(self, X):
            return np.sum(X**2, axis=(1, 2, 3))[:, None] / 2, X

        def backward(self, dscores, cache):
            return dscores[:, :, None, None] * cache

    # Copies at 1 and -3: their mean is -1, the mean of the absolute values would be 2.
    noise = np.array([0.0, -4.0]).reshape(2, 1, 1, 1, 1)
    assert visualize.smooth_saliency(np.ones((1, 1, 1, 1)), np.array([0]), Square(), noise) == 1


def test_occlusion_of_a_linear_score_by_hand():
    template = np.arange(1.0, 13).reshape(1, 3, 4)
    X = np.full((1, 1, 3, 4), 2.0)
    occlusion = visualize.occlusion_map(X, np.array([0]), Linear(template), size=2, stride=1, value=0.5)
    # 1.5 is taken from each pixel of the square: 1.5 * (1 + 2 + 5 + 6) = 21, and 6 more for one place to the right.
    np.testing.assert_allclose(occlusion, [[[21, 27, 33], [45, 51, 57]]])
    occlusion = visualize.occlusion_map(X, np.array([0]), Linear(template), size=2, stride=2, value=2.0)
    np.testing.assert_array_equal(occlusion, np.zeros((1, 1, 2)))


def test_fooling_by_hand():
    # Score 0 is the first pixel, score 1 the second; the steps go along the second and are 0.25 long.
    model = Linear([[[1.0, 0.0]]], [[[0.0, 8.0]]])
    X = np.array([[[[1.0, 0.0]]]])
    fooled = visualize.make_fooling_image(X, 1, model, learning_rate=0.05)
    np.testing.assert_allclose(fooled, [[[[1.0, 0.15]]]])  # 8 * 0.1 < 1 < 8 * 0.15
    np.testing.assert_allclose(visualize.make_fooling_image(X, 1, model, 0.05, max_steps=2), [[[[1.0, 0.1]]]])
    np.testing.assert_array_equal(visualize.make_fooling_image(X, 0, model), X)
    np.testing.assert_array_equal(X, [[[[1.0, 0.0]]]])


def test_a_step_of_class_visualization_by_hand():
    model = Linear([[[1.0, -2.0]]], [[[3.0, 4.0]]])
    img = np.array([[[[0.5, 1.0]]]])
    # 0.5 + 0.1 * (3 - 2 * 0.2 * 0.5) and 1 + 0.1 * (4 - 2 * 0.2 * 1)
    image = visualize.class_visualization_update_step(img, model, 1, 0.2, 0.1)
    np.testing.assert_allclose(image, [[[[0.78, 1.36]]]])
    np.testing.assert_array_equal(img, [[[[0.5, 1.0]]]])


def test_the_loop_clips_every_step_and_blurs_periodically():
    # One bright pixel; every other one goes down by 0.1 a step and is held at 0.
    template = np.full((1, 9, 9), -1.0)
    template[0, 4, 4] = 1
    img = np.zeros((1, 1, 9, 9))
    image = visualize.create_class_visualization(0, Linear(template), img, 0.0, 0.1, 4, blur_every=4, sigma=0.8)
    expected = np.zeros((1, 1, 9, 9))
    expected[0, 0, 4, 4] = 0.4
    np.testing.assert_allclose(image[0, 0], gaussian_filter(expected[0, 0], 0.8), atol=1e-15)
    assert image.sum() == pytest.approx(0.4)
    image = visualize.create_class_visualization(0, Linear(template), img, 0.0, 0.1, 12, blur_every=99)
    np.testing.assert_array_equal(image, (expected > 0) * 1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept(dtype):
    rng = np.random.default_rng(3)
    model, X = pixel_model(rng), rng.random((1, 2, 3, 4)).astype(dtype)
    y = np.array([0])
    arrays = [
        visualize.compute_saliency_maps(X, y, model),
        visualize.smooth_saliency(X, y, model, np.zeros((2, *X.shape), dtype)),
        visualize.occlusion_map(X, y, model, 2),
        visualize.make_fooling_image(X, 3, model, max_steps=3),
        visualize.create_class_visualization(0, model, X, num_iterations=3, blur_every=2),
    ]
    assert {out.dtype for out in arrays} == {np.dtype(dtype)}
