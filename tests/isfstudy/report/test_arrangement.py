"""A page is read as question, answer, evidence, method, whatever order its notebook computed them in."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from bs4 import BeautifulSoup

from isfstudy.report.arrangement import ANSWERED, ROWS, arrange
from isfstudy.report.results import callout

OPENING = """<div class="text"><h1>05 · Does it harm?</h1>
<ul><li><strong>In:</strong> 01</li><li><strong>Out:</strong> tables/a.csv</li></ul>
<p>Some say so. In this notebook we</p><ul><li>measure;</li></ul><p>More in notebook 06.</p></div>"""
PARAMETERS = '<section class="parameters"><p>Parameters of this run</p><pre>seed = 0</pre></section>'
FOUND = '<div class="text"><h2>What we found</h2></div>'
LINE = '<small class="provenance">figures/a.png, .svg · commit 1a2b · TNO test: 8 pairs</small>'


def cell(outputs: str = "", code: str = "1") -> str:
    """A code cell as the template writes it."""
    return f'<details class="code"><summary>code</summary>{code}</details><div class="outputs">{outputs}</div>'


def said(*lines: str, kind: str = "note") -> str:
    return callout(*lines, kind=kind).data


def arranged(*parts: str) -> BeautifulSoup:
    page = BeautifulSoup(f"<main>{''.join(parts)}</main>", "html.parser")
    arrange(page)
    return page


def order(page: BeautifulSoup) -> list[str]:
    return [heading.get_text() for heading in page.select("h1, h2, h3")]


def table(rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<figure><div class="scroll"><table><tbody>{body}</tbody></table></div></figure>'


def test_the_answer_stands_below_the_question_and_its_emptied_heading_goes():
    section = '<div class="text"><h2>Doses</h2></div>'
    page = arranged(OPENING, cell(said("Data: 8")), section, cell(said("A note.")), FOUND, cell(said("It does.")))
    assert order(page) == ["05 · Does it harm?", "Answer", "Doses", "How this page was made"]
    assert page.h1.find_next_sibling() is page.select_one("section.answer")
    assert page.select_one(".answer p").text == "It does." and str(page).count("It does.") == 1
    assert page.select_one(".outputs .callout p").text == "Data: 8"
    assert [note.text for note in page.select(".callout")] == ["Data: 8", "A note."]


def test_all_callouts_below_what_we_found_answer_and_a_table_there_keeps_the_heading():
    below = [FOUND, cell(said("One.")), cell(table(["<td>1</td>"]) + said("Two.", kind="caution"))]
    page = arranged(OPENING, cell(said("Data")), *below)
    assert [line.text for line in page.select(".answer p")] == ["One.", "Two."]
    assert "caution" in page.select_one(".answer")["class"]
    assert "What we found" in order(page) and page.table


def test_without_that_heading_the_first_callout_answers():
    page = arranged(OPENING, cell(said("No.")), '<div class="text"><h2>Doses</h2></div>', cell(said("A note.")))
    assert page.select_one(".answer p").text == "No."
    assert [note.text for note in page.select(".callout")] == ["A note."]


def test_a_page_without_callouts_or_headings_has_no_answer():
    assert not arranged(OPENING, cell("<p>1</p>")).select(".answer")
    assert str(arranged(cell("<p>1</p>")).main).count("<h") == 0


def test_what_goes_beyond_a_screen_is_folded_and_kept():
    long = ["a" * (ANSWERED // 2), "b" * (ANSWERED // 2), "c", "d"]
    box = arranged(OPENING, cell(said(*long))).select_one(".answer")
    assert [line.text for line in box.find_all("p", recursive=False)] == long[:2]
    assert box.details.summary.text == "2 more points" and "open" not in box.details.attrs
    assert [line.text for line in box.select("details p")] == long[2:]
    alone = arranged(OPENING, cell(said("a" * 2 * ANSWERED))).select_one(".answer")
    assert not alone.details, "the first paragraph is always shown"


def test_files_steps_parameters_and_code_close_the_page():
    sources = '<details class="sources"><summary>s</summary><p>the parameters at the top of this page</p></details>'
    messages = '<details class="messages"><summary>warnings</summary></details>'
    page = arranged(OPENING, cell(), PARAMETERS, cell(messages + said("No.")), cell(sources))
    made = page.main.find_all(recursive=False)[-1]
    assert made["class"] == ["made"] and "open" not in made.attrs
    assert [item.text for item in made.select("ul > li")] == ["In: 01", "Out: tables/a.csv", "measure;"]
    assert "In this notebook we" not in page.main.find(class_="text").text
    assert [text.text for text in page.select(".text > p")] == ["Some say so.", "More in notebook 06."]
    assert made.select_one(".parameters") and made.select_one(".cells .messages")
    assert made.select_one(".sources p").text == "the parameters above"
    assert [code["id"] for code in made.select("details.code")] == ["code-1", "code-2", "code-3"]
    assert not page.select(".outputs"), "nothing empty stays behind"


def test_code_says_under_which_heading_it_stood():
    page = arranged(OPENING, cell(), '<div class="text"><h2>Doses</h2></div>', cell("<p>1</p>"))
    assert [summary.text for summary in page.select(".code > summary")] == ["code 1", "code 2 · Doses"]


def test_a_line_of_hashes_is_folded_and_leads_to_files_and_code():
    page = arranged(OPENING, cell(), cell(f"<figure><figcaption>It. {LINE}</figcaption></figure>"))
    fold = page.select_one("details.provenance")
    assert fold.summary.text == "source" and not page.select("small.provenance")
    links = [(link.text, link["href"]) for link in fold.select("a")]
    assert links == [("figures/a.png", "figures/a.png"), (".svg", "figures/a.svg"), ("the code", "#code-2")]
    assert [item.text for item in fold.select("li")][1:3] == ["commit 1a2b", "TNO test: 8 pairs"]
    view = LINE.replace("figures/a.png, .svg", "a view of the page")
    assert [link.text for link in arranged(OPENING, cell(view)).select(".provenance a")] == ["the code"]


def test_notes_on_data_are_folded_and_cautions_are_not():
    parts = (cell(said("Data.") + said("Reduced.", kind="caution")), '<div class="text"><h2>Doses</h2></div>')
    page = arranged(OPENING, *parts, cell(said("Elsewhere.")), FOUND, cell(said("No.")))
    assert [note.text for note in page.select(".basis .callout")] == ["Data."]
    assert not page.select_one(".caution").find_parent("details")


@pytest.mark.parametrize("count, folded", [(ROWS, False), (ROWS + 1, True), (45, True)])
def test_long_tables_keep_all_rows_and_say_how_many(count: int, folded: bool):
    page = arranged(OPENING, cell(table(f"<td>{row}</td>" for row in range(count))))
    assert len(page.select("tr")) == count
    assert [fold.select_one(".closed").text for fold in page.select(".rows")] == [f"show all {count} rows"] * folded
    assert [box["class"] for box in page.select(".scroll")] == [["scroll", "long"] if folded else ["scroll"]]
    spanned = arranged(OPENING, cell(table([f'<td rowspan="{count}">a</td>', *["<td>b</td>"] * (count - 1)])))
    assert not spanned.select(".rows"), "a row that spans others would lose them"


def test_a_paragraph_that_goes_on_and_on_is_folded_behind_its_beginning():
    listed = "Not scored: " + "; ".join(f"image {number} <is> missing" for number in range(60)).replace("<is>", "is")
    page = arranged(
        OPENING, cell(said("Data: 8")), '<div class="text"><h2>Doses</h2></div>', cell(said(listed, "Short."))
    )
    fold = page.select_one("details.more")
    assert (
        fold.summary.get_text().startswith("Not scored: image 0 is missing; image 1") and len(fold.summary.text) < 130
    )
    assert listed in fold.p.get_text() and fold.find_next_sibling("p").get_text() == "Short."
