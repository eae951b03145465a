"""An executed notebook as one HTML page that needs nothing beside it.

nbconvert renders the cells with the template in `html_template/`; this module has the formulas set as MathML,
embeds the images, has the page put into a reader's order, lists the contents and refuses what would need a network or
betray a path of this machine.
"""

from __future__ import annotations

import re
from base64 import b64encode
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote, unquote

import nbformat
from bs4 import BeautifulSoup
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from isfcore.machine.files import replacing
from isfstudy.report.arrangement import arrange
from isfstudy.report.formulas import mathml, typeset
from isfstudy.report.navigation import Sibling

RICHEST_FIRST = [f"text/{kind}" for kind in ("html", "markdown", "latex")]
RICHEST_FIRST += [f"image/{kind}" for kind in ("svg+xml", "png", "jpeg")] + ["text/plain"]
PROGRESS_BAR = re.compile(r"^.*(\d+%\|.*\||\d+it \[).*\n?", re.MULTILINE)
ABSOLUTE_PATH = re.compile(r"(?<![\w.~:/…])(?:file://)?/(?:[\w.@+-]+/)+(?=\w)")
NUMBER = re.compile(r"[\s\d.,:%±+−–—-]*(e[+-]?\d+)?|nan", re.IGNORECASE)
LOADING = {"src", "srcset", "poster", "data", "background", "href", "xlink:href"}
OUTSIDE_CSS = re.compile(r"@import|url\(\s*['\"]?(?!['\"]?(?:data:|#))[^)]{0,40}")


def write_html(notebook: Path, html: Path, *, siblings: list[Sibling]) -> None:
    """Render an executed notebook as a self-contained page; the page appears only when it is complete.

    The first heading becomes the page's title. Relative images are taken from the notebook's folder or below
    and embedded. The same notebook always gives the same bytes.

    Args:
        notebook: the executed `.ipynb` file.
        html: the page to write; its folder must exist.
        siblings: the pages in the navigation, in order, with relative links; the one whose link is `html.name` is
            marked as the current page, and its neighbours are linked at the end.

    Raises:
        FileNotFoundError: there is no such notebook.
        ValueError: the file is not a notebook, holds no outputs or no heading, a formula does not convert, an
            image is missing, or the page would load something from elsewhere. The message names the notebook.
    """
    cells = _read(notebook)
    try:
        page = BeautifulSoup(_render(cells, html.name, siblings), "html.parser")
        for outputs in page.select(".outputs"):
            typeset(outputs)
        _embed_images(page, notebook.parent)
        _align_tables(page)
        _let_figures_scroll(page)
        _shorten_paths(page)
        arrange(page)
        finish(page)
    except (ValueError, InvalidNotebook) as error:
        raise ValueError(f"{notebook}: {error}") from error
    with replacing(html) as partial:
        partial.write_text(str(page), encoding="utf-8")


def finish(page: BeautifulSoup) -> None:
    """Title a page after its first heading, list its contents, and make sure that it stands alone.

    Raises:
        ValueError: it has no heading, or the browser would load something from elsewhere.
    """
    _list_contents(page)
    _let_reach(page)
    _refuse_outside(page)


class _Renderer(IPythonRenderer):
    """nbconvert's Markdown, whose parser tells formulas from code; only their rendering differs."""

    def inline_math(self, body: str) -> str:
        if body != body.strip() or "`" in body:
            raise ValueError(f"${body}$ is no formula; write \\$ for a dollar, no space inside the two")
        return mathml(body, display="inline")

    def block_math(self, body: str) -> str:
        return f'<span class="equation">{mathml(body.strip(), display="block")}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


@pass_context
def _markdown(context, source: str) -> str:
    attachments = context["cell"].get("attachments", {})
    renderer = _Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
    return MarkdownWithMath(renderer=renderer).render(source)


def _read(notebook: Path) -> nbformat.NotebookNode:
    try:
        content = nbformat.read(notebook, as_version=4)
        nbformat.validate(content)
    except FileNotFoundError:
        raise
    except Exception as error:  # nbformat raises many kinds for the many ways of not being a notebook
        raise ValueError(f"{notebook}: not a Jupyter notebook ({type(error).__name__})") from error
    if not any(cell.get("outputs") for cell in content.cells):
        raise ValueError(f"{notebook}: holds no outputs; execute it first, e.g. with papermill")
    return content


def _render(content: nbformat.NotebookNode, page: str, siblings: list[Sibling]) -> str:
    light, dark = (
        HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    exporter = HTMLExporter(
        template_name="html_template",
        extra_template_basedirs=[str(Path(__file__).parent)],
        preprocessors=[CoalesceStreamsPreprocessor(enabled=True)],
        config=Config({"NbConvertBase": {"display_data_priority": RICHEST_FIRST}}),
    )
    exporter.register_filter("markdown2html", _markdown)
    exporter.register_filter("without_progress", lambda text: PROGRESS_BAR.sub("", text))
    code_css = f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
    resources = {"siblings": siblings, "page": page, "code_css": code_css}
    return exporter.from_notebook_node(content, resources)[0]


def _embed_images(page: BeautifulSoup, folder: Path) -> None:
    for image in page.find_all("img", src=lambda source: source and not source.startswith("data:")):
        source = image["src"]
        file = (folder / unquote(source)).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            raise ValueError(f"image {source} cannot be embedded: it is no file in the notebook's folder")
        image["src"] = f"data:{guess_type(file)[0]};base64,{b64encode(file.read_bytes()).decode()}"


def _align_tables(page: BeautifulSoup) -> None:
    """Give each table a box to scroll in; mark the columns of numbers and of short texts."""
    for style in page.find_all("style", scoped=True):  # pandas right-aligns every column, also text
        style.decompose()
    for table in page.select("main table"):
        del table["border"]
        for row in table.find_all("tr", style=True):
            del row["style"]
        for corner in table.find_all("th"):
            if not corner.get_text(strip=True):
                corner.name = "td"  # a header without a name is none
        table.wrap(page.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))
        rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
        for place in range(1, max(map(len, rows), default=0) + 1):
            # counted from the right, since cells that span rows stand on the left
            column = [row[-place] for row in rows if len(row) >= place]
            texts = [cell.get_text(strip=True) for cell in column]
            values = [text for cell, text in zip(column, texts, strict=True) if cell.name == "td"]
            if any(values) and all(map(NUMBER.fullmatch, values)):
                kind = "number"
            elif max(map(len, texts)) <= 24:
                kind = "short"
            else:
                continue
            for cell in column:
                cell["class"] = [*cell.get("class", []), kind]


def _let_figures_scroll(page: BeautifulSoup) -> None:
    """Give each figure a box to scroll in: on a telephone it keeps the size at which its text can be read."""
    for image in page.select("main .outputs figure > img"):
        image.wrap(page.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))


def _list_contents(page: BeautifulSoup) -> None:
    """Title the page, give each heading the anchor JupyterLab gives it, and list all but the first."""
    headings = page.select("main :is(h1, h2, h3)")
    if not headings:
        raise ValueError("has no heading; begin it with a Markdown cell '# Title'")
    page.title.string = headings[0].get_text(" ", strip=True)
    taken: dict[str, int] = {}
    for heading in headings:
        anchor = re.sub(r"\s+", "-", heading.get_text().strip())
        taken[anchor] = taken.get(anchor, 0) + 1
        heading["id"] = anchor if taken[anchor] == 1 else f"{anchor}-{taken[anchor]}"
    for heading in headings[1:]:
        link = f'<a href="#{quote(heading["id"])}">{heading.decode_contents()}</a>'
        for contents in page.select("ol.here"):
            contents.append(BeautifulSoup(f'<li class="{heading.name}">{link}</li>', "html.parser"))


def _let_reach(page: BeautifulSoup) -> None:
    """Let the keyboard scroll what is too wide, and keep the notes out of the landmarks that a page is skimmed by."""
    for box in page.select("main :is(pre, .equation)"):
        box["tabindex"] = "0"
    for note in page.select("main aside"):
        note["role"] = "note"


def _shorten_paths(page: BeautifulSoup) -> None:
    """Leave the last part of each absolute path that a run wrote: the rest is this machine's business."""
    for box in page.select(".outputs, .parameters"):
        for text in box.find_all(string=ABSOLUTE_PATH):
            text.replace_with(ABSOLUTE_PATH.sub("…/", text))
        for tag in box.select("[alt], [title]"):
            for name in tag.attrs.keys() & {"alt", "title"}:
                tag[name] = ABSOLUTE_PATH.sub("…/", tag[name])


def _refuse_outside(page: BeautifulSoup) -> None:
    """Raise ValueError for anything that the browser would load, and for links to this machine's files."""
    for tag in page.find_all(True):
        loading = LOADING - {"href"} if tag.name in ("a", "area") else LOADING
        for name in tag.attrs.keys() & loading:
            if not tag[name].startswith(("data:", "#")):
                raise ValueError(f"<{tag.name} {name}={tag[name][:80]}> would load from outside; embed it")
        if found := OUTSIDE_CSS.search(tag.text if tag.name == "style" else tag.get("style", "")):
            raise ValueError(f"a style loads {found[0]}... from outside; embed it")
        if tag.name == "a" and tag.get("href", "").startswith(("file:", "/")):
            raise ValueError(f"the link {tag['href']} leads to a path of this machine; make it relative")
