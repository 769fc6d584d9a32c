"""The upload broke off before the last cell was complete: the answer in it is lost.

Loses: kl_divergence
"""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("def kl_divergence") + 40], encoding="utf-8")
