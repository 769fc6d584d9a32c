"""What a student has: `packages` of the README's line, the `import_names` of these, and perhaps a `plainest_kernel`."""

import platform
import re
from importlib.metadata import packages_distributions

__all__ = ["import_names", "packages", "plainest_kernel"]

COMES_WITH = {"jupyter": {"ipykernel", "IPython", "ipywidgets"}}  # a package that holds no module, only others

PLAINEST = {"x86_64": "Nehalem", "AMD64": "Nehalem", "aarch64": "ARMV8"}  # OpenBLAS kernels that each of a kind can run


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


def plainest_kernel():
    """The variable that makes OpenBLAS multiply as the plainest processor of this kind; {} where it has no choice."""
    kernel = PLAINEST.get(platform.machine())
    return {"OPENBLAS_CORETYPE": kernel} if kernel else {}
