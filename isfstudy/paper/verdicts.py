"""What a verdict is: a direction, a power and a coverage, and from them one word by one rule for all claims.

A claim has parts: a metric on a set, a rival, an intervention. Each part is decided by itself where it is measured, and
is undecided where the measurement could not tell; that nothing was found against a part is no support for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SUPPORTS, CONTRADICTS, UNDECIDED = DIRECTIONS = ("supports", "contradicts", "undecided")
CONFIRMED, PARTLY, NOT_CONFIRMED, OPEN, NOT_TESTABLE = (
    "confirmed",
    "partly",
    "not confirmed",
    "undecided",
    "not testable here",
)
MEANING = {  # the one definition of each word, in the order in which they are shown
    CONFIRMED: "every part of the claim is supported, on all that the claim is about",
    PARTLY: "some part is supported, and not all: others are contradicted or undecided, or all are supported, but on "
    "less than the claim is about",
    NOT_CONFIRMED: "no part is supported, and at least one is contradicted",
    OPEN: "no part is supported and none contradicted: what was measured could not tell",
    NOT_TESTABLE: "the experiment, the data or the weights are missing, or there is too little of them: less than a "
    "fifth of the pairs, fewer than all of them where printed digits are compared, or networks trained for less than "
    "the claim is about",
}
SAMPLE = 0.2  # the least share of the pairs that a claim is about from which anything is concluded
LEVEL = 0.05  # of tests; intervals cover the rest
SHOWN = 5  # parts of one direction that a sentence names


class Part(NamedTuple):
    """One thing that a claim says: its numbers in words, which way they decide, what would have supported it, and what
    was found, where the words say more."""

    says: str
    direction: str
    asked: str = ""
    found: str = ""


class Coverage(NamedTuple):
    """How much of what a claim is about was measured: in words, whether that is all, and whether it is enough."""

    says: str
    whole: bool
    enough: bool


def direction(parts: Sequence[Part]) -> str:
    """Of a claim: contradicted by any part, supported by all of them, else undecided."""
    found = {part.direction for part in parts}
    return CONTRADICTS if CONTRADICTS in found else SUPPORTS if found == {SUPPORTS} else UNDECIDED


def deciding(parts: Sequence[Part]) -> Part:
    """The part to name where there is room for one: the first that contradicts, else that is undecided, else supports.

    Raises:
        StopIteration: when there is no part.
    """
    return next(part for way in (CONTRADICTS, UNDECIDED, SUPPORTS) for part in parts if part.direction == way)


def verdict(parts: Sequence[Part], *, whole: bool = True, enough: bool = True) -> str:
    """The word that `MEANING` defines.

    Args:
        parts: of the claim, as far as they were measured.
        whole: all that the claim is about was measured.
        enough: what was measured is enough to conclude anything.
    """
    found = {part.direction for part in parts}
    if not (parts and enough):
        return NOT_TESTABLE
    if SUPPORTS not in found:
        return NOT_CONFIRMED if CONTRADICTS in found else OPEN
    return CONFIRMED if found == {SUPPORTS} and whole else PARTLY


def decided(low: float, high: float, *, expected: int, matters: float = 0.0) -> str:
    """The direction of an effect that is expected to be positive (1) or negative (-1) and at least `matters`.

    It supports where the whole interval lies at or beyond `matters`, and excludes zero; contradicts where the whole
    interval lies short of it; NaN limits are undecided.
    """
    low, high = sorted((expected * low, expected * high))
    if low >= matters and low > 0:
        return SUPPORTS
    return CONTRADICTS if high < matters else UNDECIDED


def in_words(parts: Sequence[Part]) -> str:
    """What was measured, in a sentence: how many parts go which way, and the numbers of each kind, a few of them.

    `2 of 3 parts supported: AG 5.1, SF 4.2; 1 contradicted: CC 0.3`; a single part is said without the count.
    """
    names = {SUPPORTS: "supported", CONTRADICTS: "contradicted", UNDECIDED: "undecided"}
    groups = {way: [part.says for part in parts if part.direction == way] for way in DIRECTIONS}
    said = []
    for way, each in groups.items():
        if each:
            count = f"{len(each)} " if said else f"{len(each)} of {len(parts)} parts "
            more = f" and {len(each) - SHOWN} more" if len(each) > SHOWN else ""
            said.append(f"{count if len(parts) > 1 else ''}{names[way]}: {', '.join(each[:SHOWN])}{more}")
    return "; ".join(said)
