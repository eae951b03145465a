"""The order in which a page is read: question, answer, evidence, method.

A notebook computes its answer last and begins with files and parameters. A reader wants the answer below the question,
then what it rests on, and how it was made only on demand; so the rendered page is put into that order here, and long
tables and lines of hashes are folded. Folds are `<details>` and rules of the style sheet: they need no script, nothing
in them is lost, and on paper they are open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from bs4 import BeautifulSoup, NavigableString, Tag

FOUND = "What we found"  # the heading under which notebooks answer
OPENING = "In this notebook we"  # what a list of steps is introduced with
ELSEWHERE = "at the top of this page"  # where a notebook has its parameters, and a page does not
METHOD = "How this page was made"
ROWS = 12  # of a table that are shown; the style sheet hides the others
LISTED = 1000  # characters of a paragraph in a box, from which on it is a list that nobody reads unasked
BEGUN = 120  # characters of it that are shown
ANSWERED = 1000  # characters of an answer that are shown, but always its first paragraph


def arrange(page: BeautifulSoup) -> None:
    """Put a page into order, in place; a page without a heading stays as it is."""
    question = page.select_one("main :is(h1, h2, h3)")
    if question is None:
        return
    method = _tag(f'<details class="made"><summary><h2>{METHOD}</h2></summary></details>')
    _move_opening(question, method)
    _move_code(page, question, method)
    _fold_answer(question, _answers(page))
    _fold_basis(page)
    _fold_lists(page)
    _fold_tables(page)
    for box in page.select("main .outputs"):
        if not box.find(True) and not box.get_text(strip=True):
            box.decompose()
    _drop_emptied(page)
    if len(method.find_all(recursive=False)) > 1:
        page.main.append(method)


def _tag(text: str) -> Tag:
    return BeautifulSoup(text, "html.parser").find(True).extract()


def _answers(page: BeautifulSoup) -> list[Tag]:
    """The callouts that answer: those under `FOUND`, or else the first of the page."""
    callouts = page.select("main .outputs .callout")
    found = [callout for callout in callouts if _section(callout) == FOUND]
    return found or callouts[:1]


def _section(tag: Tag) -> str:
    heading = tag.find_previous(["h1", "h2"])
    return heading.get_text(" ", strip=True) if heading else ""


def _fold_answer(question: Tag, callouts: list[Tag]) -> None:
    """Move the answer below the question; what goes beyond a screen is folded in it."""
    if not callouts:
        return
    caution = " caution" if any("caution" in callout["class"] for callout in callouts) else ""
    box = _tag(f'<section class="answer{caution}" aria-label="Answer"><h2>Answer</h2></section>')
    question.insert_after(box)
    lines = [line for callout in callouts for line in callout.find_all(recursive=False)]
    shown, length = 0, 0
    while shown < len(lines) and (not shown or length + len(lines[shown].get_text()) <= ANSWERED):
        length += len(lines[shown].get_text())
        shown += 1
    rest = lines[shown:]
    box.extend(line.extract() for line in lines[:shown])
    if rest:
        words = "one more sentence" if len(rest) == 1 else f"{len(rest)} more points"
        more = _tag(f'<details class="more"><summary>{words}</summary></details>')
        more.extend(line.extract() for line in rest)
        box.append(more)
    for callout in callouts:
        callout.decompose()


def _fold_basis(page: BeautifulSoup) -> None:
    """Fold the notes before the first section, on data and networks. Cautions stay open."""
    first = page.select_one("main .text > h2")
    for note in page.select("main .outputs > .callout:not(.caution)"):
        if first is not None and note.find_next("h2") is first:
            note.wrap(_tag('<details class="basis"><summary>data and networks of this page</summary></details>'))


def _fold_lists(page: BeautifulSoup) -> None:
    """Fold paragraphs in boxes that go on and on, such as every image that a method lacks."""
    for paragraph in page.select("main .callout p"):
        text = paragraph.get_text()
        if len(text) > LISTED:
            begun = text[:BEGUN].rsplit(" ", 1)[0]
            paragraph.wrap(_tag('<details class="more"></details>')).insert(
                0, _tag(f"<summary>{escape(begun)} …</summary>")
            )


def _move_opening(question: Tag, method: Tag) -> None:
    """Move the lists of files and of steps in a notebook's first cell to the method."""
    files = question.find_next_sibling()
    if files is not None and files.name == "ul":
        method.append(files.extract())
    for text in question.find_next_siblings("p"):
        steps = text.find_next_sibling()
        if text.get_text().rstrip().endswith(OPENING) and steps is not None and steps.name == "ul":
            last = text.find_all(string=True)[-1]
            last.replace_with(last.rstrip().removesuffix(OPENING).rstrip())
            if not text.get_text(strip=True):
                text.decompose()
            method.extend([_tag(f"<p>{OPENING}</p>"), steps.extract()])


def _move_code(page: BeautifulSoup, question: Tag, method: Tag) -> None:
    """Move parameters, code, messages and sources to the method; lead from each result to the code that made it."""
    cells, names, number = _tag('<div class="cells"></div>'), [], 0
    for child in list(page.main.find_all(recursive=False)):
        kinds = child.get("class", [])
        if "parameters" in kinds:
            method.append(child.extract())
        elif "code" in kinds:
            number += 1
            child["id"], heading = f"code-{number}", child.find_previous(["h1", "h2", "h3"])
            below = f" · {heading.get_text(' ', strip=True)}" if heading not in (None, question) else ""
            child.summary.string = f"{child.summary.get_text()} {number}{below}"
            cells.append(child.extract())
        elif "outputs" in kinds:
            names += [sources.extract() for sources in child.select("details.sources")]
            for text in [text for found in names for text in found.find_all(string=re.compile(ELSEWHERE))]:
                text.replace_with(text.replace(ELSEWHERE, "above"))
            cells.extend(messages.extract() for messages in child.select("details.messages"))
            for line in child.select("small.provenance"):
                line.replace_with(_folded_source(line, number))
    method.extend(names)
    if cells.contents:
        method.append(cells)


def _folded_source(line: Tag, number: int) -> Tag:
    """A line of provenance, folded: the files, linked, then what they were made from, and by which cell."""
    files, *facts = line.get_text().split(" · ")
    folded = _tag('<details class="provenance"><summary>source</summary><ul></ul></details>')
    entries = [_linked(files), *(NavigableString(fact) for fact in facts)]
    entries += [_tag(f'<a href="#code-{number}">the code</a>')] if number else []
    for entry in entries:
        item = _tag("<li></li>")
        item.append(entry)
        folded.ul.append(item)
    return folded


def _linked(files: str) -> Tag | NavigableString:
    """`figures/a.png, .svg` as links to both files beside the page; other words as they are."""
    first, *others = files.split(", ")
    if "/" not in first:
        return NavigableString(files)
    links = _tag("<span></span>")
    stem = first.rpartition(".")[0]
    for place, (name, href) in enumerate([(first, first), *((kind, stem + kind) for kind in others)]):
        link = _tag("<a></a>")
        link["href"], link.string = href, name
        links.extend([", ", link] if place else [link])
    return links


def _fold_tables(page: BeautifulSoup) -> None:
    """Say how many rows a long table has, in a fold that shows them all. A row that spans others keeps it open."""
    for body in page.select("main .outputs tbody"):
        rows = body.find_all("tr", recursive=False)
        if len(rows) > ROWS and not body.select("[rowspan]"):
            box = body.find_parent("div", class_="scroll")
            box["class"].append("long")
            closed, opened = f"show all {len(rows)} rows", f"show the first {ROWS} rows"
            summary = f'<summary><span class="closed">{closed}</span><span class="opened">{opened}</span></summary>'
            box.insert_after(_tag(f'<details class="rows">{summary}</details>'))


def _drop_emptied(page: BeautifulSoup) -> None:
    """Take away the heading `FOUND` where nothing stands under it any more."""
    for heading in page.select("main .text > h2"):
        if heading.get_text(" ", strip=True) == FOUND and next(_below(heading), None) is None:
            text = heading.parent
            heading.decompose()
            if not text.get_text(strip=True):
                text.decompose()


def _below(heading: Tag) -> Iterator[Tag]:
    """What stands under a heading, up to the next one of its rank or the page's end."""
    for tag in [*heading.find_next_siblings(), *heading.parent.find_next_siblings()]:
        if tag.name in ("h1", "h2") or tag.select_one(":is(h1, h2)"):
            return
        yield tag
