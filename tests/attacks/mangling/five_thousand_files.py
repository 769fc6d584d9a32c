"""Five thousand small files lie beside the notebook, and their names come before its own."""


def change_submission(folder):
    for number in range(5000):
        (folder / f"a{number:04}.ipynb").write_text("{}", encoding="utf-8")
