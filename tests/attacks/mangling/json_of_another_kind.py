"""The file is valid JSON and no notebook.

Loses: regularization, max_norm, kl_divergence
"""


def change_submission(folder):
    (folder / "softmax.ipynb").write_text('{"cells": {"max_norm": 2}, "score": 100}', encoding="utf-8")
