"""See inside a trained net by its gradient with respect to the pixels.

`compute_saliency_maps` and `smooth_saliency` say which pixels a score depends on, `occlusion_map` finds it out by
covering them. `make_fooling_image` changes an image until the net sees another class. `create_class_visualization`
draws an image that a class likes, by many steps of `class_visualization_update_step`.

A model has two methods: `forward(X) -> (scores, cache)`, X (N, C, H, W), scores (N, K) before the softmax; and
`backward(dscores, cache) -> dX`, the gradient with respect to X. Every function leaves its inputs as they were.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = [
    "class_visualization_update_step",
    "compute_saliency_maps",
    "create_class_visualization",
    "make_fooling_image",
    "occlusion_map",
    "smooth_saliency",
]


def compute_saliency_maps(X, y, model):
    """How strongly the score of its class depends on each pixel of an image (Simonyan, Vedaldi and Zisserman, 2014).

    X: (N, C, H, W) images, y: (N,) a class for each, model: see above.
    Returns (N, H, W): of the gradient of the score s_{y_n} (before the softmax) with respect to image n, the largest
    absolute value over the channels. All images in one forward and one backward pass, without a loop.
    """
    scores, cache = model.forward(X)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(y)), y] = 1
    dX = model.backward(dscores, cache)
    return np.max(np.abs(dX), axis=1)


def smooth_saliency(X, y, model, noise):
    """SmoothGrad: the saliency of the mean gradient of noisy copies (Smilkov et al., 2017).

    X: (N, C, H, W) images, y: (N,) classes, noise: (S, N, C, H, W); copy s of the images is X + noise[s].
    The gradients of the score s_{y_n} at the S copies are averaged with their signs. Returns (N, H, W): the largest
    absolute value of this mean over the channels.
    """
    total = np.zeros_like(X)
    for shift in noise:
        scores, cache = model.forward(X + shift)
        dscores = np.zeros_like(scores)
        dscores[np.arange(len(y)), y] = 1
        total += model.backward(dscores, cache)
    return np.max(np.abs(total / len(noise)), axis=1)


def occlusion_map(X, y, model, size, stride=1, value=0.5):
    """How far the score of its class falls when a square of an image is covered (Zeiler and Fergus, 2014).

    X: (N, C, H, W) images, y: (N,) a class for each. The square has size x size pixels, all channels of which are set
    to value; its upper left corner goes to row i * stride and column j * stride, wherever it fits whole.
    Returns (N, H', W') with H' = (H - size) // stride + 1, and W' likewise: the score s_{y_n} of the whole image less
    that of the covered one, at place (i, j). Positive where the square hides what speaks for the class.
    """
    N, _, H, W = X.shape
    rows, cols = range(0, H - size + 1, stride), range(0, W - size + 1, stride)
    whole = model.forward(X)[0][np.arange(N), y]
    drops = np.zeros((N, len(rows), len(cols)), whole.dtype)
    for i, row in enumerate(rows):
        for j, col in enumerate(cols):
            covered = X.copy()
            covered[:, :, row : row + size, col : col + size] = value
            drops[:, i, j] = whole - model.forward(covered)[0][np.arange(N), y]
    return drops


def make_fooling_image(X, target_y, model, learning_rate=0.1, max_steps=100):
    """Change an image step by step until the model takes it for another class (Szegedy et al., 2014).

    X: (1, C, H, W) one image, target_y: the class that the model shall see, an int.
    As long as the highest score is another one than that of target_y, but at most max_steps times:
    X_fooling = X_fooling + learning_rate * g / ||g||, with g the gradient of the score of target_y (before the softmax)
    at the present X_fooling and ||g|| the square root of the sum of its squares. Nothing is clipped.
    Returns X_fooling, a new array of X's shape; a copy of X if the model sees target_y at once.
    """
    X_fooling = X.copy()
    for _ in range(max_steps):
        scores, cache = model.forward(X_fooling)
        if np.argmax(scores[0]) == target_y:
            break
        dscores = np.zeros_like(scores)
        dscores[0, target_y] = 1
        g = model.backward(dscores, cache)
        X_fooling += learning_rate * g / np.linalg.norm(g)
    return X_fooling


def class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    """One step of gradient ascent on s(img) - l2_reg * sum(img ** 2), s the score of target_y before the softmax.

    img: (1, C, H, W) one image, target_y: a class, an int. (Simonyan, Vedaldi and Zisserman, 2014.)
    Returns a new image, img + learning_rate * (gradient of all of the above), neither normalised nor clipped.
    """
    scores, cache = model.forward(img)
    dscores = np.zeros_like(scores)
    dscores[0, target_y] = 1
    dimg = model.backward(dscores, cache) - 2 * l2_reg * img
    return img + learning_rate * dimg


def create_class_visualization(
    target_y, model, img, l2_reg=1e-3, learning_rate=1.0, num_iterations=100, blur_every=10, sigma=0.5
):
    """Draw an image that the model takes for target_y, from a first image img (1, C, H, W) with pixels in 0..1.

    Each of the num_iterations iterations takes one `class_visualization_update_step` and clips the image to 0..1; and
    in the iterations blur_every, 2 * blur_every ... (counted from 1) it is blurred after that, by
    scipy.ndimage.gaussian_filter with the standard deviation sigma along H and W, and none along the other axes
    (Yosinski et al., 2015). Returns the last image, (1, C, H, W), a new array.
    """
    for step in range(1, num_iterations + 1):
        img = class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)
        img = np.clip(img, 0, 1)
        if step % blur_every == 0:
            img = gaussian_filter(img, (0, 0, sigma, sigma))
    return img
