"""Nothing a student writes runs in a reader's browser, or fetches anything: the pages of the corpus, scanned."""

import base64
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.server_extensions.formgrader import handlers
from pygments.token import STANDARD_TYPES
from small_course import ASSIGNMENT, Attack, attacks, make_course, write_submission

from autograder.grading.classroom import grade
from autograder.grading.submission import Options
from autograder.pages.feedback import write_feedback
from autograder.pages.report import write_report
from autograder.pages.sanitize import POLICY, clean, plain

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ATTACKS = {a.name.removeprefix("browser_"): a for a in attacks() if a.name.startswith("browser_")}
CELLS = {name: a.cells["first cell"] for name, a in ATTACKS.items() if "answer" not in a.cells and a.cells}
FILES = {name: a.change for name, a in ATTACKS.items() if a.change}
ANSWERS = {name: a for name, a in ATTACKS.items() if "answer" in a.cells}
SMALL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsWNWJQAAAABJRU5ErkJggg=="
# Work that loses a point and shows an output of every kind: its page has all that nbgrader's templates have.
USUAL = f"""
import sys
from IPython.display import HTML, Latex, Markdown, display
print("out")
print("err", file=sys.stderr)
display(HTML("<p>a</p>"), Latex("$a$"), Markdown("a"), 1)
display({{"image/png": "{SMALL}"}}, raw=True)
1 / 0
"""
USUAL = Attack(
    "honest", "", {}, {"first cell": USUAL, "last cell": "1", "answer": "def max_norm(W, c):\n    return W\n"}
)
TAG = "\"'><script>document.title = 'PWNED'</script>"
# What a student may put on a page beside what an honest page has: {attribute: what its value must look like}.
TAGS = re.compile(
    "p|br|hr|b|i|em|strong|abbr|acronym|blockquote|a|code|pre|div|span|img|del|sub|sup|ul|ol|li|dl|dt|dd|details"
    "|summary|table|caption|thead|tbody|tr|th|td|h[1-6]|html|head|body|meta"
)
PARTS = {
    "href": r"https?://.*|mailto:.*|#.*",
    "src": r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*",
    "class": " ".join(["highlight", *STANDARD_TYPES.values()]).replace(" ", "|")
    + r"|(ansi-[a-z-]+ ?)+| ?highlight hl-.*",
    "style": r"(text-align: ?(left|center|right);?)|((background-)?color: rgb\(\d+,\d+,\d+\);? ?)+",
    "alt": ".*",
    "title": ".*",
    "width": r"\d+",
    "height": r"\d+",
    "id": r"cell-id=cell-\d+",
}


class Scan(HTMLParser):
    """The contents of a page other than text: counts of (tag, attribute, value), and of (tag, "", text) for scripts."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.inside = Counter(), ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.elements.update([(tag, "", ""), *((tag, name, value or "") for name, value in attrs)])

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("script", "style", "title"):
            self.elements[self.inside, "", data.strip()] += 1

    def handle_comment(self, data):
        self.elements["comment", "", data.strip()] += 1


def suspicious_elements(page, honest):
    """Return the elements of a page that an honest one has not, and that could be more than text."""
    usual = Scan(honest).elements
    return [element for element, count in Scan(page).elements.items() if not _harmless(*element, count, usual)]


def _harmless(tag, name, value, count, usual):
    if tag in ("script", "style", "link", "meta", "title", "base", "form") or name == "id":
        return count <= max(usual[tag, name, value], name == "id" and bool(re.fullmatch(PARTS["id"], value)))
    if (tag, name, value) in usual:
        return True
    return (
        bool(re.fullmatch(PARTS[name], value, re.DOTALL))
        if name in PARTS
        else not name and not value and bool(TAGS.fullmatch(tag))
    )


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    course = make_course(root, tmp_path_factory.mktemp("browser") / "course")
    write_submission(course, "honest", USUAL)
    # To save time, one student submits all that is in cells and another all that is done to files.
    write_submission(course, "cells", Attack("cells", "", {}, {}, insert_cells))
    write_submission(
        course, "files", Attack("files", "", {}, {}, lambda folder: [change(folder) for change in FILES.values()])
    )
    for name, attack in ANSWERS.items():
        write_submission(course, name, attack)
    return course


def insert_cells(folder):
    notebook = nbformat.read(folder / "softmax.ipynb", as_version=4)
    notebook.cells = [*map(new_code_cell, CELLS.values()), *notebook.cells]
    nbformat.write(notebook, folder / "softmax.ipynb")


@pytest.fixture(scope="module")
def results(course, sandbox):
    with ProcessPoolExecutor(2) as executor:
        results = {r.student: r for r in grade(course, ASSIGNMENT, Options(sandbox), executor=executor)}
        assert write_feedback(course, ASSIGNMENT, list(results), executor) == {}
    return results


def feedback(course, student):
    return (course.path("feedback", ASSIGNMENT, student) / "softmax.html").read_text(encoding="utf-8")


def formgrader(course, path, configured=True, **names):
    """Return formgrader's page of a notebook; configured: as in the course, or with nbgrader's defaults."""
    config = course.nbgrader(HTMLExporter={} if configured else {"preprocessors": [], "filters": {}}).config
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    ids = {"assignment_id": ASSIGNMENT, "notebook_id": "softmax", "submission_id": "1", "index": 0, "total": 1}
    resources = ids | {"base_url": "", "student": "s", "last_name": None, "first_name": None, "notebook_path": "p"}
    return HTMLExporter(config=config).from_filename(str(path), resources=resources | names)[0]


def graded(course, student):
    return course.path("autograded", ASSIGNMENT, student) / "softmax.ipynb"


@pytest.fixture(scope="module")
def usual(course, results):
    """Formgrader's page of the honest submission."""
    return formgrader(course, graded(course, "honest"))


STUDENTS = ["cells", "files", *ANSWERS]


def test_attacks_on_the_browser_cost_only_what_is_wrong(results):
    assert {name: (r.score, r.error) for name, r in results.items() if name in ("cells", "files")} == {
        "cells": (12, ""),
        "files": (12, ""),
    }


@pytest.mark.parametrize("student", STUDENTS)
def test_feedback_pages_are_inert(course, results, student):
    assert suspicious_elements(feedback(course, student), feedback(course, "honest")) == []


@pytest.mark.parametrize("student", STUDENTS)
def test_pages_of_formgrader_are_inert(course, usual, student):
    assert suspicious_elements(formgrader(course, graded(course, student)), usual) == []


@pytest.mark.parametrize("name", CELLS)
def test_the_outputs_of_one_attack_are_inert(course, usual, tmp_path, name):
    cells = nbformat.read(graded(course, "cells"), as_version=4).cells
    (cell,) = (cell for cell in cells if cell.source == CELLS[name])
    assert cell.outputs
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "n.ipynb")
    assert suspicious_elements(formgrader(course, tmp_path / "n.ipynb"), usual) == []


# A notebook with broken ids that was not repaired is refused by nbconvert itself.
@pytest.mark.parametrize("name", sorted(set(FILES) - {"tags_and_ids"}))
def test_pages_are_inert_without_the_repair_of_notebooks(course, usual, tmp_path, name):
    write_submission(course, "unrepaired", ATTACKS[name])
    submitted = course.path("submitted", ASSIGNMENT, "unrepaired") / "softmax.ipynb"
    assert suspicious_elements(formgrader(course, submitted), usual) == []


def test_the_scan_finds_what_nbconvert_itself_lets_through(course, usual, tmp_path):
    text = "[x](javascript:1) ![](https://evil.example/a.png)\n\n<script>1</script><p id='max_norm' onclick='1'>x</p>"
    nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), tmp_path / "n.ipynb")
    page = formgrader(course, tmp_path / "n.ipynb", configured=False)
    assert set(suspicious_elements(page, usual)) == {
        ("script", "", ""),
        ("script", "", "1"),
        ("a", "href", "javascript:1"),
        ("img", "src", "https://evil.example/a.png"),
        ("p", "id", "max_norm"),
        ("p", "onclick", "1"),
    }


def test_honest_pages_show_headings_tables_formulas_code_links_and_pictures(course, results, tmp_path):
    text = (
        "# Heading\n\n| a | b |\n|:-:|--:|\n| $x<y$ | `z` |\n\n- [link](https://numpy.org)\n\n```python\nx = 1\n```\n"
    )
    text += "![plot](attachment:plot.png) ![large](attachment:large.png) ![gone](attachment:gone.png)\n\n- [x] done\n"
    large = base64.b64encode(base64.b64decode(SMALL) + bytes(300_000)).decode()
    cell = new_markdown_cell(text, attachments={"plot.png": {"image/png": SMALL}, "large.png": {"image/png": large}})
    data = {"text/html": "<div><style scoped>th {}</style><table border='1'><tr><th>a</th></tr></table></div>"}
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"image/png": SMALL}}]
    outputs += [{"output_type": "display_data", "metadata": {}, "data": data}]
    notebook = new_notebook(cells=[cell, new_code_cell("f()", outputs=nbformat.from_dict(outputs))])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    page = formgrader(course, tmp_path / "n.ipynb")
    for fragment in (
        "<h1>Heading</h1>",
        '<th style="text-align:center;">a</th>',
        "$x&lt;y$",
        "<code>z</code>",
        '<li><a href="https://numpy.org">link</a></li>',
        '<div class="highlight"><pre><span></span><span class="n">x</span>',
        f'<img alt="plot" src="data:image/png;base64,{SMALL}"/>',
        "<li>[x] done</li>",
        "<div><table><tbody><tr><th>a</th></tr></tbody></table></div>",
    ):
        assert fragment in page
    assert (page.count(SMALL), page.count(large)) == (2, 1)


def test_the_message_of_an_exception_is_plain_text_on_the_page(course, results):
    reason = next(v["reason"] for v in results["messages"].verdicts["softmax"] if v["task"] == "max_norm")
    assert "<script>" in reason
    _, comment = feedback(course, "messages").split("<b>Comments:</b>")
    message = comment.split("</p>")[0].replace("<p>", "").replace("<span>", "").replace("</span>", "").strip()
    # The page, as nbconvert writes it, keeps quotation marks as they are.
    assert message == reason.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_formgrader_shows_a_student_with_html_for_a_name(course, results):
    names = dict.fromkeys(["student", "last_name", "first_name", "notebook_path"], TAG)
    page = formgrader(course, graded(course, "honest"), **names)
    honest = formgrader(course, graded(course, "honest"), **dict.fromkeys(names, "x"))
    assert suspicious_elements(page.replace(TAG, "x"), honest) == [("a", "data-link", TAG)]


def test_a_feedback_page_forbids_the_browser_everything_but_formulas(course, results):
    page = feedback(course, "honest")
    scripts = [value for tag, name, value in Scan(page).elements if (tag, name) == ("script", "src")]
    assert f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in page
    # The library that draws formulas is configured to trust none of them.
    assert [re.fullmatch(r"https://cdnjs\.cloudflare\.com/ajax/libs/mathjax/.*,Safe", s) is None for s in scripts] == [
        False
    ]


def test_a_notebook_that_nobody_repaired_is_text(course, usual, tmp_path):
    label = {"grade_id": TAG, "solution": True, "grade": True, "task": True, "points": TAG, "comment": TAG}
    metadata = {"tags": [TAG], "magics_language": TAG, "alt": TAG, "nbgrader": label}
    kinds = ("text/html", "text/latex", "text/markdown", "image/png", "application/javascript", "text/x-python")
    output = {"output_type": "display_data", "metadata": {"width": TAG, TAG: TAG}}
    outputs = nbformat.from_dict([output | {"data": {kind: TAG}} for kind in kinds])
    cells = [new_code_cell(TAG, metadata=metadata, outputs=outputs), new_markdown_cell(TAG, metadata=metadata)]
    nbformat.write(new_notebook(cells=cells, metadata={"title": TAG, "widgets": {TAG: TAG}}), tmp_path / "n.ipynb")
    assert suspicious_elements(formgrader(course, tmp_path / "n.ipynb"), usual) == []


@pytest.mark.parametrize(
    "piece", ["<b>", "<ul><li>", "<div>", "<table><b>", "</p>", "<a b='", "&amp", "<!--", "<style"]
)
def test_much_html_is_cleaned_or_refused(piece):
    cleaned = clean(piece * 30_000)
    assert cleaned is None or suspicious_elements(cleaned, "") == []


def test_plain_text_is_markdown_without_meaning():
    assert plain("a *b*\n\n# c <d> $e$ \\f") == (
        "<p>a *b* # c &lt;d&gt; <span>$</span>e<span>$</span> <span>\\</span>f</p>"
    )


def test_the_report_on_the_attacks_is_inert(course, results):
    elements = Scan(write_report(course, ASSIGNMENT).read_text(encoding="utf-8")).elements
    tags, attributes = ({element[part] for element in elements} for part in (0, 1))
    assert not tags & {"script", "iframe", "object", "embed", "form", "link", "base", "svg", "comment"}
    assert attributes - {""} == {"alt", "aria-label", "charset", "class", "content", "http-equiv", "lang", "name"} | {
        "role",
        "scope",
        "src",
        "tabindex",
    }
    assert sum(count for (tag, name, _), count in elements.items() if (tag, name) == ("img", "src")) == 2
