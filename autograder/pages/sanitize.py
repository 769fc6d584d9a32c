"""Notebooks as pages, feedback and formgrader's, on which nothing runs or is fetched that a student wrote.

`clean` reduces HTML to what a report needs, `markdown` renders Markdown and cleans the result, `plain` shows a sentence
as it is, `Inert` prepares a notebook, and `FeedbackExporter` adds a policy that tells the browser the same.
"""

import re
from contextlib import suppress
from html import escape

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath, import_plugin
from nbconvert.preprocessors.sanitize import ALLOWED_TAGS
from nbformat import NotebookNode
from nbgrader.preprocessors.base import NbGraderPreprocessor
from pygments.token import STANDARD_TYPES
from traitlets import List

from autograder.sandbox.outputs import PICTURES, clean_output, clean_picture

__all__ = ["POLICY", "FeedbackExporter", "Inert", "clean", "markdown", "plain"]

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
TEXTS = {"p", "br", "hr", "div", "span", "pre", "img", "del", "sub", "sup", "dl", "dt", "dd", "details", "summary"}
TABLES = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
STYLE = r"(caption-side: ?top; ?)?text-align: ?(left|right|center);?( padding: 2px 10px;?)?"
# What the value of an attribute must look like. Links within the course, too, could be to a file of the student's.
ATTRIBUTES = {
    "href": r"(?i:https?://|mailto:|#).*",
    "src": r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*",
    "class": "|".join(["highlight", *filter(None, STANDARD_TYPES.values())]),
    "style": STYLE,
    "scope": "col|row",
    "alt": ".*",
    "title": ".*",
}
CODE = re.compile(r"<(style|script)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
# The libraries take time that grows with the square of these; whatever is larger is shown as text.
MOST_TAGS, LONGEST_HTML, LONGEST_MARKDOWN, LONGEST_PAGE = 4000, 100_000, 20_000, 500_000
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
# MathJax reads its settings by eval; nothing else on the page is a script.
POLICY = (
    f"default-src 'none'; script-src {MATHJAX} 'unsafe-eval'; style-src 'unsafe-inline' {MATHJAX}; "
    f"font-src {MATHJAX}; img-src data:; base-uri 'none'; form-action 'none'"
)


def clean(html):
    """Return HTML with the tags and attributes of a report alone, or None if there is too much of it."""
    if len(re.findall("<[a-zA-Z]", html)) > MOST_TAGS:
        return None
    return bleach.clean(
        CODE.sub("", html),
        tags=HEADINGS | TEXTS | TABLES | ALLOWED_TAGS,
        attributes=lambda tag, name, value: re.fullmatch(ATTRIBUTES.get(name, "(?!)"), value, re.DOTALL),
        css_sanitizer=CSSSanitizer(["text-align", "padding", "caption-side"]),
        protocols={"http", "https", "mailto", "data"},
        strip=True,
    )


@pass_context
def markdown(context, source):
    """Return Markdown as clean HTML: nbconvert's filter of that name, with a student as the author in mind."""
    cleaned = None
    if len(source) <= LONGEST_MARKDOWN:
        attachments = context.get("cell", {}).get("attachments")
        renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
        # Boxes to tick are left as they are written: a page has nothing to fill in.
        plugins = [import_plugin(name) for name in MarkdownWithMath.DEFAULT_PLUGINS if name != "task_lists"]
        with suppress(Exception):  # whatever a library stumbles over must not cost the page
            cleaned = clean(MarkdownWithMath(renderer, plugins=plugins).render(source))
    return as_text(source) if cleaned is None else cleaned


class Renderer(IPythonRenderer):
    """A renderer to which a picture that is not there is no error."""

    def image(self, text, url, title=None):
        try:
            return super().image(text, url, title)
        except InvalidNotebook:
            return escape(text)


def as_text(source):
    """Return a text as HTML, as it stands."""
    return f"<pre>{escape(source)}</pre>"


def plain(sentence):
    """Return a sentence as Markdown that shows it as it is, formulas too."""
    words = escape(" ".join(sentence.split()))
    return "<p>" + re.sub(r"[$\\]", r"<span>\g<0></span>", words) + "</p>"


class Inert(NbGraderPreprocessor):
    """Leave of a notebook what can be shown: text, clean outputs, and what nbgrader knows of a cell."""

    display_data_priority = List(help="nbgrader sets this for every preprocessor of a page").tag(config=True)

    def preprocess(self, nb, resources):
        self.room = LONGEST_PAGE
        nb.metadata = NotebookNode()
        for number, cell in enumerate(nb.cells):
            cell["id"] = f"cell-{number}"
            cell.metadata = _labels(cell)
            if cell.cell_type == "code":
                self._code(cell)
            elif cell.cell_type == "markdown":
                self._markdown(cell)
            else:
                cell.source = as_text(cell.source)
        # formgrader writes these into its page as they are.
        for name in ("student", "first_name", "last_name", "notebook_path"):
            if resources.get(name):
                resources[name] = escape(resources[name])
        return nb, resources

    def _code(self, cell):
        count = cell.get("execution_count")
        cell.execution_count = count if isinstance(count, int) else None
        cell.outputs = [output for output in map(clean_output, cell.get("outputs", [])) if output]
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = self._html(data["text/html"]) or as_text(data.get("text/plain", data["text/html"]))
            if "text/markdown" in data and not self._fits(data["text/markdown"]):
                data["text/markdown"] = as_text(data["text/markdown"])

    def _html(self, html):
        """The HTML of an output, cleaned, or None if it cannot be."""
        with suppress(Exception):
            return clean(html) if len(html) <= LONGEST_HTML and self._fits(html) else None

    def _markdown(self, cell):
        attached = cell.get("attachments")
        attached = {name: _pictures(files) for name, files in attached.items()} if isinstance(attached, dict) else {}
        cell.attachments = {name: files for name, files in attached.items() if files}
        if not self._fits(cell.source):
            cell.source = as_text(cell.source)

    def _fits(self, text):
        """Whether there is room on the page for one more text that takes time to render."""
        self.room -= len(text)
        return self.room >= 0


def _labels(cell):
    """What nbgrader's templates need to know of a cell, if it can be trusted with a place in the page."""
    label = cell.metadata.get("nbgrader") if isinstance(cell.metadata, dict) else None
    known = isinstance(label, dict) and re.fullmatch(r"[A-Za-z0-9_\-]+", str(label.get("grade_id")))
    return NotebookNode(nbgrader=label) if known else NotebookNode()


def _pictures(files):
    """The pictures among the files of one attachment, {type: base64}."""
    pictures = {kind: clean_picture(kind, files.get(kind)) for kind in PICTURES} if isinstance(files, dict) else {}
    return {kind: data for kind, data in pictures.items() if data}


class FeedbackExporter(HTMLExporter):
    """Write a feedback page, with POLICY in its head."""

    def from_notebook_node(self, nb, resources=None, **options):
        page, resources = super().from_notebook_node(nb, resources, **options)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        return page.replace("<head>", f"<head>\n{policy}", 1), resources
