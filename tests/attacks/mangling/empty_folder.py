"""Nothing was handed in.

Loses: regularization, max_norm, kl_divergence
"""

import shutil


def hand_in(folder):
    shutil.rmtree(folder)
    folder.mkdir()
