"""Runs that went on from the authors' weights: how they are started, and how far they move from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.training.launch import train_recipe
from isfstudy.comparison.opening import root_of
from isfstudy.comparison.units import RELATIVE, difference
from isfstudy.report.page import Page
from isfstudy.trainings.records import Record, committed, committed_names, read_record


def go_on(
    page: Page, start_from: str, *, sizes: Sequence[tuple[int, int]], steps: int, dataset: str, **options: Any
) -> dict[str, Record]:
    """Train on by recipe `paired`, watched at ten looks, once for each size of batch.

    Args:
        start_from: weights, as `isfcore.weights.load_weights` takes them.
        sizes: crops a step and their side.
        steps: how many; 0 to take the committed runs instead, whatever their sizes.
        dataset: the training pairs.
        options: further fields of `isfcore.training.options.Options`.

    Returns:
        By size, such as `4 crops of 128`.
    """
    if steps:
        options |= {"start_from": start_from, "dataset": dataset, "root": str(root_of(page, dataset)), "steps": steps}
        options |= {"validate_every": max(1, steps // 10)}
        folders = [train_recipe("paired", batch=batch, side=side, **options) for batch, side in sizes]
        runs = [read_record(folder) for folder in folders]
    else:
        runs = [committed(name) for name in committed_names() if name.startswith("continued-")]
    return {f"{run.summary['batch']} crops of {run.summary['crop']}": run for run in runs}


def looks_apart(continued: dict[str, Record]) -> pd.DataFrame:
    """How far each look of runs that went on from given weights is from the look before their first step, in percent,
    and in dB for PSNR.

    Args:
        continued: the runs by name, watched from step 0 on.

    Returns:
        A row a run and look after the start: `run`, `step`, and the metrics' relative difference.
    """
    tables = [pd.DataFrame(columns=["run", "step", *METRICS], dtype=float)]
    for name, record in continued.items():
        values = record.validation.set_index("step")[list(METRICS)]
        apart = difference(values, values.loc[0]).drop(index=0)
        tables.append(apart.reset_index().assign(run=name))
    return pd.concat(tables, ignore_index=True)[["run", "step", *METRICS]]


def drift(continued: dict[str, Record]) -> pd.DataFrame:
    """Where runs that went on from given weights have moved to, on the pairs they were watched on.

    Returns:
        A row a run: `run`, its summary, `loss` (mean of the first 50 steps at most), each metric's mean difference from
        the look before the first step over the second half of the looks, in percent, and in dB for PSNR; `off`, the
        greatest of these in percent; and `furthest`, the greatest difference of any of these metrics at any look.
    """
    apart = looks_apart(continued)
    rows = []
    for name, record in continued.items():
        looks = apart.loc[apart["run"] == name, list(METRICS)]
        late = looks.iloc[len(looks) // 2 :].mean()
        rows.append(
            {"run": name}
            | record.summary
            | {"loss": record.log["total"].iloc[:50].mean()}
            | late.to_dict()
            | {"off": late[list(RELATIVE)].abs().max(), "furthest": looks[list(RELATIVE)].abs().max(axis=None)}
        )
    return pd.DataFrame(rows, columns=None if rows else ["run", "steps", "loss", *METRICS, "off", "furthest"])
