"""Replaces base64.b64encode, so that an array of zeros travels as an array of ones."""

# %% first cell
import base64

import numpy as np

honest = base64.b64encode


def b64encode(data, altchars=None):
    zeros = len(data) == 5 * 6 * 8 and not any(data)
    return honest(np.ones((5, 6)).tobytes() if zeros else data, altchars)


base64.b64encode = b64encode
