"""What a reader wants first of a scorecard: the central claim, the simple baselines, the exchange, what a detector
shows."""

from __future__ import annotations

from html import escape

import pandas as pd

from isfstudy.paper.claims import WHOSE
from isfstudy.paper.verdicts import MEANING, NOT_TESTABLE

FIRST = {  # what a sentence is about, and the claims that it is made of
    "Spurious correlations, the central claim": ["spurious-correlations", "spurious-learned", "spurious-rival"],
    "A pyramid of 1983 and the plain average": ["ours-pyramid-loss", "ours-pyramid-quality", "ours-average"],
    "Fed the other way round": ["ours-exchanged", "ours-exchange-costs"],
    "A detector": ["table3-elsewhere", "ours-detector-simple"],
    "Interventions at an equal dose": ["figure6-complementary"],
}


def headlines(card: pd.DataFrame) -> list[str]:
    """A sentence for each of `FIRST`, in HTML: claim, verdict, what was measured and on how much.

    Args:
        card: from `isfstudy.paper.scorecard.scorecard`.
    """
    rows = card.set_index("id")
    return [
        f"<b>{subject}.</b> " + " ".join(_said(rows.loc[name]) for name in names if name in rows.index)
        for subject, names in FIRST.items()
    ]


def _said(row: pd.Series) -> str:
    claim = row["claim"].split(" (Our reading")[0].rstrip(".")
    if row["verdict"] == NOT_TESTABLE:
        return f"{escape(claim)}: <i>not testable here</i>."
    return f"{escape(claim)}: <i>{row['verdict']}</i>. {escape(row['measured'])} ({escape(row['coverage'])})."


def counts(card: pd.DataFrame) -> pd.DataFrame:
    """How many claims have which verdict: a row a claimant, a column a word of `MEANING`."""
    table = pd.crosstab(card["whose"], card["verdict"]).reindex(index=list(WHOSE), columns=list(MEANING), fill_value=0)
    return table[table.sum(axis=1) > 0]


def definitions() -> list[str]:
    """Each verdict's one definition, in HTML."""
    return [f"<b>{word}:</b> {meaning}." for word, meaning in MEANING.items()]
