"""The transposed convolution, which makes images larger: `conv_transpose_forward` and `conv_transpose_backward`.

It is to the convolution what a backward pass is to a forward pass, and the other way round.
"""

import numpy as np

from chainrule.conv import conv_backward_fast, conv_forward_fast

__all__ = ["conv_transpose_backward", "conv_transpose_forward"]


def conv_transpose_forward(x, w, b, stride, pad):
    """Transposed convolution: every input pixel stamps its filters, times its value, into the output; stamps add up.

    x: (N, C, H, W), w: (C, F, HH, WW), b: (F,). For each input pixel (i, j) and filter entry (u, v), the number
    sum_c x[n, c, i, j] * w[c, f, u, v] is added at row i * stride + u and column j * stride + v of a sheet of
    (H - 1) * stride + HH rows and (W - 1) * stride + WW columns. Then `pad` rows and columns are cut off
    on each of the four sides, and b[f] is added once to each pixel (Zeiler et al., 2010; as in PyTorch).
    Returns (out, cache), out (N, F, H', W') with H' = (H - 1) * stride + HH - 2 * pad, W' likewise. No loop over images
    or pixels, since nets train with it; one over the HH * WW entries of a filter may stay.
    """
    N, _, H, W = x.shape
    _, F, HH, WW = w.shape
    stamps = np.tensordot(w, x, axes=(0, 1))  # (F, HH, WW, N, H, W)
    height, width = (H - 1) * stride + HH, (W - 1) * stride + WW
    sheet = np.zeros((F, N, height, width), x.dtype)
    for u, v in np.ndindex(HH, WW):  # entry (u, v) of all stamps at once; stamps overlap, so they add
        sheet[:, :, u : u + stride * H : stride, v : v + stride * W : stride] += stamps[:, u, v]
    out = sheet[:, :, pad : height - pad, pad : width - pad].swapaxes(0, 1) + b[:, None, None]
    return out, (x, w, stride, pad)


def conv_transpose_backward(dout, cache):
    """Gradients of the transposed convolution.

    dout: (N, F, H', W'), cache: from `conv_transpose_forward`. With dsheet = dout in a frame of `pad` zeros:
    dx[n, c, i, j] = sum_{f, u, v} dsheet[n, f, i * stride + u, j * stride + v] * w[c, f, u, v], a convolution.
    dw[c, f, u, v] = sum_{n, i, j} x[n, c, i, j] * dsheet[n, f, i * stride + u, j * stride + v].
    Returns (dx, dw, db) of the shapes of x, w and b. No loop over images or pixels.
    """
    x, w, stride, pad = cache
    no_bias = np.zeros(len(w), w.dtype)
    dx, conv_cache = conv_forward_fast(dout, w, no_bias, {"stride": stride, "pad": pad})
    _, dw, _ = conv_backward_fast(x, conv_cache)
    db = np.sum(dout, axis=(0, 2, 3))
    return dx, dw, db
