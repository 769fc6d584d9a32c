"""Questions added or removed once there are submissions: `SaveCells` replaces nbgrader's, which refuses them.

The gradebook follows the notebook, and the grades of all other questions stay, manual ones included.
"""

from nbgrader.api import Comment, Grade, MissingEntry
from nbgrader.preprocessors import SaveCells as StockSaveCells

from autograder.errors import UsageError

__all__ = ["SaveCells"]


class SaveCells(StockSaveCells):
    """Save the cells of a notebook. Removing one with manual points or a manual comment raises UsageError."""

    def _create_notebook(self, nb):
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook and notebook.submissions:
            self._drop(notebook)
            self._add(notebook)
            self.gradebook.db.commit()
        super()._create_notebook(nb)

    def _kinds(self, notebook):
        """For each kind of cell: (cells in the gradebook, {name: fields} in the notebook, method that adds one, rows).

        rows: the tables with a row for each submission and cell.
        """
        book = self.gradebook
        return (
            (notebook.grade_cells, self.new_grade_cells, book.add_grade_cell, (Grade,)),
            (notebook.solution_cells, self.new_solution_cells, book.add_solution_cell, (Comment,)),
            (notebook.task_cells, self.new_task_cells, book.add_task_cell, (Grade, Comment)),
            (notebook.source_cells, self.new_source_cells, book.add_source_cell, ()),
        )

    def _drop(self, notebook):
        kinds = self._kinds(notebook)
        removed_cells = [(cell, rows) for old, new, _, rows in kinds for cell in old if cell.name not in new]
        if names := sorted({cell.name for cell, rows in removed_cells if rows and _has_manual_grading(cell)}):
            raise UsageError(
                f"release: expected {', '.join(names)} in {self.notebook_id}.ipynb, with points or comments by hand in "
                "the gradebook, found no such cell; put it back, or clear them in formgrader and run this again"
            )
        for cell, rows in removed_cells:
            for row in [*cell.grades, *cell.comments] if rows else ():
                self.gradebook.db.delete(row)
            self.gradebook.db.delete(cell)

    def _add(self, notebook):
        for old, new, add, rows in self._kinds(notebook):
            for name in set(new) - {cell.name for cell in old}:
                cell = add(name, self.notebook_id, self.assignment_id, **new[name])
                for submission in notebook.submissions:
                    self.gradebook.db.add_all(row(cell_id=cell.id, notebook=submission) for row in rows)


def _has_manual_grading(cell):
    """True if a student has manual points, extra credit or a manual comment on a cell."""
    points = any(grade.manual_score is not None or grade.extra_credit for grade in cell.grades)
    return points or any(comment.manual_comment for comment in cell.comments)
