"""Find imports in a released folder that lead nowhere (`missing_imports`) or out of it (`other_packages`).

Notebooks and modules are read as syntax trees, so that an import at any depth counts; nothing is run.
"""

import ast
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat

from autograder.python_parser import parse_python
from chainrule.errors import PARSER_ERRORS

__all__ = ["missing_imports", "other_packages"]

NOTEBOOKS = "chainrule.mine"  # `from chainrule.mine.lstm import f` imports f from lstm.ipynb
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
IMPORTERS = {"import_module", "__import__"}
CATCHES_IMPORT_ERROR = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass
class _Source:
    """A module, or a notebook with all its cells. package: the start of its relative imports."""

    path: str
    tree: ast.Module
    package: str = ""

    @cached_property
    def imports(self):
        """All imports, at any depth."""
        return list(_imports(self.tree, self.package))

    @cached_property
    def top_level(self):
        """(names that are defined at the top level, modules imported by `from ... import *`)."""
        names, stars, stack = set(), set(), [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, SCOPES):
                names.add(getattr(node, "name", ""))
                continue
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Import):
                names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {alias.asname or alias.name for alias in node.names} - {"*"}
                stars |= {_absolute(node, self.package)} if node.names[0].name == "*" else set()
            stack += ast.iter_child_nodes(node)
        return names, stars


@dataclass(frozen=True)
class _Import:
    """An imported module, or a name imported from it. alias: its name here; optional: its failure is caught."""

    module: str
    name: str = ""
    alias: str = ""
    optional: bool = False


def missing_imports(folder):
    """Return a message for each use of a module of the folder, or of a name in one, that does not exist.

    folder: a released folder, notebooks with packages beside them. Imports in a `try` that catches their failure are
    skipped, and so are cells that are not Python.
    """
    modules, sources = _read(Path(folder))
    return [f"{source.path}: {message}" for source in sources for message in sorted(_missing_in(source, modules))]


def other_packages(folder):
    """Return {package outside of the folder: whether it is needed}, the standard library included.

    A package is not needed if all its imports are in a `try` that catches their failure.
    """
    modules, sources = _read(Path(folder))
    packages = {}
    for source in sources:
        for imported in source.imports:
            if not _in_folder(imported.module, modules):
                name = imported.module.split(".")[0]
                packages[name] = packages.get(name, False) or not imported.optional
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
    """A cell without Jupyter's commands; the lines after a first line such as %%time count as Python."""
    from IPython.core.inputtransformer2 import TransformerManager  # here, because grading does not need it

    first, _, rest = source.partition("\n")
    return TransformerManager().transform_cell(rest if first.startswith("%%") else source)


@lru_cache(1000)  # the folders of several assignments hold the same modules
def _tree(text):
    try:
        return parse_python(text)
    except PARSER_ERRORS:
        return ast.Module([], [])


def _in_folder(module, modules):
    return not module or module.split(".")[0] in modules


def _missing_in(source, modules):
    for imported in source.imports:
        if imported.optional or not _in_folder(imported.module, modules):
            continue
        if imported.module not in modules:
            yield f"imports {imported.module or 'a module of a package it is not in'}, which is not in the folder"
        elif imported.name not in ("", "*") and not _defines(imported.module, imported.name, modules):
            yield f"imports {imported.name} from {imported.module}, which has no such name"
    aliases = {imported.alias: f"{imported.module}.{imported.name}".rstrip(".") for imported in source.imports}
    aliases = {alias: module for alias, module in aliases.items() if module in modules}
    for name in _reassigned_names(source.tree) if aliases else ():
        aliases.pop(name, None)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            module = aliases[node.value.id]
            if not _defines(module, node.attr, modules):
                yield f"uses {module}.{node.attr}, and {module} has no such name"


def _imports(tree, package):
    """The imports in a tree, and the modules in calls of import_module."""
    stack = [(tree, False)]
    while stack:
        node, optional = stack.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _Import(alias.name, "", alias.asname or ("" if "." in alias.name else alias.name), optional)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            yield from (_Import(module, alias.name, alias.asname or alias.name, optional) for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in IMPORTERS:
            constants = (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))
            yield from (_Import(str(module), optional=optional) for module in constants)
        guarded = node.body if isinstance(node, ast.Try) and any(map(_catches_import_error, node.handlers)) else ()
        stack += ((child, optional or child in guarded) for child in ast.iter_child_nodes(node))


def _name(node):
    """The last part of a dotted name."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _absolute(node, package):
    """The absolute name of the module in a `from` import; "" if its dots lead out of the package."""
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _catches_import_error(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in CATCHES_IMPORT_ERROR for kind in kinds)


def _defines(module, name, modules):
    """True if a module of the folder defines a name, or holds a module of that name."""
    if f"{module}.{name}" in modules or name.startswith("__"):
        return True
    if not modules[module]:
        return False
    names, stars = modules[module].top_level
    if name in names or ("__getattr__" in names):
        return True
    return any(star not in modules or _defines(star, name, modules) for star in stars)


def _reassigned_names(tree):
    """The names of variables, arguments, functions and classes, which may hide an import of the same name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, SCOPES) and not isinstance(node, ast.Lambda):
            yield node.name
