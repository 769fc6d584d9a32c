"""Submits modules with the names of those that the grader imports, with a wrong answer."""

NAMES = ("numpy", "json", "base64", "ast", "runner", "autograder", "nbgrader", "IPython", "ipykernel_launcher", "copy")


def change_submission(folder):
    for name in NAMES:
        (folder / f"{name}.py").write_text("hidden_tests = check = lambda *args: 2.0\n")
    for name in ("sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text("import builtins\nbuiltins.all = lambda *args: True\n")


# %% answer
def max_norm(W, c):
    return 0 * W
