"""The file holds random bytes.

Loses: regularization, max_norm, kl_divergence
"""

import random


def change_submission(folder):
    (folder / "softmax.ipynb").write_bytes(random.Random(3).randbytes(100_000))
