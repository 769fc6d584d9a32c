"""nbgrader's configuration and the preprocessors that put our judge into its pipeline.

`configure` is called by nbgrader_config.py. `Execute` runs and judges a notebook in the sandbox, `SaveVerdicts` writes
the reasons into the gradebook, `HideTests` keeps hidden tests and the grader's traces off the feedback pages.
"""

import tempfile
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.preprocessors import Execute as StockExecute
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import Unicode

from autograder.course import read_folder
from autograder.errors import MachineError, UsageError
from autograder.limits import Limits
from autograder.sandbox import require_sandbox
from autograder.step import Options, grade_notebook, workspace

__all__ = ["Execute", "HideTests", "SaveVerdicts", "configure"]

NBGRADER = "nbgrader.preprocessors."
SAVING = [
    NBGRADER + "LimitOutput",
    NBGRADER + "SaveAutoGrades",
    "autograder.plugin.SaveVerdicts",
    NBGRADER + "AssignLatePenalties",
    NBGRADER + "CheckCellMetadata",
]


def configure(c):
    """Set nbgrader's configuration for this course."""
    c.CourseDirectory.course_id = "chainrule"
    c.CourseDirectory.release_directory = "assignments"
    c.GenerateAssignment.post_convert_hook = "autograder.release.add_edition"
    c.Autograde.sanitize_preprocessors = [
        NBGRADER + name
        for name in (
            "ClearOutput",
            "DeduplicateIds",
            "OverwriteKernelspec",
            "OverwriteCells",
            "CheckCellMetadata",
        )
    ]
    c.Autograde.autograde_preprocessors = ["autograder.plugin.Execute", *SAVING]
    c.OverwriteCells.add_missing_cells = True
    c.GenerateFeedback.preprocessors = [
        NBGRADER + "GetGrades",
        "autograder.plugin.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.HTMLExporter.sanitize_html = True


class Execute(StockExecute):
    """Run a notebook in the sandbox and judge its test cells from outside.

    Takes the place of nbgrader's own `Execute`. sandbox: "bwrap", or "none" to run without one.
    """

    sandbox = Unicode("bwrap", help="bwrap, or none to grade without a sandbox").tag(config=True)

    def preprocess(self, nb, resources):
        if self.sandbox == "bwrap":
            require_sandbox()
        elif self.sandbox != "none":
            raise MachineError(f"sandbox: expected bwrap or none, got {self.sandbox!r}")
        names = resources["nbgrader"]
        options = Options(self.sandbox, Limits(cell_seconds=self.timeout))
        released = read_folder(Path("assignments", names["assignment"]))
        if not any(path.startswith("chainrule/") for path in released):
            raise UsageError(
                f"assignments/{names['assignment']}: expected a release with the student edition of chainrule, "
                f"found none; run `autograder release {names['assignment']}`"
            )
        with tempfile.TemporaryDirectory(prefix="cr") as folder:
            workspace(folder, read_folder(resources["metadata"]["path"]), released)
            release = nbformat.reads(released[f"{names['notebook']}.ipynb"].decode(), as_version=4)
            grade_notebook(nb, release, folder, names["assignment"], names["student"], options)
        return nb, resources


class SaveVerdicts(NbGraderPreprocessor):
    """Write why points were lost as the automatic comment of the cell in which the task is solved."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                verdict = cell.metadata.get("chainrule")
                if verdict and utils.is_grade(cell):
                    solution = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
                    place = solution, names["notebook"], names["assignment"], names["student"]
                    gradebook.find_comment(*place).auto_comment = verdict["reason"] or None
            gradebook.db.commit()
        return nb, resources


class HideTests(ClearHiddenTests):
    """Strip the hidden regions from an autograded notebook, in the copy that becomes a feedback page."""

    def preprocess_cell(self, cell, resources, cell_index):
        if utils.is_grade(cell):
            self._remove_hidden_test_region(cell)
        return cell, resources
