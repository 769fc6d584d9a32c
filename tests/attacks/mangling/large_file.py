"""A file of 300 MB lies beside the notebook."""


def change_submission(folder):
    with open(folder / "data.bin", "wb") as handle:
        handle.truncate(300_000_000)
