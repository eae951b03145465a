"""A scorecard in short: a line a claim that is readable by itself, and how many claims have which verdict."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from isfstudy.paper.sections import ORDER, OTHERS
from isfstudy.paper.verdicts import MEANING, NOT_TESTABLE


def in_short(claim: str) -> str:
    """A claim without our reading of it."""
    return claim.split(" (Our reading")[0]


def reading(claim: str) -> str:
    """How we read a claim; empty where it needs no reading."""
    return claim.partition(" (Our reading: ")[2].removesuffix(".)")


def numbers(row: Mapping[str, str]) -> str:
    """Of a row of a scorecard the two numbers that decide, expected and measured, and how many parts hold; or why there
    are none."""
    if not row["found"]:
        return row["measured"]
    said = f"expected {row['asked']}, measured {row['found']}"
    if row["verdict"] == NOT_TESTABLE:
        return f"too little to tell: {said}"
    return said if row["hold"].endswith("of 1") else f"{said}; {row['hold']} parts hold"


def counts(card: pd.DataFrame) -> pd.DataFrame:
    """How many claims have which verdict: a row a part of the paper, in order, a column a word of `MEANING`."""
    table = pd.crosstab(card["section"], card["verdict"])
    table = table.reindex(index=list(ORDER), columns=list(MEANING), fill_value=0)
    return table[table.sum(axis=1) > 0]


def said_total(card: pd.DataFrame) -> str:
    """How many claims there are, and whose, in words."""
    count = card["whose"].value_counts().reindex(["paper", *OTHERS], fill_value=0)
    return (
        f"{len(card)} claims ({count['paper']} of the paper, {count['notes']} of notes on it, "
        f"{count['ours']} of this study)"
    )


def said_verdicts(card: pd.DataFrame) -> str:
    """How many claims have which verdict, in words."""
    found = card["verdict"].value_counts()
    return ", ".join(f"{found.get(word, 0)} {word}" for word in MEANING)


def definitions() -> list[str]:
    """Each verdict's one definition, in HTML."""
    return [f"<b>{word}:</b> {meaning}." for word, meaning in MEANING.items()]
