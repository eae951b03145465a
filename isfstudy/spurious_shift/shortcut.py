"""Where a shortcut pays: is it learned, does the instrument see it, and do the method's interventions break it?

The network is asked for the infrared image and sees the visible one alone (`isfstudy.grid.guessing`), so that a cue
which goes along with heat helps. Scenes, schedule and measure are those of the question that the page is about.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from isfstudy.grid import records
from isfstudy.grid.contrasts import decides
from isfstudy.grid.sentences import interval
from isfstudy.spurious_shift.outcomes import Question, added, answered

EXPERIMENT, INTERVENED = "shortcut", "shortcut_intervened"  # of the grid
NAMES = {
    "visible_alone": "no interventions",
    "interventions": "the method's interventions and losses",
    "masks": "masks as augmentation",
}
RESPONSES = {"response_intact": "visible image in both places"}
QUESTIONS = {
    "pays": Question("Is the cue learned where it pays?", 1, "instrument", lambda table: added(table, "visible_alone")),
    "interventions": Question(
        "Do the method's interventions and losses make that less?",
        -1,
        "paper",
        lambda table: added(table, "interventions") - added(table, "visible_alone"),
    ),
    "augmentation": Question(
        "Do the same masks as augmentation make it less?",
        -1,
        "paper",
        lambda table: added(table, "masks") - added(table, "visible_alone"),
    ),
}
CAPTION = (
    "<b>Where a shortcut pays:</b> what a cue that says all about heat adds to the response, and what masks "
    "and losses change of that. Differences are paired by seed; p of the two-sided sign-flip test."
)
FIGURE = (
    "<b>Response to the cue of networks that are asked for infrared and see the visible image alone,</b> after "
    "training with a cue that says nothing about heat (left of each pair) and all about it (right). Thin lines: a seed "
    "each."
)
LEARNED = {
    "seen": "the same trainings learn it and the instrument sees it",
    "refuted": "the same trainings show none either, so that what is refuted above says nothing",
    "undecided": "whether the same trainings learn it is not decided",
    "untested": "whether the same trainings learn it cannot be decided with so few seeds",
}
BROKEN = {
    "seen": "they weaken it by what matters",
    "refuted": "they do not weaken it by what matters",
    "undecided": "whether they weaken it by what matters is not decided",
}


def recorded(kept: Path) -> pd.DataFrame:
    """The runs of both experiments, see `isfstudy.grid.records.looks`."""
    found = [records.looks(kept, experiment) for experiment in (EXPERIMENT, INTERVENED)]
    return pd.concat([runs for runs in found if len(runs)] or found[:1], ignore_index=True)


def asked(runs: pd.DataFrame) -> pd.DataFrame:
    """`QUESTIONS` over the runs, as `isfstudy.spurious_shift.outcomes.answered` gives them."""
    return answered(runs, QUESTIONS, RESPONSES)


def verdict(found: pd.DataFrame, question: str) -> str:
    """Of one of `QUESTIONS`: `seen`, `refuted`, `undecided`, or, with fewer seeds than can decide, `untested`.

    Args:
        found: from `asked`.
    """
    rows = found[(found["question"] == question) & found["seeds"].map(decides)]
    return rows["verdict"].iloc[0] if len(rows) else "untested"


def broken(found: pd.DataFrame) -> list[str]:
    """What came out, in sentences; none without runs.

    Args:
        found: from `asked`.
    """
    rows = found.set_index("question")
    if "pays" not in rows.index:
        return []
    pays, learned = rows.loc["pays"], verdict(found, "pays")
    first = (
        "Where it pays, the network seeing the visible image alone and being asked for the infrared one, "
        f"{LEARNED[learned]}: {interval(pays)} ({_seeds(pays)})."
    )
    arms = {"interventions": "interventions", "augmentation": "masks"}
    there = [name for name in arms if learned == "seen" and name in rows.index]
    return [first, *(_change(rows.loc[name], NAMES[arms[name]]) for name in there)]


def _change(row: pd.Series, name: str) -> str:
    done = "they strengthen it" if row["low"] > 0 else BROKEN[row["verdict"]]
    said = f"{name[0].upper()}{name[1:]} change that by {interval(row)} ({_seeds(row)}): "
    return f"{said}{done}." if decides(row["seeds"]) else f"{said}so far {done}, and so few seeds decide nothing."


def _seeds(row: pd.Series) -> str:
    return f"{row['seeds']} seed{'s' if row['seeds'] > 1 else ''}"
