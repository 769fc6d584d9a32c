"""Does not parse.

Earns: max_norm 0
"""


def change_submission(folder):
    path = folder / "softmax.ipynb"
    path.write_text(path.read_text().replace("def max_norm(W, c):", "def max_norm(W, c:"))
