"""One rule for all verdicts: what each word takes, and that nothing found is no support."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isfstudy.paper.verdicts import (
    CONTRADICTS,
    DIRECTIONS,
    MEANING,
    SUPPORTS,
    UNDECIDED,
    Part,
    decided,
    deciding,
    direction,
    in_words,
    verdict,
)
from isfstudy.report.results import VERDICTS

PARTS = st.lists(st.sampled_from(DIRECTIONS), max_size=6).map(lambda ways: [Part("x", way) for way in ways])


def parts(*ways: str) -> list[Part]:
    return [Part(f"part {number}", way) for number, way in enumerate(ways)]


@pytest.mark.parametrize(
    ("ways", "whole", "enough", "word"),
    [
        ((SUPPORTS, SUPPORTS), True, True, "confirmed"),
        ((SUPPORTS, SUPPORTS), False, True, "partly"),
        ((SUPPORTS, SUPPORTS), True, False, "not testable here"),
        ((SUPPORTS, CONTRADICTS), True, True, "partly"),
        ((SUPPORTS, UNDECIDED), True, True, "partly"),
        ((CONTRADICTS, UNDECIDED), True, True, "not confirmed"),
        ((CONTRADICTS,), False, True, "not confirmed"),
        ((UNDECIDED, UNDECIDED), True, True, "undecided"),
        ((), True, True, "not testable here"),
    ],
)
def test_every_word(ways: tuple[str, ...], whole: bool, enough: bool, word: str) -> None:
    assert verdict(parts(*ways), whole=whole, enough=enough) == word


@given(PARTS, st.booleans(), st.booleans())
def test_a_word_follows_from_direction_and_coverage(found: list[Part], whole: bool, enough: bool) -> None:
    word = verdict(found, whole=whole, enough=enough)
    assert word in MEANING
    if word == "confirmed":
        assert direction(found) == SUPPORTS and whole and enough
    if word == "not confirmed":
        assert direction(found) == CONTRADICTS
    if found and enough and all(part.direction == UNDECIDED for part in found):
        assert word == "undecided", "failing to reject is no confirmation, and no refutation"


@given(PARTS, st.booleans())
def test_one_more_contradiction_never_makes_a_verdict_kinder(found: list[Part], whole: bool) -> None:
    order = ["not confirmed", "undecided", "partly", "confirmed"]
    before, after = (verdict(each, whole=whole) for each in (found, [*found, Part("x", CONTRADICTS)]))
    assert before == "not testable here" or order.index(after) <= order.index(before)


@pytest.mark.parametrize(
    ("ways", "whole_claim"),
    [
        ((SUPPORTS, SUPPORTS), SUPPORTS),
        ((SUPPORTS, CONTRADICTS), CONTRADICTS),
        ((SUPPORTS, UNDECIDED), UNDECIDED),
        ((), UNDECIDED),
    ],
)
def test_a_claim_is_contradicted_by_one_part_and_supported_by_all(ways: tuple[str, ...], whole_claim: str) -> None:
    assert direction(parts(*ways)) == whole_claim


@pytest.mark.parametrize(
    ("low", "high", "expected", "matters", "way"),
    [
        (0.1, 0.3, 1, 0, SUPPORTS),
        (-0.3, -0.1, 1, 0, CONTRADICTS),
        (-0.1, 0.3, 1, 0, UNDECIDED),
        (-0.3, -0.1, -1, 0.1, SUPPORTS),
        (-0.3, -0.05, -1, 0.1, UNDECIDED),
        (-0.05, 0.05, -1, 0.1, CONTRADICTS),  # real or not, it is too small to be what was claimed
        (0.0, 0.0, 1, 0, UNDECIDED),
        (math.nan, math.nan, 1, 0, UNDECIDED),
    ],
)
def test_an_interval_decides(low: float, high: float, expected: int, matters: float, way: str) -> None:
    assert decided(low, high, expected=expected, matters=matters) == way


def test_counts_are_said_in_words_with_the_numbers() -> None:
    found = [Part("AG 5.1", SUPPORTS), Part("SF 4", CONTRADICTS), Part("CC 1", SUPPORTS)]
    assert in_words(found) == "2 of 3 parts supported: AG 5.1, CC 1; 1 contradicted: SF 4"
    assert in_words(found[:1]) == "supported: AG 5.1"
    many = in_words([Part(str(number), UNDECIDED) for number in range(7)])
    assert many == "7 of 7 parts undecided: 0, 1, 2, 3, 4 and 2 more"


def test_the_part_that_decides_is_the_one_against() -> None:
    assert deciding(parts(SUPPORTS, UNDECIDED, CONTRADICTS, CONTRADICTS)).says == "part 2"
    assert deciding(parts(SUPPORTS, UNDECIDED)).says == "part 1" and deciding(parts(SUPPORTS)).says == "part 0"


def test_every_word_can_be_shown() -> None:
    assert list(VERDICTS) == list(MEANING)
