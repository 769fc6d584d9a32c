"""Find what the code of a released folder imports and the folder does not hold: `missing_imports`, `other_packages`.

Notebooks and modules are read as syntax trees, so that an import counts wherever it stands; nothing is run.
"""

import ast
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat

from chainrule.errors import PARSER_ERRORS

__all__ = ["missing_imports", "other_packages"]

NOTEBOOKS = "chainrule.mine"  # `from chainrule.mine.lstm import f` takes f from lstm.ipynb
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
IMPORTERS = {"import_module", "__import__"}
FORGIVING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass
class _Source:
    """A module, or a notebook with all its cells. package: where its relative imports begin."""

    place: str
    tree: ast.Module
    package: str = ""

    @cached_property
    def imports(self):
        """All imports, wherever they stand."""
        return list(_imports(self.tree, self.package))

    @cached_property
    def bound(self):
        """(names that are bound at the top level, modules of which everything is imported)."""
        names, stars, stack = set(), set(), [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, SCOPES):
                names.add(getattr(node, "name", ""))
                continue
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Import):
                names |= {one.asname or one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {one.asname or one.name for one in node.names} - {"*"}
                stars |= {_absolute(node, self.package)} if node.names[0].name == "*" else set()
            stack += ast.iter_child_nodes(node)
        return names, stars


@dataclass(frozen=True)
class _Import:
    """A module, and the name that is taken from it, if one is. alias: what is bound here; forgiven: if it fails."""

    module: str
    name: str = ""
    alias: str = ""
    forgiven: bool = False


def missing_imports(folder):
    """One line for each module of the folder's own, or name in one, that its code uses and that is not there.

    folder: as it is released, notebooks with packages beside them. Imports in a `try` that forgives their failure are
    left out, and cells that are not Python.
    """
    modules, sources = _read(Path(folder))
    return [f"{source.place}: {what}" for source in sources for what in sorted(_missing_in(source, modules))]


def other_packages(folder):
    """{package that is not the folder's own: is it needed?}, the standard library among them.

    What is only imported in a `try` that forgives the failure is not needed.
    """
    modules, sources = _read(Path(folder))
    packages = {}
    for source in sources:
        for each in source.imports:
            if not _is_own(each.module, modules):
                name = each.module.split(".")[0]
                packages[name] = packages.get(name, False) or not each.forgiven
    return packages


def _read(folder):
    """Return ({dotted name: _Source, or None for a folder of modules}, all sources)."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        package = ".".join(parts[:-1])
        name = package if parts[-1] == "__init__" else ".".join(parts)
        for k in range(1, len(parts)):
            modules.setdefault(".".join(parts[:k]), None)
        modules[name] = _Source(str(path.relative_to(folder)), _tree(path.read_text(encoding="utf-8")), package)
    sources = [source for source in modules.values() if source]
    for path in sorted(folder.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        body = [part for cell in cells if cell.cell_type == "code" for part in _tree(_python(cell.source)).body]
        modules[f"{NOTEBOOKS}.{path.stem}"] = notebook = _Source(path.name, ast.Module(body, []))
        sources.append(notebook)
    return modules, sources


def _python(source):
    """A cell without Jupyter's commands; what follows a first line such as %%time is taken as Python."""
    from IPython.core.inputtransformer2 import TransformerManager  # here, because grading does not need it

    first, _, rest = source.partition("\n")
    return TransformerManager().transform_cell(rest if first.startswith("%%") else source)


@lru_cache(1000)  # the folders of several assignments hold the same modules
def _tree(text):
    try:
        return ast.parse(text)
    except PARSER_ERRORS:
        return ast.Module([], [])


def _is_own(module, modules):
    return not module or module.split(".")[0] in modules


def _missing_in(source, modules):
    for each in source.imports:
        if each.forgiven or not _is_own(each.module, modules):
            continue
        if each.module not in modules:
            yield f"imports {each.module or 'a module of a package it is not in'}, which is not in the folder"
        elif each.name not in ("", "*") and not _has(each.module, each.name, modules):
            yield f"imports {each.name} from {each.module}, which has no such name"
    called = {each.alias: f"{each.module}.{each.name}".rstrip(".") for each in source.imports}
    called = {alias: module for alias, module in called.items() if module in modules}
    for name in _rebound(source.tree) if called else ():
        called.pop(name, None)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called:
            module = called[node.value.id]
            if not _has(module, node.attr, modules):
                yield f"uses {module}.{node.attr}, and {module} has no such name"


def _imports(tree, package):
    """The imports in a tree, and the modules that are named to import_module."""
    stack = [(tree, False)]
    while stack:
        node, forgiven = stack.pop()
        if isinstance(node, ast.Import):
            for one in node.names:
                yield _Import(one.name, "", one.asname or ("" if "." in one.name else one.name), forgiven)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            yield from (_Import(module, one.name, one.asname or one.name, forgiven) for one in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in IMPORTERS:
            named = (one.value for one in node.args[:1] if isinstance(one, ast.Constant))
            yield from (_Import(str(module), forgiven=forgiven) for module in named)
        tried = node.body if isinstance(node, ast.Try) and any(map(_forgives, node.handlers)) else ()
        stack += ((child, forgiven or child in tried) for child in ast.iter_child_nodes(node))


def _name(node):
    """The last part of a dotted name."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _absolute(node, package):
    """The module of a `from` import, with the dots resolved; "" if they lead out of the package."""
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _forgives(handler):
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or ast.unparse(each) in FORGIVING for each in caught)


def _has(module, name, modules):
    """Does a module of the folder have a name, or is there a module of that name in it?"""
    if f"{module}.{name}" in modules or name.startswith("__"):
        return True
    if not modules[module]:
        return False
    names, stars = modules[module].bound
    if name in names or ("__getattr__" in names):
        return True
    return any(star not in modules or _has(star, name, modules) for star in stars)


def _rebound(tree):
    """Names that stand for something else somewhere: variables, arguments, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, SCOPES) and not isinstance(node, ast.Lambda):
            yield node.name
