"""The student edition of the package for an assignment: selected files, none edited, and the answer key.

`edition_files` lists what is kept; `write_edition` copies it into a released folder, `write_modules` without the key.
"""

import shutil
from pathlib import Path

import chainrule
from autograder.errors import UsageError
from autograder.key import write_key

__all__ = ["DATASETS", "PROVIDED", "TAUGHT", "dropped_modules", "edition_files", "write_edition", "write_modules"]

# The assignment in which each module is taught: absent from that release and from the earlier ones.
TAUGHT = {
    "assignment1": ("neighbors", "preprocessing", "linear"),
    "assignment2": ("gates", "circuits", "deltas", "value", "two_layer"),
    "assignment3": (
        *("layers", "activations", "initializers", "optim", "fc_net"),
        *("norm", "dropout", "augment", "conv", "convnet"),
    ),
    "assignment4": ("recurrent", "captioning"),
    "assignment5": ("visualize", "style", "fast_style", "gan"),
}
# What stands beside the notebooks of an assignment: there in its release and in the later ones.
PROVIDED = {
    "assignment2": ("graphs", "experiments"),
    "assignment3": ("filters", "landscapes", "regimes", "signals"),
    "assignment4": ("shapes_net", "captions", "caption_pictures", "gates_over_time", "memories"),
    "assignment5": ("squeezenet", "insights", "paintings", "stylizing", "generations"),
}
# Files beside the package that its modules read, from which assignment on.
DATASETS = {"assignment4": ("datasets/shapes_net.npz",)}
PACKAGE = Path(chainrule.__file__).parent


def dropped_modules(assignment):
    """The modules a student of this assignment does not get: taught in it or later, or provided later."""
    if assignment not in TAUGHT:
        raise UsageError(f"assignment: expected one of {', '.join(TAUGHT)}, got {assignment!r}")
    taught = [module for name, modules in TAUGHT.items() if name >= assignment for module in modules]
    return taught + [module for name, modules in PROVIDED.items() if name > assignment for module in modules]


def edition_files(assignment):
    """The files of the package that are kept, relative to its folder."""
    dropped = dropped_modules(assignment)
    kept = [p.relative_to(PACKAGE) for p in sorted(PACKAGE.rglob("*")) if p.suffix in (".py", ".json")]
    return [p for p in kept if p.with_suffix("").parts[0] not in dropped]


def write_edition(folder, assignment, old=None):
    """Write folder/chainrule, the student edition with the answer key of the assignment, and the data it reads.

    old: such a folder of before; its answer key is kept where it says the same.
    """
    write_modules(folder, assignment)
    key = Path("chainrule", "answers", f"{assignment}.npz")
    Path(folder, key).parent.mkdir(exist_ok=True)
    write_key(Path(folder, key), assignment, Path(old, key) if old else None)


def write_modules(folder, assignment):
    """Write folder/chainrule without an answer key, and the data it reads."""
    target = Path(folder, "chainrule")
    for path in edition_files(assignment):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / path, target / path)
    for path in (path for name, paths in DATASETS.items() if name <= assignment for path in paths):
        Path(folder, path).parent.mkdir(exist_ok=True)
        shutil.copyfile(PACKAGE.parent / path, Path(folder, path))
