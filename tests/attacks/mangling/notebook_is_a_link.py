"""The notebook is a symbolic link to a file elsewhere in the folder's neighbourhood.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    elsewhere = folder.parent / f"{folder.name}-elsewhere.bin"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
