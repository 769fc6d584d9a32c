"""nbgrader's configuration and the preprocessors that put our judge into its pipeline.

`configure` is called by nbgrader_config.py. `Repair` mends a notebook, `Execute` runs and judges it in the sandbox,
`SaveVerdicts` writes the reasons into the gradebook, `HideTests` keeps hidden tests off the feedback pages.
"""

import tempfile
from pathlib import Path

import nbformat
from nbconvert.preprocessors.sanitize import ALLOWED_ATTRIBUTES, ALLOWED_TAGS
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.preprocessors import Execute as StockExecute
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import List, Unicode

from autograder.course import read_folder
from autograder.errors import MachineError, UsageError
from autograder.limits import Limits
from autograder.repair import repair
from autograder.sandbox import require_sandbox
from autograder.step import Options, grade_notebook, workspace

__all__ = ["Execute", "HideTests", "Repair", "SaveVerdicts", "configure"]

NBGRADER = "nbgrader.preprocessors."
SHOWN_TAGS = ["table", "caption", "thead", "tbody", "tr", "th", "td", "p", "br", "details", "summary", "sub", "sup"]
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
    c.Autograde.sanitize_preprocessors = ["autograder.plugin.Repair"]
    c.Autograde.autograde_preprocessors = ["autograder.plugin.Execute", *SAVING]
    c.GenerateFeedback.preprocessors = [
        NBGRADER + "GetGrades",
        "autograder.plugin.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    # What students write must not run in the reader's browser, on feedback pages and in formgrader. The switch
    # HTMLExporter.sanitize_html would do the same, and then strip the verdicts' tables of their headings.
    c.HTMLExporter.preprocessors = ["nbconvert.preprocessors.sanitize.SanitizeHTML"]
    c.SanitizeHTML.enabled = True
    c.SanitizeHTML.styles = ["text-align", "padding", "caption-side"]
    c.SanitizeHTML.tags = [*ALLOWED_TAGS, *SHOWN_TAGS]
    c.SanitizeHTML.attributes = {**ALLOWED_ATTRIBUTES, "th": ["scope", "style"], "td": ["style"], "caption": ["style"]}


def release_of(names):
    """Return {relative path: bytes} of the release that a notebook in nbgrader's pipeline belongs to."""
    released = read_folder(Path("assignments", names["assignment"]))
    if f"{names['notebook']}.ipynb" not in released or "chainrule/__init__.py" not in released:
        raise UsageError(
            f"assignments/{names['assignment']}: expected a release with {names['notebook']}.ipynb and the student "
            f"edition of chainrule, found none; run `autograder release {names['assignment']}`"
        )
    return released


def notebook_of(released, name):
    """Return a notebook of a release."""
    return nbformat.reads(released[f"{name}.ipynb"].decode(), as_version=4)


class Repair(NbGraderPreprocessor):
    """Bring a submitted notebook back to the shape of the release; takes the place of nbgrader's sanitizing steps."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        repaired, notes = repair(nbformat.writes(nb).encode(), notebook_of(release_of(names), names["notebook"]))
        for note in notes:
            self.log.warning(note)
        return repaired, resources


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
        options = Options(self.sandbox, limits=Limits(cell_seconds=self.timeout))
        released = release_of(names)
        with tempfile.TemporaryDirectory(prefix="cr") as folder:
            workspace(folder, read_folder(resources["metadata"]["path"]), released)
            release = notebook_of(released, names["notebook"])
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

    display_data_priority = List(help="nbgrader sets this for every preprocessor of a page").tag(config=True)

    def preprocess_cell(self, cell, resources, cell_index):
        if utils.is_grade(cell):
            self._remove_hidden_test_region(cell)
        return cell, resources
