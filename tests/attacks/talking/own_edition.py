"""Submits a package whose check is always content, and a wrong answer."""


def change_submission(folder):
    (folder / "chainrule" / "check.py").write_text("__all__ = ['check']\ncheck = lambda *args: 2.0\n")
    (folder / "chainrule" / "judging" / "runner.py").write_text("raise SystemExit\n")


# %% answer
def max_norm(W, c):
    return 0 * W
