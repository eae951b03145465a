"""Sentences with numbers from files: what is there, what is not, and what the numbers contradict."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from isfstudy.paper.evidence import ClaimError
from isfstudy.paper.filled import LACKS, NOT_SO, filled, load_sentences

FILE = "03_comparison/tables/table1.csv"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir(parents=True)
    rows = [("TNO", "a", 1.25), ("TNO", "b", 0.5), ("MSRS", "a", 4.0)]
    pd.DataFrame(rows, columns=["dataset", "method", "AG"]).to_csv(tmp_path / FILE, index=False)
    return tmp_path


def number(**more) -> dict:
    return {"file": FILE, "column": "AG", "where": {"dataset": "TNO", "method": "a"}} | more


def test_a_number_is_read_where_it_stands_and_formatted(study: Path) -> None:
    found = filled({"says": "AG {x}.", "numbers": {"x": number()}}, study)
    assert found.text == "AG 1.250."
    assert found.numbers.to_dict("records") == [{"name": "x", "value": 1.25, "file": FILE, "column": "AG"}]
    assert filled({"says": "No number."}, study).text == "No number."


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"as": "+.1f"}, "+1.2"),
        ({"less": {"dataset": "TNO", "method": "b"}}, "0.750"),
        ({"take": "count", "where": {"dataset": "TNO"}, "as": ".0f"}, "2"),
        ({"take": "mean", "where": {"method": ["a"]}}, "2.625"),
        ({"take": "sum", "where": {"dataset": ["TNO"]}}, "1.750"),
        ({"take": "max", "where": {}}, "4.000"),
    ],
)
def test_several_ways_to_take_a_number(study: Path, more: dict, text: str) -> None:
    assert filled({"says": "{x}", "numbers": {"x": number(**more)}}, study).text == text


@pytest.mark.parametrize(
    "more", [{"file": "04/none.csv"}, {"column": "SF"}, {"where": {"method": "c"}}, {"less": {"method": "c"}}]
)
def test_what_a_run_lacks_is_said_and_not_made_up(study: Path, more: dict) -> None:
    found = filled({"says": "AG {x}.", "numbers": {"x": number(**more)}, "so": "x > 0"}, study)
    assert found.text == f"{LACKS} it needs {more.get('file', FILE)}."


def test_words_that_the_numbers_contradict_are_marked(study: Path) -> None:
    sentence = {"says": "a is above b.", "numbers": {"a": number(), "b": number(where={"method": "b"})}, "so": "a > b"}
    assert filled(sentence, study).text == "a is above b."
    assert filled(sentence | {"so": "a < b and a > 0"}, study).text == f"{NOT_SO} a is above b."


def test_several_rows_need_to_be_told_what_to_take(study: Path) -> None:
    with pytest.raises(ClaimError, match="2 rows"):
        filled({"says": "{x}", "numbers": {"x": number(where={"method": "a"})}}, study)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {says: x}", "lacks part"),
        ("- {part: p, says: '{y}'}", "has no number 'y'"),
        ("- {part: p, says: x, numbers: {z: {file: a}}}", "does not use z"),
    ],
)
def test_a_sentence_that_cannot_be_filled_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(ClaimError, match=message):
        load_sentences(tmp_path / "s.yaml", ("part", "says"))
