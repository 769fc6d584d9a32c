"""Convolution and pooling, forward and backward.

`conv_output_size` says how large the output is. `conv_forward_naive` and `conv_backward_naive` are the definition, in
loops; `conv_forward_fast` and `conv_backward_fast` do the same by windows and one matrix product.
`max_pool_forward_naive`, `max_pool_backward_naive`, `avg_pool_forward` and `avg_pool_backward` pool.
`affine_as_conv` and `conv_as_affine` turn a fully connected layer into a convolution, and back.

Shapes throughout: images x (N, C, H, W), filters w (F, C, HH, WW), bias b (F,), output (N, F, H', W').
conv_param has the keys "stride" and "pad" (zeros added on each of the four sides); pool_param has the keys
"pool_height", "pool_width" and "stride". The cache of a forward is the layer's own affair.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = [
    "affine_as_conv",
    "avg_pool_backward",
    "avg_pool_forward",
    "conv_as_affine",
    "conv_backward_fast",
    "conv_backward_naive",
    "conv_forward_fast",
    "conv_forward_naive",
    "conv_output_size",
    "max_pool_backward_naive",
    "max_pool_forward_naive",
]


def conv_output_size(size, kernel, stride, pad):
    """The number of places of a window along one axis: floor((size + 2 * pad - kernel) / stride) + 1, an int.

    size: pixels along the axis, kernel: pixels of the window, stride: pixels from one place to the next, pad: zeros
    added on each side. Pixels that are left over at the end belong to no window (as in PyTorch; other libraries
    refuse). A kernel that is larger than size + 2 * pad raises ValueError.
    """
    if kernel > size + 2 * pad:
        raise ValueError(f"kernel: expected at most size + 2 * pad = {size + 2 * pad}, got {kernel}")
    return (size + 2 * pad - kernel) // stride + 1


def conv_forward_naive(x, w, b, conv_param):
    """Convolution by loops: each output is the inner product of a filter and a window, plus the filter's bias.

    x: (N, C, H, W), w: (F, C, HH, WW), b: (F,), conv_param: {"stride": s, "pad": p}. With xp = x in a frame of p zeros:
    out[n, f, i, j] = sum_{c, u, v} xp[n, c, i * s + u, j * s + v] * w[f, c, u, v] + b[f].
    Filters are not flipped (as in LeCun et al., 1998, PyTorch and TensorFlow). H' and W' as in `conv_output_size`.
    Returns (out, cache), out (N, F, H', W').
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    H_out = conv_output_size(H, HH, stride, pad)
    W_out = conv_output_size(W, WW, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = padded[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    """Gradients of the convolution by loops: every output hands its dout to its window, its filter and its bias.

    dout: (N, F, H', W'), cache: from `conv_forward_naive`.
    Returns (dx, dw, db) of the shapes of x, w and b. Pixels that belong to no window have the gradient 0.
    """
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n, f, i, j in np.ndindex(dout.shape):
        rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
        dpadded[n, :, rows, cols] += w[f] * dout[n, f, i, j]
        dw[f] += padded[n, :, rows, cols] * dout[n, f, i, j]
        db[f] += dout[n, f, i, j]
    dx = dpadded[:, :, pad : pad + H, pad : pad + W]  # [pad:-pad] would be empty at pad 0
    return dx, dw, db


def conv_forward_fast(x, w, b, conv_param):
    """The convolution of `conv_forward_naive` by one matrix product: filters as rows, windows as columns (im2col).

    Inputs, formula and outputs as in `conv_forward_naive` (Chellapilla, Puri and Simard, 2006); out has the dtype of
    x. No loop over images or places.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    N, C, H_out, W_out = windows.shape[:4]
    # Rows run over (c, u, v), columns over (n, i, j): whole rows of pixels are copied at a time.
    columns = windows.transpose(1, 4, 5, 0, 2, 3).reshape(C * HH * WW, N * H_out * W_out)
    out = w.reshape(F, -1) @ columns + b[:, None]
    return out.reshape(F, N, H_out, W_out).transpose(1, 0, 2, 3), (x.shape, w, conv_param, columns)


def conv_backward_fast(dout, cache):
    """The gradients of `conv_backward_naive` by matrix products.

    dout: (N, F, H', W'), cache: from `conv_forward_fast`.
    Returns (dx, dw, db) of the shapes of x, w and b. No loop over images or places; one over the HH * WW entries of
    a window may stay.
    """
    (N, C, H, W), w, conv_param, columns = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    H_out, W_out = dout.shape[2:]
    dcolumn_out = dout.transpose(1, 0, 2, 3).reshape(F, -1)
    db = np.sum(dcolumn_out, axis=1)
    dw = (dcolumn_out @ columns.T).reshape(w.shape)
    dcolumns = (w.reshape(F, -1).T @ dcolumn_out).reshape(C, HH, WW, N, H_out, W_out)
    dpadded = np.zeros((C, N, H + 2 * pad, W + 2 * pad), dcolumns.dtype)
    for u, v in np.ndindex(HH, WW):  # entry (u, v) of all windows at once; windows overlap, so they add
        dpadded[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride] += dcolumns[:, u, v]
    return dpadded[:, :, pad : pad + H, pad : pad + W].transpose(1, 0, 2, 3), dw, db


def max_pool_forward_naive(x, pool_param):
    """Max pooling: the largest value of each window, for every channel by itself.

    x: (N, C, H, W), pool_param: {"pool_height": HH, "pool_width": WW, "stride": s}.
    out[n, c, i, j] = max_{u < HH, v < WW} x[n, c, i * s + u, j * s + v]. Nothing is padded; windows may overlap or
    leave gaps; H' and W' as in `conv_output_size`. Returns (out, cache), out (N, C, H', W').
    """
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    H_out = conv_output_size(x.shape[2], height, stride, 0)
    W_out = conv_output_size(x.shape[3], width, stride, 0)
    # Entry (u, v) of all windows is one strided slice of x: few long steps instead of many short ones.
    out = x[:, :, : stride * H_out : stride, : stride * W_out : stride]
    for u, v in np.ndindex(height, width):
        out = np.maximum(out, x[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride])
    return out, (x, out, pool_param)


def max_pool_backward_naive(dout, cache):
    """Gradient of max pooling: each dout goes to the place where the largest value stood.

    dout: (N, C, H', W'), cache: from `max_pool_forward_naive`. Where a window holds its largest value more than
    once, dout goes to the first of them in row order (left to right, top to bottom). Where windows overlap, their
    gradients add up. Returns dx of x's shape.
    """
    x, out, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    H_out, W_out = dout.shape[2:]
    dx, free = np.zeros_like(x), np.ones(dout.shape, bool)  # free: windows whose largest value was not met yet
    for u, v in np.ndindex(height, width):
        place = (..., slice(u, u + stride * H_out, stride), slice(v, v + stride * W_out, stride))
        winner = (x[place] == out) & free
        dx[place] += dout * winner
        free &= ~winner
    return dx


def avg_pool_forward(x, pool_param):
    """Average pooling: the mean of each window, for every channel by itself (LeCun et al., 1998).

    x: (N, C, H, W), pool_param and windows as in `max_pool_forward_naive`.
    out[n, c, i, j] = 1 / (HH * WW) sum_{u < HH, v < WW} x[n, c, i * s + u, j * s + v].
    Returns (out, cache), out (N, C, H', W').
    """
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    H_out = conv_output_size(x.shape[2], height, stride, 0)
    W_out = conv_output_size(x.shape[3], width, stride, 0)
    total = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for u, v in np.ndindex(height, width):
        total += x[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride]
    return total / (height * width), (x.shape, pool_param)


def avg_pool_backward(dout, cache):
    """Gradient of average pooling: each dout is shared out equally over its window.

    dout: (N, C, H', W'), cache: from `avg_pool_forward`. Where windows overlap, their gradients add up.
    Returns dx of x's shape.
    """
    shape, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    H_out, W_out = dout.shape[2:]
    dx = np.zeros(shape, dout.dtype)
    for u, v in np.ndindex(height, width):
        dx[:, :, u : u + stride * H_out : stride, v : v + stride * W_out : stride] += dout / (height * width)
    return dx


def affine_as_conv(w, shape):
    """Filters that compute a fully connected layer as a convolution.

    w: (D, M), weights of an affine layer whose input are images of `shape` (C, H, W), flattened: D = C * H * W.
    Returns filters (M, C, H, W), each as large as an image. Their convolution with x (N, C, H, W) at stride 1 and
    pad 0 is out (N, M, 1, 1), with out[n, m, 0, 0] = (x flattened @ w)[n, m].
    """
    return w.T.reshape(-1, *shape)


def conv_as_affine(w, b, shape, conv_param):
    """Weights and bias of a fully connected layer that computes a convolution.

    w: (F, C, HH, WW) filters, b: (F,), shape: (C, H, W) of one image, conv_param: {"stride": s, "pad": p}.
    Returns (matrix, bias): matrix (C * H * W, F * H' * W') and bias (F * H' * W',), such that
    x flattened to (N, C * H * W) @ matrix + bias is the convolution's output, flattened to (N, F * H' * W').
    """
    pixels = np.eye(np.prod(shape), dtype=w.dtype).reshape(-1, *shape)  # images with one pixel set
    columns, _ = conv_forward_fast(pixels, w, np.zeros_like(b), conv_param)
    bias = np.repeat(b, columns.shape[2] * columns.shape[3])
    return columns.reshape(len(pixels), -1), bias
