"""What a student has: `packages` of the README's line, and the `import_names` of these."""

import re
from importlib.metadata import packages_distributions

__all__ = ["import_names", "packages"]

COMES_WITH = {"jupyter": {"ipykernel", "IPython", "ipywidgets"}}  # a package that holds no module, only others


def packages(root):
    """The requirements in the README's line for students, such as "numpy>=2.0"."""
    (line,) = re.findall(
        r"^ *env/bin/pip install (.+)$", (root / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return re.findall(r'"([^"]+)"', line)


def import_names(root):
    """The top-level modules of these packages, as they are installed here."""
    named = {re.split(r"[<>=]", each)[0].lower() for each in packages(root)}
    found = {name for name, owners in packages_distributions().items() if named & {each.lower() for each in owners}}
    return found.union(*(names for name, names in COMES_WITH.items() if name in named))
