"""The package was submitted, changed so that it gives away points."""


def change_submission(folder):
    package = folder / "chainrule"
    for path in sorted(package.rglob("*.py")):
        path.write_text("def judge(*args, **kwargs):\n    return 100\n\n\ncheck = judge\n", encoding="utf-8")
    (package / "extra.py").write_text("raise SystemExit", encoding="utf-8")
