"""What a student has installed: `packages` of the README's install line, and their `import_names`."""

import re
from importlib.metadata import packages_distributions

__all__ = ["import_names", "packages"]

COMES_WITH = {"jupyter": {"ipykernel", "IPython", "ipywidgets"}}  # a package that holds no module, only others


def packages(root):
    """Return the requirements in the README's install line for students, such as "numpy>=2.0"."""
    (line,) = re.findall(
        r"^ *env/bin/pip install (.+)$", (root / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return re.findall(r'"([^"]+)"', line)


def import_names(root):
    """Return the top-level modules of these packages, as installed here."""
    distributions = {re.split(r"[<>=]", each)[0].lower() for each in packages(root)}
    modules = {
        name for name, owners in packages_distributions().items() if distributions & {each.lower() for each in owners}
    }
    return modules.union(*(names for name, names in COMES_WITH.items() if name in distributions))
