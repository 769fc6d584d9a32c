"""A file named chainrule lies where the package should be."""

import shutil


def change_submission(folder):
    shutil.rmtree(folder / "chainrule")
    (folder / "chainrule").write_text("not a folder", encoding="utf-8")
    (folder / "chainrule.py").write_text("raise SystemExit", encoding="utf-8")
