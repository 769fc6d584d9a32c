"""Before the notebook stands a line of another program."""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    path.write_text("Loading notebook ... done\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
