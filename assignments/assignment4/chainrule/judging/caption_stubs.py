"""A captioning network with known weights, so that its methods can be judged where `__init__` is wrong.

`captioner` makes one, `until_end` hides what a caption says after its END.
"""

import contextlib

import numpy as np

__all__ = ["captioner", "until_end", "vocabulary"]


def vocabulary(size, null, start, end):
    """A dict from `size` words to their numbers, with the special words at these numbers."""
    special = {null: "<NULL>", start: "<START>", end: "<END>"}
    return {special.get(number, f"word{number}"): number for number in range(size)}


def captioner(net_class, cell_type, weights, null, start, end):
    """An instance with these weights, a dict by name, and the attributes its docstring promises."""
    W_proj, W_embed = weights["W_proj"], weights["W_embed"]
    words = vocabulary(len(W_embed), null, start, end)
    net = object.__new__(net_class)
    with contextlib.suppress(Exception):  # it may keep more attributes than those set below
        net.__init__(words, *W_proj.shape[:1], W_embed.shape[1], W_proj.shape[1], cell_type, W_proj.dtype.type)
    net.word_to_idx, net.idx_to_word = words, {number: word for word, number in words.items()}
    net.cell_type, net.dtype = cell_type, W_proj.dtype.type
    net._null, net._start, net._end = null, start, end
    net.params = dict(weights)
    return net


def until_end(captions, end, null):
    """Captions (N, T) with null after the first end of each row."""
    captions = np.array(captions)
    ends = captions == end
    captions[np.cumsum(ends, axis=1) - ends > 0] = null
    return captions
