"""The student edition of the package for an assignment: selected files, none edited, and the answer key.

`edition_files` lists what is kept; `write_edition` copies it into a released folder.
"""

import shutil
from pathlib import Path

import chainrule
from autograder.errors import UsageError
from autograder.key import write_key

__all__ = ["TAUGHT", "dropped_modules", "edition_files", "write_edition"]

# The assignment in which each module is taught: absent from that release and from the earlier ones.
TAUGHT = {
    "assignment1": ("neighbors", "preprocessing", "linear"),
    "assignment2": ("gates", "circuits", "deltas", "value", "two_layer"),
    "assignment3": (
        *("layers", "activations", "initializers", "optim", "fc_net"),
        *("norm", "dropout", "augment", "conv", "convnet"),
    ),
}
PACKAGE = Path(chainrule.__file__).parent


def dropped_modules(assignment):
    """The modules a student of this assignment does not get."""
    if assignment not in TAUGHT:
        raise UsageError(f"assignment: expected one of {', '.join(TAUGHT)}, got {assignment!r}")
    later = list(TAUGHT)[list(TAUGHT).index(assignment) :]
    return [module for name in later for module in TAUGHT[name]]


def edition_files(assignment):
    """The files of the package that are kept, relative to its folder."""
    dropped = dropped_modules(assignment)
    kept = [p.relative_to(PACKAGE) for p in sorted(PACKAGE.rglob("*")) if p.suffix in (".py", ".json")]
    return [p for p in kept if p.with_suffix("").parts[0] not in dropped]


def write_edition(folder, assignment):
    """Write folder/chainrule: the student edition with the answer key of the assignment."""
    target = Path(folder, "chainrule")
    for path in edition_files(assignment):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / path, target / path)
    (target / "answers").mkdir(exist_ok=True)
    write_key(target / "answers" / f"{assignment}.npz", assignment)
