"""A file of 300 MB lies beside the notebook."""


def hand_in(folder):
    with open(folder / "data.bin", "wb") as handle:
        handle.truncate(300_000_000)
