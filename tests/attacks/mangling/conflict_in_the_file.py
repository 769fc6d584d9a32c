"""git left its conflict markers around the execution counts."""


def change_submission(folder):
    path = folder / "softmax.ipynb"

    text = path.read_text(encoding="utf-8")
    count = '   "execution_count": null,\n'
    both = f'<<<<<<< HEAD\n{count}=======\n   "execution_count": 12,\n>>>>>>> theirs\n'
    path.write_text(text.replace(count, both), encoding="utf-8")
