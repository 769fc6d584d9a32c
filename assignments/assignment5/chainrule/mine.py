"""Import what you wrote in another notebook of the same folder: `from chainrule.mine.fully_connected import adam`.

Of fully_connected.ipynb only imports, functions, classes and constants are run, not what it computes and draws. The
notebook is read as it was saved: save it before you import from it, and restart the kernel after you change it.
"""

import ast
import json
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

from chainrule.errors import PARSER_ERRORS, ChainruleError

__all__ = ["NotWritten"]
__path__ = []  # what makes Python look for modules inside this one

DEFINING = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom


class NotWritten(ChainruleError):
    """A function of another notebook is needed, and its cell is still blank there."""

    def __init__(self, *_):
        code = sys._getframe(1).f_code
        notebook, name = code.co_filename, code.co_qualname
        super().__init__(f"{name}: expected your function from {notebook}, found a blank cell; write it there and save")


class _Notebooks(MetaPathFinder, Loader):
    """Finds NAME.ipynb in the working folder for `chainrule.mine.NAME`, and runs its definitions."""

    def find_spec(self, fullname, path=None, target=None):
        parent, _, name = fullname.rpartition(".")
        return ModuleSpec(fullname, self, origin=f"{name}.ipynb") if parent == __name__ else None

    def exec_module(self, module):
        origin, names = module.__spec__.origin, module.__dict__
        raised = ""

        def missing(name):
            if name.startswith("__"):
                raise AttributeError(name)
            raise ChainruleError(f"{origin}: expected a definition of {name}, found none{raised}; save it first")

        names |= {"NotImplementedError": NotWritten, "__getattr__": missing}
        for source in _code_cells(Path(origin)):
            for part in _definitions(source):
                try:
                    exec(compile(ast.Module([part], []), origin, "exec"), names)
                except Exception as error:  # other definitions still run
                    raised = f" (a cell raised {type(error).__name__}: {error})"


def _code_cells(path):
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except FileNotFoundError:
        notebooks = ", ".join(sorted(p.name for p in Path().glob("*.ipynb"))) or "none"
        raise ChainruleError(f"{path}: expected the notebook in this folder, found {notebooks}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ChainruleError(f"{path}: expected a notebook, could not read it ({error}); save it again") from None


def _definitions(source):
    """The parts of a cell that define something, as syntax trees; none if it is not Python."""
    lines = ["pass" if line.startswith(("%", "!")) else line for line in source.split("\n")]  # Jupyter's commands
    try:
        tree = ast.parse("\n".join(lines))
    except PARSER_ERRORS:
        return []
    return [part for part in tree.body if isinstance(part, DEFINING) or _is_constant(part)]


def _is_constant(part):
    if not isinstance(part, ast.Assign):
        return False
    try:
        ast.literal_eval(part.value)
    except (*PARSER_ERRORS, TypeError):
        return False
    return True


sys.meta_path.append(_Notebooks())
