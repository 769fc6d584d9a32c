"""All answers are blank, and a cell answers every question with what the visible key says for the same call.

Earns: regularization 0, max_norm 0, kl_divergence 0
"""

import nbformat
from nbformat.v4 import new_code_cell

FORGER = """
import builtins
from pathlib import Path

import chainrule
from chainrule.judging.exam import load_exams

known = {}
for exam in load_exams(Path(chainrule.__file__).parent / "answers" / "assignment1.npz").values():
    for check in exam.checks:
        for case in check.cases:
            known.setdefault(case.call, []).append(case.expected)
honest = builtins.exec


def forged(code, scope=None, *others):
    asked = [call for call in known if isinstance(scope, dict) and call == texts.get(code)]
    if not asked:
        return honest(code, scope, *others)
    found = known[asked[0]]
    found.append(found.pop(0))
    scope.update(found[-1])


texts, honest_compile = {}, builtins.compile


def remembered(source, *args, **options):
    code = honest_compile(source, *args, **options)
    if isinstance(source, str) and source in known:
        texts[code] = source
    return code


builtins.compile, builtins.exec = remembered, forged
"""


def change_submission(folder):
    notebook = nbformat.read(folder / "softmax.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            cell.source = "# blank"
    notebook.cells.insert(1, new_code_cell(FORGER))
    nbformat.write(notebook, folder / "softmax.ipynb")
