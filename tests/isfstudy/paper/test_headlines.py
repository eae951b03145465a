"""What stands on the scorecard's first screen follows from the scorecard."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from isfstudy.paper.claims import load_claims
from isfstudy.paper.headlines import FIRST, counts, definitions, headlines
from isfstudy.paper.scorecard import scorecard
from isfstudy.paper.verdicts import MEANING


def test_every_headline_is_made_of_claims_that_exist() -> None:
    assert {name for names in FIRST.values() for name in names} <= {claim["id"] for claim in load_claims()}
    assert next(iter(FIRST.values()))[0] == load_claims()[0]["id"], "the central claim first"


def test_headlines_say_verdict_numbers_and_coverage(tmp_path: Path) -> None:
    card = scorecard(tmp_path)
    assert len(headlines(card)) == len(FIRST) and "not testable here" in headlines(card)[0]
    card.loc[card["id"] == "ours-average", ["verdict", "measured", "coverage"]] = [
        "partly",
        "TNO PSNR +2.15 dB",
        "40 < 41",
    ]
    said = headlines(card)[1]
    assert "<i>partly</i>. TNO PSNR +2.15 dB (40 &lt; 41)." in said


def test_counts_have_a_row_a_claimant_and_a_column_a_word() -> None:
    card = pd.DataFrame({"whose": ["paper", "ours", "paper"], "verdict": ["partly", "partly", "undecided"]})
    table = counts(card)
    assert list(table.columns) == list(MEANING) and list(table.index) == ["paper", "ours"]
    assert table.loc["paper", ["partly", "undecided", "confirmed"]].to_list() == [1, 1, 0]


def test_each_word_has_one_definition() -> None:
    assert len(definitions()) == len(MEANING) == 5 and definitions()[0].startswith("<b>confirmed:</b> every part")
