"""The file is the page of a login form, saved under the notebook's name.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    (folder / "softmax.ipynb").write_text("<!DOCTYPE html><title>Sign in</title>", encoding="utf-8")
