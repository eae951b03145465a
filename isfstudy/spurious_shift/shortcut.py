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
from isfstudy.spurious_shift.outcomes import EXPERIMENT as FUSION
from isfstudy.spurious_shift.outcomes import WITH_CUE, WITHOUT_CUE, Question, added, answered

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
    "at_rate_1": Question(
        "Of networks trained with a cue that says all about heat?",
        -1,
        "afterwards",
        lambda table: table["interventions", WITH_CUE] - table["visible_alone", WITH_CUE],
    ),
    "at_rate_0.5": Question(
        "Of networks trained with one that says nothing?",
        -1,
        "afterwards",
        lambda table: table["interventions", WITHOUT_CUE] - table["visible_alone", WITHOUT_CUE],
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
    "seen": "it learns the cue, and the instrument sees it",
    "refuted": "it learns none either, so that what is refuted above says nothing",
    "undecided": "whether it learns the cue is not decided",
    "untested": "whether it learns the cue cannot be decided with so few seeds",
}
BROKEN = {
    "seen": "they weaken it by what matters",
    "refuted": "they do not weaken it by what matters",
    "undecided": "whether they weaken it by what matters is not decided",
}


def recorded(kept: Path) -> pd.DataFrame:
    """The runs of both experiments, see `isfstudy.grid.records.looks`."""
    return records.looks(kept, EXPERIMENT, INTERVENED)


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
        "Where one pays, the same network on the same scenes being asked for the infrared image and seeing the visible "
        f"one alone, {LEARNED[learned]}: {interval(pays)} ({_seeds(pays)})."
    )
    arms = {"interventions": "interventions", "augmentation": "masks"}
    there = [name for name in arms if learned == "seen" and name in rows.index]
    parts = [rows.loc[name] for name in ("at_rate_1", "at_rate_0.5") if name in rows.index]
    changes = [_change(rows.loc[name], NAMES[arms[name]]) for name in there]
    if changes and there[0] == "interventions" and len(parts) == 2:
        changes[0] += (
            f" After training with a cue that says all they change the response by {interval(parts[0])}, with one that "
            f"says nothing by {interval(parts[1])}."
        )
    return [first, *changes]


def weight_of_losses(kept: Path) -> tuple[float, float] | None:
    """What the method's losses come to beside the task's own, in size, over the last third of training.

    Returns:
        The share where a shortcut pays, and that in fusion; None where one of the two was not trained.
    """
    shares = []
    for experiment, arm, task in ((INTERVENED, "interventions", "guess"), (FUSION, "full", "fidelity_total")):
        file = kept / experiment / "losses.csv"
        rows = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=["arm", "step"])
        rows = rows[(rows["arm"] == arm) & (rows["step"] > rows["step"].max() * 2 / 3)]
        if rows.empty:
            return None
        shares.append((rows["total"] - rows[task]).abs().mean() / rows[task].mean())
    return shares[0], shares[1]


def _change(row: pd.Series, name: str) -> str:
    done = "they strengthen it" if row["low"] > 0 else BROKEN[row["verdict"]]
    said = f"{name[0].upper()}{name[1:]} change that by {interval(row)} ({_seeds(row)}): "
    return f"{said}{done}." if decides(row["seeds"]) else f"{said}so far {done}, and so few seeds decide nothing."


def _seeds(row: pd.Series) -> str:
    return f"{row['seeds']} seed{'s' if row['seeds'] > 1 else ''}"
