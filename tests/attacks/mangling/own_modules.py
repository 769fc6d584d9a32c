"""Files beside the notebook have the names of modules that Python and its kernel import."""


def change_submission(folder):
    names = ("numpy", "json", "ipykernel_launcher", "sitecustomize", "usercustomize", "IPython", "zmq", "ast", "random")
    for name in names:
        (folder / f"{name}.py").write_text("raise SystemExit('mine')\n", encoding="utf-8")
