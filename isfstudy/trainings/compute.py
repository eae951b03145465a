"""What the study's computing has cost, as far as it was written down: by experiment, from records and a run's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from isfcore.training.run_folder import LOG, read_description
from isfstudy.grid.records import committed, runs, trials
from isfstudy.places import DOWNSTREAM_RECORDS, FUSION_RECORDS, repository

MADE = "made.json"  # of a downstream record: where it was made
PART_OF = "after its first"  # in the note of a record that is the beginning of another one: not spent twice
COLUMNS = ["experiment", "runs", "steps", "hours", "where"]


def spent(study: Path) -> pd.DataFrame:
    """A row an experiment: `experiment`, how many `runs`, `steps` of training in all, `hours`, and `where`.

    Hours are those of each process, also where several shared a GPU; NaN where none were written down. Failed and
    repeated trials of the grid count. Notebooks count as the run in `study` executed them.
    """
    rows = [*_grid(), *_fusion(), *_downstream(), *_notebooks(study)]
    return pd.DataFrame(rows, columns=COLUMNS)


def said(table: pd.DataFrame) -> str:
    """The total in a sentence, and what is not in it."""
    unknown = table[table["hours"].isna()]
    gpu = table["where"].str.contains("NVIDIA")
    lacking = ", ".join(f"{row.experiment} ({row.runs} runs)" for row in unknown.itertuples())
    total, shared, others = (rows["hours"].sum() for rows in (table, table[gpu], table[~gpu]))
    return (
        f"Written down are {total:.1f} hours of processes: {shared:.1f} on a GPU, which several share, and "
        f"{others:.1f} on processors." + (f" Not written down: {lacking}." if lacking else "")
    )


def _grid() -> Iterator[tuple]:
    tried = trials(committed())
    if tried.empty:
        return
    for experiment, rows in tried.groupby(tried["run"].str.partition("/")[0], sort=False):
        steps = sum(_steps_of(committed(), experiment))
        where = ", ".join(dict.fromkeys(_machine(each) for each in rows["machine"]))
        yield f"grid: {experiment}", len(rows), steps, _seconds(rows, experiment) / 3600, where


def _seconds(tried: pd.DataFrame, experiment: str) -> float:
    """Of all trials; of a run that was killed and went on, whose first part no trial tells of, at least its steps'."""
    by_run = tried.groupby("run")["seconds"].sum()
    steps = pd.Series({f"{experiment}/{line['run']}": line["seconds"] for line in runs(committed(), experiment)})
    return float(pd.concat([by_run, steps], axis=1).max(axis=1).sum())


def _steps_of(records: Path, experiment: str) -> list[int]:
    """Steps of each recorded run: the last look of each."""
    file = records / experiment / "looks.csv"
    if not file.is_file():
        return []
    table = pd.read_csv(file, usecols=["run", "precision", "step"])
    return table.groupby(["run", "precision"])["step"].max().astype(int).to_list() if runs(records, experiment) else []


def _fusion() -> Iterator[tuple]:
    folders = [path.parent for path in sorted((repository() / FUSION_RECORDS).glob("*/run.json"))]
    kept = [folder for folder in folders if PART_OF not in read_description(folder).get("note", "")]
    logs = [pd.read_csv(folder / LOG, usecols=["step", "seconds"]) for folder in kept]
    if logs:
        steps = sum(int(log["step"].iloc[-1]) for log in logs)
        yield "fusion networks", len(logs), steps, sum(log["seconds"].sum() for log in logs) / 3600, "processors"


def _downstream() -> Iterator[tuple]:
    by_task: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for file in sorted((repository() / DOWNSTREAM_RECORDS).glob(f"*/{MADE}")):
        made = json.loads(file.read_text())
        described = json.loads((file.parent / "run.json").read_text())
        known = {"steps": described["budget"]["steps"], "seconds": made.get("seconds", float("nan"))}
        by_task.setdefault(described["task"], []).append((known, _machine(made["machine"])))
    for task, each in by_task.items():
        table = pd.DataFrame([known for known, _ in each])
        hours = table["seconds"].sum(min_count=len(table)) / 3600
        where = ", ".join(dict.fromkeys(machine for _, machine in each))
        yield f"{task} networks", len(table), int(table["steps"].sum()), hours, where


def _notebooks(study: Path) -> Iterator[tuple]:
    """Of those that this run has executed."""
    durations = []
    for file in sorted(study.glob("[0-9]*/notebook.ipynb")):
        duration = json.loads(file.read_text())["metadata"].get("papermill", {}).get("duration")
        durations += [duration] if duration else []
    if durations:
        yield f"notebooks of this run ({study.name})", len(durations), 0, sum(durations) / 3600, "processors"


def _machine(made: dict[str, Any]) -> str:
    return made["gpu"] if made.get("gpu", "none") != "none" else made["processor"]
