"""What the tasks of captioning.ipynb share: vocabularies, captions and networks drawn at random."""

import numpy as np

from autograder.tasks.spec import task_factory
from chainrule import captioning

__all__ = ["GATES", "NAMES", "NET", "draw_captions", "draw_special", "draw_weights", "task"]

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
NAMES = ("W_proj", "b_proj", "W_embed", "Wx", "Wh", "b", "W_vocab", "b_vocab")

task = task_factory("assignment4", "captioning", captioning)


def draw_special(rng, size):
    """The size of a vocabulary, and three different numbers for its special words."""
    null, start, end = rng.permutation(size)[:3]
    return {"null": int(null), "start": int(start), "end": int(end)}


def draw_captions(rng, num, length, size, special, lengths=None):
    """Word numbers (num, length), some rows of full length."""
    words = [k for k in range(size) if k not in special.values()]
    captions = np.full((num, length), special["null"])
    if lengths is None:
        lengths = np.append(rng.integers(1, length - 1, num), length - 2)[-num:]
    for row, count in zip(captions, lengths, strict=True):
        row[0], row[count + 1] = special["start"], special["end"]
        row[1 : count + 1] = rng.choice(words, count)
    return captions


# The weights of one network, drawn large, so that every word and every state matters.

NET = """
import numpy as np
from chainrule.judging.caption_stubs import captioner, until_end
weights = dict(W_proj=W_proj, b_proj=b_proj, W_embed=W_embed, Wx=Wx, Wh=Wh, b=b, W_vocab=W_vocab, b_vocab=b_vocab)
net = captioner(CaptioningRNN, cell_type, weights, null, start, end)
"""


def draw_weights(rng, cell, D, W, H, V, large=1.0):
    G = GATES[cell] * H
    shapes = ((D, H), (H,), (V, W), (W, G), (H, G), (G,), (H, V), (V,))
    weights = {name: large * rng.normal(size=shape) for name, shape in zip(NAMES, shapes, strict=True)}
    return weights | {"cell_type": cell} | draw_special(rng, V)
