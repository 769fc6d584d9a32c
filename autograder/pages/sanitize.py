"""Show notebooks on feedback pages and in formgrader so that nothing that a student wrote runs or is fetched.

`clean` removes all HTML that a report does not need, `markdown` renders Markdown and cleans the result, `plain` shows a
message literally, `Inert` prepares a notebook, and `FeedbackExporter` adds a content security policy to the page.
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
# Patterns for the values of attributes. Links within the course are left out: they could lead to a student's file.
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
# The time of the libraries grows with the square of these; anything larger is shown as text.
MAX_TAGS, MAX_HTML, MAX_MARKDOWN, MAX_PAGE = 4000, 100_000, 20_000, 500_000
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
# MathJax needs eval for its settings; it is the only script on the page.
POLICY = (
    f"default-src 'none'; script-src {MATHJAX} 'unsafe-eval'; style-src 'unsafe-inline' {MATHJAX}; "
    f"font-src {MATHJAX}; img-src data:; base-uri 'none'; form-action 'none'"
)


def clean(html):
    """Return HTML with only the tags and attributes of a report, or None if it has more than MAX_TAGS."""
    if len(re.findall("<[a-zA-Z]", html)) > MAX_TAGS:
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
    """Return Markdown as clean HTML; it replaces nbconvert's filter, which trusts the author."""
    cleaned = None
    if len(source) <= MAX_MARKDOWN:
        attachments = context.get("cell", {}).get("attachments")
        renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
        # Task lists stay text: their boxes would be form elements.
        plugins = [import_plugin(name) for name in MarkdownWithMath.DEFAULT_PLUGINS if name != "task_lists"]
        with suppress(Exception):  # an error in a library must not prevent the page
            cleaned = clean(MarkdownWithMath(renderer, plugins=plugins).render(source))
    return preformatted(source) if cleaned is None else cleaned


class Renderer(IPythonRenderer):
    """A renderer that shows the text of a picture that is missing, without an error."""

    def image(self, text, url, title=None):
        try:
            return super().image(text, url, title)
        except InvalidNotebook:
            return escape(text)


def preformatted(source):
    """Return HTML that shows a text literally."""
    return f"<pre>{escape(source)}</pre>"


def plain(message):
    """Return Markdown that shows a message literally, with its formulas not rendered."""
    escaped = escape(" ".join(message.split()))
    return "<p>" + re.sub(r"[$\\]", r"<span>\g<0></span>", escaped) + "</p>"


class Inert(NbGraderPreprocessor):
    """Reduce a notebook to text, clean outputs and nbgrader's metadata."""

    display_data_priority = List(help="nbgrader sets this for every preprocessor of a page").tag(config=True)

    def preprocess(self, nb, resources):
        self.characters_left = MAX_PAGE
        nb.metadata = NotebookNode()
        for number, cell in enumerate(nb.cells):
            cell["id"] = f"cell-{number}"
            cell.metadata = _labels(cell)
            if cell.cell_type == "code":
                self._code(cell)
            elif cell.cell_type == "markdown":
                self._markdown(cell)
            else:
                cell.source = preformatted(cell.source)
        # formgrader writes these into its page without escaping.
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
                data["text/html"] = self._html(data["text/html"]) or preformatted(
                    data.get("text/plain", data["text/html"])
                )
            if "text/markdown" in data and not self._fits(data["text/markdown"]):
                data["text/markdown"] = preformatted(data["text/markdown"])

    def _html(self, html):
        """The cleaned HTML of an output, or None if it is too long or an error occurs."""
        with suppress(Exception):
            return clean(html) if len(html) <= MAX_HTML and self._fits(html) else None

    def _markdown(self, cell):
        attachments = cell.get("attachments")
        attachments = attachments if isinstance(attachments, dict) else {}
        pictures = {name: _pictures(files) for name, files in attachments.items()}
        cell.attachments = {name: files for name, files in pictures.items() if files}
        if not self._fits(cell.source):
            cell.source = preformatted(cell.source)

    def _fits(self, text):
        """True if the page has room for one more text that takes time to render."""
        self.characters_left -= len(text)
        return self.characters_left >= 0


def _labels(cell):
    """nbgrader's metadata of a cell, which its templates write into the page, if the grade id is harmless."""
    label = cell.metadata.get("nbgrader") if isinstance(cell.metadata, dict) else None
    is_harmless = isinstance(label, dict) and re.fullmatch(r"[A-Za-z0-9_\-]+", str(label.get("grade_id")))
    return NotebookNode(nbgrader=label) if is_harmless else NotebookNode()


def _pictures(files):
    """{type: base64 text} of the pictures among the files of one attachment."""
    pictures = {kind: clean_picture(kind, files.get(kind)) for kind in PICTURES} if isinstance(files, dict) else {}
    return {kind: data for kind, data in pictures.items() if data}


class FeedbackExporter(HTMLExporter):
    """Write a feedback page, with POLICY in its head."""

    def from_notebook_node(self, nb, resources=None, **options):
        page, resources = super().from_notebook_node(nb, resources, **options)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        return page.replace("<head>", f"<head>\n{policy}", 1), resources
