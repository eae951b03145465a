"""What the pages of the grid's experiments say alike: who predicted what, what is missing, and what it has cost."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isfstudy.grid import records
from isfstudy.grid.plan import planned

NAMED = 6  # missing runs that a sentence names
TRIAL = "<b>A trial of a few steps, which answers nothing.</b> It shows that the experiment runs."
NOTHING = "<b>Nothing to show:</b> the runs that it takes are not there."
COST = "<b>Hours of training,</b> summed over runs that may have shared a GPU, with what they were trained on."


def predicted(said: dict[str, Any]) -> list[str]:
    """Who predicted what, as HTML lines.

    Args:
        said: from `isfstudy.paper.hypotheses.hypothesis`.
    """
    fields = ("paper", "rival", "matters", "decides", "does_not_show")
    text = {field: escape(" ".join(said[field].split()), quote=False) for field in fields}
    return [
        f"<b>The paper predicts:</b> {text['paper']}",
        f"<b>The rival predicts:</b> {text['rival']}",
        f"<b>Matters:</b> {text['matters']}. <b>Decides:</b> {text['decides']}",
        f"<b>Does not show:</b> {text['does_not_show']}.",
    ]


def not_tested(lacking: Sequence[str], experiment: str) -> str:
    """The answer where there are no runs to compare, as HTML."""
    of = len(planned(experiment))
    missing = f"{len(lacking)} of its" if len(lacking) < of else "All"
    return f"<b>Not tested.</b> {missing} {of} runs are missing; {_command(experiment)} makes them."


def missing_line(lacking: Sequence[str], experiment: str) -> list[str]:
    """Which runs of the plan are missing, as an HTML line; none where all are there.

    Args:
        lacking: from `isfstudy.grid.records.missing`.
    """
    if not lacking:
        return []
    named = [f"<code>{name.partition('/')[2]}</code>" for name in lacking[:NAMED]]
    named += [f"and {len(lacking) - NAMED} more"] if len(lacking) > NAMED else []
    of = len(planned(experiment))
    return [f"<b>Missing: {len(lacking)} of {of} runs</b> ({', '.join(named)}); {_command(experiment)} makes them."]


def shorter(experiment: str, plan: str) -> list[str]:
    """That runs are of a shorter schedule than planned, as an HTML line; none where they are of the plan itself."""
    if experiment == plan:
        return []
    here, there = (
        f"{one.steps} steps of {one.batch} crops of {one.side} at a learning rate of {one.learning_rate:g}"
        for one in (planned(name)[0].schedule for name in (experiment, plan))
    )
    return [
        f"<b>A shorter schedule than planned:</b> {here}, in place of {there}, for which two processor cores take too "
        f"long; {_command(plan)} makes the runs of the plan, and this page takes them once no more of them are missing."
    ]


def _command(experiment: str) -> str:
    return f"<code>python -m isfstudy grid {experiment}</code>"


def interval(row: pd.Series | dict[str, float], digits: int = 3) -> str:
    """`+0.120 [+0.080, +0.160]`; the mean alone where there is no interval."""
    mean = f"{row['mean']:+.{digits}f}"
    return mean if np.isnan(row["low"]) else f"{mean} [{row['low']:+.{digits}f}, {row['high']:+.{digits}f}]"


def cost(runs: pd.DataFrame, kept: Path, experiment: str, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Hours and machines: a row for each of what was trained on, precision and machine, with how many `runs`.

    Args:
        runs: from `isfstudy.grid.records.looks`.
        kept: the folder of the records.
        by: columns of `runs` to tell apart beside, such as `arm`.
    """
    about = {line["run"]: line for line in records.runs(kept, experiment)}
    table = runs.assign(
        machine=[_machine(about[run]["machine"]) for run in runs["run"]],
        data=[about[run]["description"]["data"].split(", pixels")[0] for run in runs["run"]],
        hours=runs["minutes"] / 60,
    )
    groups = table.groupby([*by, "data", "precision", "machine"], sort=False)
    return groups.agg(runs=("run", "count"), hours=("hours", "sum")).reset_index()


def _machine(known: dict[str, Any]) -> str:
    return known["gpu"] if known["gpu"] != "none" else f"{known['processor']}, {known['cores']} cores"
