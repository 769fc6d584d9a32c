"""Pictures of nets with one helper for the gradient, while loops, windows, and images one at a time."""

import numpy as np
from scipy import ndimage


def gradient(X, y, model):
    """The gradient of the scores of classes y, and the scores."""
    scores, cache = model.forward(X)
    one_hot = np.eye(scores.shape[1], dtype=scores.dtype)[y]
    return model.backward(one_hot, cache), scores


def compute_saliency_maps(X, y, model):
    dX, _ = gradient(X, y, model)
    return np.maximum(dX.max(axis=1), -dX.min(axis=1))


def smooth_saliency(X, y, model, noise):
    maps = []
    for n in range(len(X)):
        grads = [gradient(X[n : n + 1] + copy[n : n + 1], y[n : n + 1], model)[0][0] for copy in noise]
        maps.append(np.linalg.norm(np.mean(grads, axis=0), ord=np.inf, axis=0))
    return np.stack(maps)


def occlusion_map(X, y, model, size, stride=1, value=0.5):
    def score(images, label):
        return model.forward(images)[0][:, label]

    maps = []
    for image, label in zip(X, y, strict=True):
        places = np.lib.stride_tricks.sliding_window_view(
            np.arange(image[0].size).reshape(image[0].shape), (size, size)
        )
        places = places[::stride, ::stride]
        flat = np.repeat(image.reshape(1, len(image), -1), places.shape[0] * places.shape[1], axis=0)
        for copy, place in zip(flat, places.reshape(-1, size * size), strict=True):
            copy[:, place] = value
        covered = score(flat.reshape(-1, *image.shape), label)
        maps.append((score(image[None], label) - covered).reshape(places.shape[:2]))
    return np.array(maps)


def make_fooling_image(X, target_y, model, learning_rate=0.1, max_steps=100):
    image, steps = np.array(X), 0
    g, scores = gradient(image, [target_y], model)
    while scores[0].argmax() != target_y and steps < max_steps:
        image = image + learning_rate * (g / np.linalg.norm(g.ravel()))
        g, scores = gradient(image, [target_y], model)
        steps += 1
    return image


def class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    g, _ = gradient(img, [target_y], model)
    return (1 - 2 * learning_rate * l2_reg) * img + learning_rate * g


def create_class_visualization(
    target_y, model, img, l2_reg=1e-3, learning_rate=1.0, num_iterations=100, blur_every=10, sigma=0.5
):
    until_blur = blur_every
    while num_iterations > 0:
        img = class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)
        img = np.minimum(np.maximum(img, 0), 1)
        num_iterations, until_blur = num_iterations - 1, until_blur - 1
        if until_blur == 0:
            until_blur = blur_every
            img = np.stack([[ndimage.gaussian_filter(channel, sigma) for channel in image] for image in img])
    return img
