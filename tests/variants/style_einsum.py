"""Style transfer by einsum, by loops over pixels, and with one pass through the net for each loss."""

import numpy as np


def content_loss(content_weight, current, original):
    gap = (original - current).ravel()
    return gap @ gap * content_weight, (gap * (-2 * content_weight)).reshape(current.shape)


def gram_matrix(features, normalize=True):
    divisor = features[0].size if normalize else 1
    return np.einsum("nihw,njhw->nij", features, features) / divisor


def gram_backward(dgram, features, normalize=True):
    divisor = features[0].size if normalize else 1
    first = np.einsum("nij,njhw->nihw", dgram, features)
    second = np.einsum("nij,nihw->njhw", dgram, features)
    return (first + second) / divisor


def style_loss(feats, style_layers, style_targets, style_weights):
    dfeats = [0 * f for f in feats]
    losses = []
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        gap = np.subtract(gram_matrix(feats[layer]), target)
        losses.append(weight * np.linalg.norm(gap) ** 2)
        # The difference of two symmetric matrices is symmetric: both terms of the gradient are alike.
        both = 4 * weight * np.einsum("nij,njhw->nihw", (gap + gap.transpose(0, 2, 1)) / 2, feats[layer])
        dfeats[layer] = dfeats[layer] + both / feats[layer][0].size
    return sum(losses), dfeats


def tv_loss(img, tv_weight):
    loss, dimg = 0.0, np.zeros(img.shape, img.dtype)
    H, W = img.shape[2:]
    for i in range(H):
        for j in range(W):
            for u, v in ((i + 1, j), (i, j + 1)):
                if u < H and v < W:
                    gap = img[:, :, u, v] - img[:, :, i, j]
                    loss += tv_weight * np.sum(gap**2)
                    dimg[:, :, u, v] += 2 * tv_weight * gap
                    dimg[:, :, i, j] -= 2 * tv_weight * gap
    return loss, dimg


def style_transfer_loss(
    img, model, content_layer, content_target, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    (maps,), cache = model.features(img, [model.layers[content_layer]])
    content, dmaps = content_loss(content_weight, maps, content_target)
    dimg = model.features_backward([dmaps], cache)
    feats, cache = model.features(img, [model.layers[k] for k in style_layers])
    style, dfeats = style_loss(feats, range(len(feats)), style_targets, style_weights)
    dimg = dimg + model.features_backward(dfeats, cache)
    tv, dtv = tv_loss(img, tv_weight)
    return [content, style, tv], dimg + dtv


def style_transfer_step(img, dimg, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} | (config or {})
    t = config.get("t", 0) + 1
    m = config["beta1"] * config.get("m", 0) + (1 - config["beta1"]) * dimg
    v = config["beta2"] * config.get("v", 0) + (1 - config["beta2"]) * dimg * dimg
    rate = config["learning_rate"] / (1 - config["beta1"] ** t)
    step = rate * m / (np.sqrt(v / (1 - config["beta2"] ** t)) + config["epsilon"])
    return np.maximum(0, np.minimum(1, img - step)), config | {"t": t, "m": m, "v": v}
