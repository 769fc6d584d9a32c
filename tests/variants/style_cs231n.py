"""Style transfer for one image at a time, with feature maps as matrices (C, H * W)."""

import numpy as np

from chainrule.optim import adam


def content_loss(content_weight, current, original):
    loss = content_weight * ((current - original) ** 2).sum()
    return loss, 2.0 * content_weight * (current - original)


def gram_matrix(features, normalize=True):
    N, C, H, W = features.shape
    grams = []
    for image in features:
        F = image.reshape(C, -1)
        G = F.dot(F.T)
        if normalize:
            G = G / (H * W * C)
        grams.append(G)
    return np.array(grams)


def gram_backward(dgram, features, normalize=True):
    N, C, H, W = features.shape
    dfeatures = np.zeros_like(features)
    for n in range(N):
        F = features[n].reshape(C, -1)
        dF = np.dot(dgram[n], F) + np.dot(dgram[n].T, F)
        if normalize:
            dF /= C * H * W
        dfeatures[n] = dF.reshape(C, H, W)
    return dfeatures


def style_loss(feats, style_layers, style_targets, style_weights):
    total = 0.0
    dfeats = []
    for f in feats:
        dfeats.append(np.zeros(f.shape, dtype=f.dtype))
    for i in range(len(style_layers)):
        layer = style_layers[i]
        gap = gram_matrix(feats[layer].copy()) - style_targets[i]
        total = total + style_weights[i] * np.sum(gap * gap)
        dfeats[layer] = dfeats[layer] + style_weights[i] * gram_backward(2.0 * gap, feats[layer])
    return total, dfeats


def tv_loss(img, tv_weight):
    N, C, H, W = img.shape
    rows = img[:, :, 1:] - img[:, :, : H - 1]
    cols = img[..., 1:] - img[..., : W - 1]
    rows_before, rows_after = (np.pad(rows, ((0, 0), (0, 0), pad, (0, 0))) for pad in ((1, 0), (0, 1)))
    cols_before, cols_after = (np.pad(cols, ((0, 0), (0, 0), (0, 0), pad)) for pad in ((1, 0), (0, 1)))
    gradient = 2 * tv_weight * (rows_before - rows_after + cols_before - cols_after)
    return tv_weight * (rows**2).sum() + tv_weight * (cols**2).sum(), gradient


def style_transfer_loss(
    img, model, content_layer, content_target, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    feats, cache = model.features(img, model.layers)
    c_loss, dcurrent = content_loss(content_weight, feats[content_layer], content_target)
    s_loss, dfeats = style_loss(feats, style_layers, style_targets, style_weights)
    t_loss, dimg = tv_loss(img, tv_weight)
    dfeats = [d + dcurrent if k == content_layer else d for k, d in enumerate(dfeats)]
    return (c_loss, s_loss, t_loss), dimg + model.features_backward(dfeats, cache)


def style_transfer_step(img, dimg, config=None):
    img, config = adam(img, dimg, config)
    img[img < 0] = 0
    img[img > 1] = 1
    return img, config
