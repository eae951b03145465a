"""What stands on the scorecard's first screen follows from the scorecard, and a line reads by itself."""

from __future__ import annotations

import pandas as pd
import pytest

from isfstudy.paper.claims import load_claims
from isfstudy.paper.headlines import (
    counts,
    definitions,
    in_short,
    numbers,
    reading,
    said_total,
    said_verdicts,
)
from isfstudy.paper.sections import ORDER, section
from isfstudy.paper.verdicts import MEANING

CLAIM = "They break. (Our reading: on scenes, by 0.1.)"


def test_a_claim_with_and_without_its_reading() -> None:
    assert (in_short(CLAIM), reading(CLAIM)) == ("They break.", "on scenes, by 0.1")
    assert (in_short("They break."), reading("They break.")) == ("They break.", "")


@pytest.mark.parametrize(
    ("hold", "said"),
    [
        ("0 of 2", "expected -0.1 or less, measured +0.026; 0 of 2 parts hold"),
        ("1 of 1", "expected -0.1 or less, measured +0.026"),
        ("0 of 1", "expected -0.1 or less, measured +0.026"),
    ],
)
def test_a_line_has_what_was_expected_and_what_was_measured(hold: str, said: str) -> None:
    row = {"asked": "-0.1 or less", "found": "+0.026", "hold": hold, "measured": "all of it", "verdict": "undecided"}
    assert numbers(row) == said
    few = "too little to tell: expected -0.1 or less, measured +0.026"
    assert numbers(row | {"verdict": "not testable here"}) == few, "what is too little has no parts that hold"


def test_a_line_without_numbers_says_why() -> None:
    assert numbers({"asked": "", "found": "", "hold": "", "measured": "no run of it"}) == "no run of it"


def test_counts_have_a_row_a_part_of_the_paper_and_a_column_a_word() -> None:
    card = pd.DataFrame({"section": [ORDER[1], ORDER[-1], ORDER[1]], "verdict": ["partly", "partly", "undecided"]})
    table = counts(card)
    assert list(table.columns) == list(MEANING) and list(table.index) == [ORDER[1], ORDER[-1]]
    assert table.loc[ORDER[1], ["partly", "undecided", "confirmed"]].to_list() == [1, 1, 0]


def test_totals_are_said_in_words() -> None:
    card = pd.DataFrame({"whose": ["paper", "ours", "paper"], "verdict": ["partly", "partly", "undecided"]})
    assert said_total(card) == "3 claims (2 of the paper, 0 of notes on it, 1 of this study)"
    assert said_verdicts(card) == "0 confirmed, 2 partly, 0 not confirmed, 1 undecided, 0 not testable here"


def test_every_claim_is_about_a_part_of_the_paper() -> None:
    found = {section(claim.get("whose", "paper"), claim["source"]) for claim in load_claims()}
    assert found <= set(ORDER) and len(found) == len(ORDER)
    assert section("paper", "Table 1, section 4.2.1") == "Table 1: fused images"
    assert section("notes", "Table 1") == "Notes on the paper"


def test_each_word_has_one_definition() -> None:
    assert len(definitions()) == len(MEANING) == 5 and definitions()[0].startswith("<b>confirmed:</b> every part")
