"""The file holds plain text.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    (folder / "softmax.ipynb").write_text("def max_norm(W, c): return W", encoding="utf-8")
