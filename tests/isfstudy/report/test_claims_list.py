"""A claim is a line that reads by itself, and opens to how it was decided."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup

from isfstudy.paper.evidence import KINDS
from isfstudy.paper.scorecard import scorecard
from isfstudy.paper.sections import ORDER
from isfstudy.paper.summary import Answer
from isfstudy.report.claims_list import TESTS, by_section, first_screen, folded, meanings, one_page
from isfstudy.report.results import callout

ANSWER = Answer("Do they?", "spurious-correlations", "No, by <5>.")


def card(study: Path) -> pd.DataFrame:
    """A scorecard without results, but for one claim."""
    table = scorecard(study)
    row = table["id"] == "spurious-correlations"
    table.loc[row, ["verdict", "asked", "found", "hold", "coverage", "power", "where"]] = [
        "not confirmed",
        "-0.1 or less",
        "+0.026 <x>",
        "0 of 2",
        "7 seeds",
        "7 seeds, to within 0.064",
        "14_spurious_shift/tables/contrasts.csv",
    ]
    return table


def read(html) -> BeautifulSoup:
    return BeautifulSoup(html.data, "html.parser")


def test_every_claim_is_a_line_with_its_two_numbers(tmp_path: Path):
    table = card(tmp_path)
    shown = read(by_section(table))
    assert len(shown.select("details.claim")) == len(table)
    first = shown.select_one("details.claim")
    line = " ".join(first.summary.text.split())
    assert line == (
        "✕ not confirmed Interventions break spurious correlations. "
        "expected -0.1 or less, measured +0.026 <x>; 0 of 2 parts hold"
    )
    assert not shown.select("details[open]")
    assert [heading.text for heading in shown.select("h3")] == list(ORDER)


def test_a_line_opens_to_reading_test_power_coverage_and_file(tmp_path: Path):
    first = read(by_section(card(tmp_path))).select_one("details.claim dl")
    entries = {entry.dt.text: entry.dd.text for entry in first.select("div")}
    assert entries["Our reading"].startswith("on scenes whose visible cue")
    assert (entries["Rests on"], entries["Covers"]) == ("7 seeds, to within 0.064", "7 seeds")
    assert entries["Test"] == TESTS["effect"] and entries["Experiment"] == "spurious_shift"
    assert first.a["href"] == "../14_spurious_shift/report.html"


def test_every_kind_of_test_has_its_words():
    assert set(TESTS) == {*KINDS, "none"}


def test_the_first_screen_is_one_box_that_is_not_folded(tmp_path: Path):
    box = read(first_screen(card(tmp_path), [ANSWER])).select_one("aside.callout")
    assert len(box.find_all(recursive=False)) == 1, "arrangement folds what follows"
    assert box.p.text == (
        f"Of {len(card(tmp_path))} claims: 0 confirmed, 0 partly, 1 not confirmed, 0 undecided, "
        f"{len(card(tmp_path)) - 1} not testable here."
    )
    (line,) = box.select(".said li")
    assert " ".join(line.text.split()) == "✕ not confirmed Do they? No, by <5>. page 14"
    assert line.a["href"] == "../14_spurious_shift/report.html"


def test_one_page_has_a_heading_a_part():
    page = read(one_page([("Scope", "a < b"), ("Results", "c"), ("Results", "d")]))
    assert [(tag.name, tag.text) for tag in page.find_all(True)] == [
        ("h3", "Scope"), ("p", "a < b"), ("h3", "Results"), ("p", "c"), ("p", "d")
    ]  # fmt: skip


def test_what_is_there_on_demand_is_folded():
    assert read(folded("a & b", callout("x"))).details.summary.text == "a & b"
    assert "confirmed" in read(meanings()).details.p.text
