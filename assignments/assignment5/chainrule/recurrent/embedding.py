"""Word embedding: a learnt vector for each word of the vocabulary (Bengio et al., 2003).

`word_embedding_forward` looks the vectors up, `word_embedding_backward` adds up the gradients of each word.
"""

import numpy as np

__all__ = ["word_embedding_backward", "word_embedding_forward"]


def word_embedding_forward(x, W):
    """Look up the vector of each word: out[n, t] = W[x[n, t]].

    x: (N, T) word numbers in 0..V-1, W: (V, D) one vector a word. Returns (out, cache), out (N, T, D).
    """
    return W[x], (x, W.shape)


def word_embedding_backward(dout, cache):
    """Gradient of the embedding with respect to W: row v is the sum of dout[n, t] over all n, t with x[n, t] = v.

    dout: (N, T, D), cache: from `word_embedding_forward`. Returns dW (V, D), zero for words that do not occur.
    """
    x, shape = cache
    dW = np.zeros(shape, dtype=dout.dtype)
    np.add.at(dW, x, dout)
    return dW
