"""Nothing was submitted.

Loses: regularization, max_norm, kl_divergence
"""

import shutil


def change_submission(folder):
    shutil.rmtree(folder)
    folder.mkdir()
