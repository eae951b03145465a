"""The study on one page, and its deviations: all that is asked for, in order, and every number from a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from isfstudy.paper.claims import load_claims
from isfstudy.paper.filled import LACKS, NOT_SO, load_sentences
from isfstudy.paper.scorecard import scorecard
from isfstudy.paper.summary import CLAIMS_TESTED, answers, deviations, one_page
from isfstudy.places import DEVIATIONS, SUMMARY, repository

PUBLISHED = repository() / "results" / "published" / "real"
PARTS = ["Scope", CLAIMS_TESTED, "Methods", "Results", "What was easy", "What was hard"]
PARTS += ["Questions that only the authors can answer"]


def test_it_has_the_parts_of_a_reproducibility_report(tmp_path: Path) -> None:
    sentences, _ = one_page(tmp_path, scorecard(tmp_path))
    assert list(dict.fromkeys(part for part, _ in sentences)) == PARTS
    written = load_sentences(repository() / SUMMARY, ("part", "says"))
    asked = " ".join(each["says"] for each in written if each["part"] == PARTS[-1])
    assert all(word in asked for word in ("exchanged", "Table 2", "FLIR", "3,350"))


def test_what_a_reader_asks_first_is_answered_in_order(tmp_path: Path) -> None:
    asked = [answer.asked for answer in answers(tmp_path)]
    assert len(asked) == 7 and all(question.endswith("?") for question in asked)
    words = ("TNO row", "ahead of its rivals", "my own images", "fed", "interventions do", "losses add", "detector")
    assert all(word in question for word, question in zip(words, asked, strict=True))
    assert {answer.claim for answer in answers(tmp_path)} <= {claim["id"] for claim in load_claims()}


def test_without_results_no_sentence_claims_any(tmp_path: Path) -> None:
    sentences, numbers = one_page(tmp_path, scorecard(tmp_path))
    assert all(LACKS in text for part, text in sentences if part == "Results")
    assert numbers["value"].isna().all() or (numbers["value"].dropna() == 0).all()


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="needs the published results")
def test_of_the_published_run_every_sentence_is_filled_and_holds() -> None:
    card = pd.read_csv(PUBLISHED / "10_scorecard" / "tables" / "scorecard.csv", keep_default_na=False)
    sentences, numbers = one_page(PUBLISHED, card)
    rows, effects = deviations(PUBLISHED)
    for text in [*(text for _, text in sentences), *rows["effect"]]:
        assert LACKS not in text and NOT_SO not in text, text
    assert len(numbers) > 30 and len(effects) > 10


def test_a_deviation_says_who_does_what(tmp_path: Path) -> None:
    rows, _ = deviations(tmp_path)
    assert list(rows.columns) == ["what", "paper", "script", "ours", "effect"] and len(rows) >= 12
    assert rows.notna().all(axis=None) and rows["what"].is_unique
    known = load_sentences(repository() / DEVIATIONS, ("what",))
    assert all("not measured" in each["says"] or "page" in each["says"] or "numbers" in each for each in known)
