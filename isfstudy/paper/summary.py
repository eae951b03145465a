"""The study on one page, and where it, the paper and the released script differ, with numbers from a run's files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from isfstudy.paper.filled import filled, load_sentences
from isfstudy.paper.headlines import said_total, said_verdicts
from isfstudy.places import DEVIATIONS, SUMMARY, repository

CLAIMS_TESTED = "Claims tested"
KINDS = ("paper", "script", "ours")  # whose ways a deviation has side by side


def one_page(study: Path, card: pd.DataFrame) -> tuple[list[tuple[str, str]], pd.DataFrame]:
    """The sentences of `paper/summary.yaml` with their numbers, and how many claims came out how after the scope.

    Args:
        study: the folder of a profile's results.
        card: from `isfstudy.paper.scorecard.scorecard`.

    Returns:
        Headings and sentences, in order; and a row a number: `sentence`, `name`, `value`, `file`, `column`.
    """
    sentences, numbers = [], []
    for each in load_sentences(repository() / SUMMARY, ("part", "says")):
        found = filled(each, study)
        sentences.append((each["part"], " ".join(filter(None, (each.get("asked"), found.text)))))
        numbers.append(found.numbers.assign(sentence=each["part"]))
    counted = f"{said_total(card)}: {said_verdicts(card)}."
    return [sentences[0], (CLAIMS_TESTED, counted), *sentences[1:]], _joined(numbers)


class Answer(NamedTuple):
    """What a reader asks first: the question, the claim that decides it, and the answer with its numbers."""

    asked: str
    claim: str
    says: str


def answers(study: Path) -> list[Answer]:
    """The sentences of `paper/summary.yaml` that answer a question, in order, with numbers from a run's files."""
    known = [each for each in load_sentences(repository() / SUMMARY, ("part", "says")) if "asked" in each]
    return [Answer(each["asked"], each["claim"], filled(each, study).text) for each in known]


def deviations(study: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a deviation of `paper/deviations.yaml`: `what`, as in the `paper`, the `script` and `ours`, its `effect`;
    and the numbers in them, as of `one_page`."""
    rows, numbers = [], []
    for each in load_sentences(repository() / DEVIATIONS, ("what", *KINDS, "says")):
        found = filled(each, study)
        rows.append({name: each[name] for name in ("what", *KINDS)} | {"effect": found.text})
        numbers.append(found.numbers.assign(sentence=each["what"]))
    return pd.DataFrame(rows), _joined(numbers)


def _joined(numbers: list[pd.DataFrame]) -> pd.DataFrame:
    there = [table for table in numbers if len(table)]
    columns = ["sentence", "name", "value", "file", "column"]
    return pd.concat(there)[columns].reset_index(drop=True) if there else pd.DataFrame(columns=columns)
