"""Pictures of nets in the style of Stanford CS231n: small steps, one name for each, everything written out."""

import numpy as np
from scipy.ndimage import gaussian_filter1d


def compute_saliency_maps(X, y, model):
    N = X.shape[0]
    scores, cache = model.forward(X)
    upstream = np.zeros(scores.shape)
    upstream[range(N), y] = 1.0
    grad = model.backward(upstream, cache)
    saliency = abs(grad).max(1)
    return saliency


def smooth_saliency(X, y, model, noise):
    S, N, C, H, W = noise.shape
    # All copies of all images in one batch.
    copies = (X[None] + noise).reshape(S * N, C, H, W)
    scores, cache = model.forward(copies)
    upstream = np.zeros_like(scores)
    upstream[np.arange(S * N), np.tile(y, S)] = 1
    grads = model.backward(upstream, cache).reshape(S, N, C, H, W)
    return np.abs(grads.mean(axis=0)).max(axis=1)


def occlusion_map(X, y, model, size, stride=1, value=0.5):
    N, C, H, W = X.shape
    out_h, out_w = 1 + (H - size) // stride, 1 + (W - size) // stride
    rows = np.arange(N)
    scores, _ = model.forward(X)
    out = np.zeros((N, out_h, out_w), dtype=X.dtype)
    for i in range(out_h):
        for j in range(out_w):
            h, w = i * stride, j * stride
            X_new = np.array(X)
            X_new[:, :, h : h + size, w : w + size] = value
            new_scores, _ = model.forward(X_new)
            out[:, i, j] = scores[rows, y] - new_scores[rows, y]
    return out


def make_fooling_image(X, target_y, model, learning_rate=0.1, max_steps=100):
    X_fooling = X.copy()
    for _ in range(max_steps):
        scores, cache = model.forward(X_fooling)
        K = scores.shape[1]
        if scores.argmax(axis=1)[0] == target_y:
            break
        upstream = np.zeros((1, K))
        upstream[:, target_y] = 1
        g = model.backward(upstream, cache)
        dX = learning_rate * g / np.sqrt((g * g).sum())
        X_fooling = (X_fooling + dX).astype(X.dtype)
    return X_fooling


def class_visualization_update_step(img, model, target_y, l2_reg, learning_rate):
    scores, cache = model.forward(img)
    upstream = np.zeros_like(scores)
    upstream[:, target_y] = 1
    grad = model.backward(upstream, cache)
    grad = grad - l2_reg * 2.0 * img
    new_img = img.copy()
    new_img += learning_rate * grad
    return new_img


def blur_image(X, sigma):
    X = gaussian_filter1d(X, sigma, axis=2)
    return gaussian_filter1d(X, sigma, axis=3)


def create_class_visualization(
    target_y, model, img, l2_reg=1e-3, learning_rate=1.0, num_iterations=100, blur_every=10, sigma=0.5
):
    img = np.array(img)
    for t in range(num_iterations):
        img = class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)
        img[img < 0] = 0
        img[img > 1] = 1
        if (t + 1) % blur_every == 0:
            img = blur_image(img, sigma=sigma)
    return img
