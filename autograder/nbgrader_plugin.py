"""nbgrader's configuration and the preprocessors that make its pipeline use our judge.

`configure` is called by nbgrader_config.py. `Autograde` checks a submission before nbgrader reads it. `Execute`
repairs, runs and judges a notebook in the sandbox, `ShowGrades` puts grades and comments onto the feedback pages, and
`HideTests` removes hidden tests from them.
"""

import fnmatch

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
from nbgrader import utils
from nbgrader.converters import Autograde as StockAutograde
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from nbgrader.preprocessors import Execute as StockExecute
from nbgrader.preprocessors import SaveCells as StockSaveCells
from traitlets import List, Unicode

from autograder.course.changed_questions import SaveCells
from autograder.course.folder import Course, add_scripts_to_path
from autograder.course.secret import hidden_seed
from autograder.errors import GradingError, MachineError, UsageError
from autograder.grading.gradebook import SAVING_STEPS
from autograder.grading.submission import Options, grade_submission, notebook_paths
from autograder.names import printable, require_name
from autograder.pages.sanitize import plain
from autograder.sandbox.bubblewrap import require_sandbox
from autograder.sandbox.limits import Limits
from autograder.submission.files import read_submission, student_files
from autograder.submission.misplaced import find_misplaced

__all__ = ["Autograde", "Execute", "HideTests", "ShowGrades", "configure"]


def configure(c):
    """Set nbgrader's configuration for this course."""
    add_scripts_to_path()
    nbgrader.apps.api.Autograde = nbgrader.apps.autogradeapp.Autograde = Autograde
    c.CourseDirectory.course_id = "chainrule"
    c.CourseDirectory.release_directory = "assignments"
    # nbgrader's own steps, with our SaveCells.
    c.GenerateAssignment.preprocessors = [
        SaveCells if step is StockSaveCells else step for step in GenerateAssignment.preprocessors.default()
    ]
    c.GenerateAssignment.post_convert_hook = "autograder.course.release.add_edition"
    c.Autograde.sanitize_preprocessors = []
    c.Autograde.autograde_preprocessors = ["autograder.nbgrader_plugin.Execute", *SAVING_STEPS]
    c.GenerateFeedback.post_convert_hook = "autograder.pages.feedback.make_releasable"
    c.GenerateFeedback.exporter_class = "autograder.pages.sanitize.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [
        "autograder.nbgrader_plugin.ShowGrades",
        "autograder.nbgrader_plugin.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.ExportApp.plugin_class = "autograder.grading.csv_export.CsvExport"
    # On feedback pages and in formgrader, nothing that students wrote may run in the browser.
    c.HTMLExporter.preprocessors = ["autograder.pages.sanitize.Inert"]
    c.HTMLExporter.filters = {"markdown2html": "autograder.pages.sanitize.markdown"}


def released_files(course, names):
    """Return {relative path: bytes} of the release of a notebook in the pipeline; raise UsageError if there is none."""
    released = course.released_files(names["assignment"])
    if f"{names['notebook']}.ipynb" not in released or "chainrule/__init__.py" not in released:
        raise UsageError(
            f"assignments/{names['assignment']}: expected a release with {names['notebook']}.ipynb and the student "
            f"edition of chainrule, found none; run `autograder release {names['assignment']}`"
        )
    return released


class Execute(StockExecute):
    """Repair a notebook, run it in the sandbox and judge its test cells from outside.

    Replaces nbgrader's own `Execute` and its sanitizing steps. The submission is read from submitted/, because
    nbgrader's copy follows links. sandbox: "bwrap", or "none" to run without one.
    """

    sandbox = Unicode("bwrap", help="bwrap, or none to grade without a sandbox").tag(config=True)

    def preprocess(self, nb, resources):
        if self.sandbox == "bwrap":
            require_sandbox()
        elif self.sandbox != "none":
            raise MachineError(f"sandbox: expected bwrap or none, got {self.sandbox!r}")
        names, course = resources["nbgrader"], Course(self.config.CourseDirectory.get("root", "."))
        assignment, notebook, student = names["assignment"], names["notebook"], names["student"]
        require_name(student)
        seed = hidden_seed(course, assignment, student)
        options = Options(self.sandbox, limits=Limits.of(course.config), seed=seed)
        released, folder = released_files(course, names), course.path("submitted", assignment, student)
        submitted, notes = read_submission(folder, options.limits, notebook_paths(released))
        graded = grade_submission(submitted, released, assignment, student, options, only=notebook)
        if graded.overloaded:  # a second try; nbgrader judges one submission at a time, so nothing else is running
            graded = grade_submission(submitted, released, assignment, student, options, only=notebook)
        for note in notes + student_files(submitted, released)[1] + graded.notes[notebook]:
            self.log.warning(note)
        return nbformat.reads(graded.notebooks[notebook], as_version=4), resources


class Autograde(StockAutograde):
    """nbgrader's converter, but each student who cannot be graded is reported and keeps the old grade; it exits with 1.

    nbgrader itself would record 0 points for a notebook that it cannot read, as if it had not been submitted, and would
    skip a folder that it cannot list.
    """

    def init_notebooks(self):
        self.not_graded = []
        assignment = self.coursedir.assignment_id
        try:
            course = Course(self.coursedir.root)
            course.require(assignment)
            for student, message in find_misplaced(course, assignment).items():
                if self._is_selected(student):
                    self._report(student, message)
            students = [student for student in course.students(assignment) if self._is_selected(student)]
        except GradingError as error:
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from None
        try:
            super().init_notebooks()
        finally:
            for student in students:
                if self._format_source(assignment, student) not in self.assignments:
                    self._unreadable(assignment, student)

    def init_destination(self, assignment_id, student_id):
        return not self._unreadable(assignment_id, student_id) and super().init_destination(assignment_id, student_id)

    def convert_notebooks(self):
        super().convert_notebooks()
        if self.not_graded:
            raise NbGraderException(f"not graded: {', '.join(self.not_graded)}")

    def _is_selected(self, student):
        excluded = self.coursedir.student_id_exclude.split(",")
        return fnmatch.fnmatchcase(student, self.coursedir.student_id) and student not in excluded

    def _unreadable(self, assignment, student):
        """Return whether a submission cannot be read, and report it if so."""
        try:
            read_submission(self._format_source(assignment, student), Limits())
        except MachineError as error:
            self._report(student, f"not graded: {error}")
            return True
        return False

    def _report(self, student, message):
        self.not_graded.append(student)
        self.log.error("%s: %s", printable(student), message)


class ShowGrades(GetGrades):
    """Put grades and comments onto a feedback page: manual comments as Markdown, automatic ones as plain text."""

    def _get_comment(self, cell, resources):
        grade_id = cell.metadata.nbgrader["grade_id"]
        comment = self.gradebook.find_comment(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        automatic = comment.manual_comment is None and comment.comment
        cell.metadata.nbgrader["comment"] = plain(comment.comment) if automatic else comment.comment


class HideTests(ClearHiddenTests):
    """Remove the hidden tests from the copy of an autograded notebook that becomes a feedback page."""

    display_data_priority = List(help="nbgrader sets this for every preprocessor of a page").tag(config=True)

    def preprocess_cell(self, cell, resources, cell_index):
        if utils.is_grade(cell):
            self._remove_hidden_test_region(cell)
        return cell, resources
