"""The notebook is a named pipe.

Loses: regularization, max_norm, kl_divergence
"""

import os


def change_submission(folder):
    path = folder / "softmax.ipynb"

    path.unlink()
    os.mkfifo(path)
