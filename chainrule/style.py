"""Style transfer: the content of one image in the style of another (Gatys, Ecker and Bethge, 2016).

`content_loss` compares feature maps place by place; `gram_matrix` forgets the places, and `style_loss` compares what
is left; `tv_loss` asks for smooth pixels. `style_transfer_loss` puts the three together for an image and a net, and
`style_transfer_step` moves the pixels. Every loss comes with its gradient; `gram_backward` is the gradient of the Gram
matrix.
"""

import numpy as np

from chainrule.optim import adam

__all__ = [
    "content_loss",
    "gram_backward",
    "gram_matrix",
    "style_loss",
    "style_transfer_loss",
    "style_transfer_step",
    "tv_loss",
]


def content_loss(content_weight, current, original):
    """How far the feature maps are from those of the content image: L = content_weight * sum((current - original)^2).

    content_weight: a number; current, original: feature maps of one layer, (N, C, H, W) both.
    Returns (loss, dcurrent): the sum over all entries, not their mean, and its gradient with respect to current, in
    the dtype of current.
    """
    difference = current - original
    return content_weight * np.sum(difference**2), 2 * content_weight * difference


def gram_matrix(features, normalize=True):
    """The Gram matrix of the feature maps of each image: the inner products of every two channels.

    features: (N, C, H, W). G[n, i, j] = sum_{h, w} features[n, i, h, w] * features[n, j, h, w], divided by C * H * W
    if normalize is true (as in Johnson, Alahi and Fei-Fei, 2016). Returns G, (N, C, C), in the dtype of features.
    """
    N, C, H, W = features.shape
    rows = features.reshape(N, C, H * W)
    gram = rows @ rows.transpose(0, 2, 1)
    return gram / (C * H * W) if normalize else gram


def gram_backward(dgram, features, normalize=True):
    """The gradient of `gram_matrix` with respect to features, of their shape (N, C, H, W).

    dgram: the upstream gradient, (N, C, C); it need not be symmetric. features, normalize: as handed to `gram_matrix`.
    """
    N, C, H, W = features.shape
    rows = features.reshape(N, C, H * W)
    drows = (dgram + dgram.transpose(0, 2, 1)) @ rows
    if normalize:
        drows = drows / (C * H * W)
    return drows.reshape(features.shape)


def style_loss(feats, style_layers, style_targets, style_weights):
    """How far the Gram matrices are from those of the style image, added up over some layers.

    feats: list of feature maps (N, C_l, H_l, W_l), one array for each layer of the net. style_layers: the indices in
    feats of the layers that count; an index may come twice. For the k-th of them, style_targets[k] is the normalised
    Gram matrix to be reached, (N, C_l, C_l) or (1, C_l, C_l) for all images, and style_weights[k] a number.
    L = sum_k style_weights[k] * sum((G_k - style_targets[k])^2), G_k the normalised Gram matrix of
    feats[style_layers[k]].
    Returns (loss, dfeats): dfeats is a list like feats, with the gradient for every layer; zeros where a layer does
    not count.
    """
    loss, dfeats = 0.0, [np.zeros_like(maps) for maps in feats]
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        difference = gram_matrix(feats[layer]) - target
        loss += weight * np.sum(difference**2)
        dfeats[layer] += gram_backward(2 * weight * difference, feats[layer])
    return loss, dfeats


def tv_loss(img, tv_weight):
    """Total variation: tv_weight times the sum of the squared differences of neighbouring pixels.

    img: (N, 3, H, W). Neighbours stand above or beside each other in the same colour of the same image, and each pair
    counts once. Returns (loss, dimg), dimg of img's shape and dtype.
    """
    down = img[:, :, 1:, :] - img[:, :, :-1, :]
    right = img[:, :, :, 1:] - img[:, :, :, :-1]
    loss = tv_weight * (np.sum(down**2) + np.sum(right**2))
    dimg = np.zeros_like(img)
    dimg[:, :, 1:, :] += 2 * tv_weight * down
    dimg[:, :, :-1, :] -= 2 * tv_weight * down
    dimg[:, :, :, 1:] += 2 * tv_weight * right
    dimg[:, :, :, :-1] -= 2 * tv_weight * right
    return loss, dimg


def style_transfer_loss(
    img, model, content_layer, content_target, content_weight, style_layers, style_targets, style_weights, tv_weight
):
    """The content, style and total variation losses of an image, and the gradient of their sum for the pixels.

    img: (N, 3, H, W). model: a net with layers (their names, from the pixels upwards), features(X, names) ->
    (list of maps, cache) and features_backward(dfeatures, cache) -> dX. content_layer is an index in model.layers,
    and content_target the maps to be reached there. style_layers are indices in model.layers, too; the other
    arguments are those of `style_loss` and `tv_loss`.
    Returns ((content, style, tv), dimg): the three losses, weights included, and dimg of img's shape.
    """
    names = model.layers[: 1 + max([content_layer, *style_layers])]
    feats, cache = model.features(img, names)
    content, dcontent = content_loss(content_weight, feats[content_layer], content_target)
    style, dfeats = style_loss(feats, style_layers, style_targets, style_weights)
    tv, dtv = tv_loss(img, tv_weight)
    dfeats[content_layer] += dcontent
    dimg = model.features_backward(dfeats, cache) + dtv
    return (content, style, tv), dimg


def style_transfer_step(img, dimg, config=None):
    """One step of Adam on the pixels; then all of them are brought back to 0..1. Returns (next_img, config).

    img: the pixels in 0..1, of any shape; dimg: the gradient of the loss, of the same shape. config: as for
    `chainrule.optim.adam`; the one that comes back belongs into the next call.
    A pixel that would end below 0 becomes 0, one above 1 becomes 1.
    """
    next_img, config = adam(img, dimg, config)
    return np.clip(next_img, 0, 1), config
