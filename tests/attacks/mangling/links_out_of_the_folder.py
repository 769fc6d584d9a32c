"""Symbolic links lead to files and folders outside, and to themselves."""


def change_submission(folder):
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    (folder / "root").symlink_to("/")
    (folder / "circle").symlink_to("circle")
    (folder / "up").symlink_to("..")
    (folder / "dangling.ipynb").symlink_to("nowhere.ipynb")
