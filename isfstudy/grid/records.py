"""What came of the grid's runs, committed below `records/grid/`: figures at each look, losses, and a log of trials.

An experiment has a folder with `looks.csv` (a row a run and look), `losses.csv` (each term's mean over spans of steps)
and `runs.jsonl` (a line a run: all that its result follows from, time spent, machine, digest of its weights). Beside
them `trials.jsonl` says what was tried, finished or not. Rows are added, and never changed or removed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from isfcore.machine.files import file_sha256, replacing
from isfcore.training.run_folder import LOG, VALIDATION, WEIGHTS, read_description
from isfstudy.grid.work import TRIALS
from isfstudy.places import GRID_RECORDS, repository

KEYS = ["run", "precision"]
ABOUT = ["arm", "data", "seed", *KEYS]
SPAN = 50  # steps that a row of losses is the mean of


def publish(folder: Path, *, note: str = "") -> dict[str, int]:
    """Add the finished runs of a grid's folder to the records, and all its trials to their log.

    Args:
        note: what else has to be known of these runs; kept with each.

    Returns:
        How many runs were added, by experiment.
    """
    added: dict[str, int] = {}
    _add_trials(folder)
    for experiment in sorted(path for path in folder.iterdir() if path.is_dir()):
        runs = [
            run
            for run in sorted(experiment.iterdir())
            if (run / WEIGHTS).is_file() or (run / "weights.sha256").is_file()
        ]
        target = repository() / GRID_RECORDS / experiment.name
        known = {(line["run"], line["description"]["precision"]) for line in _lines(target / "runs.jsonl")}
        new = [run for run in runs if (run.name, read_description(run)["precision"]) not in known]
        if new:
            target.mkdir(parents=True, exist_ok=True)
            _append_table(target / "looks.csv", [_figures(run, VALIDATION) for run in new])
            _append_table(target / "losses.csv", [_losses(run) for run in new])
            _append_lines(target / "runs.jsonl", [_about(run, note) for run in new])
            added[experiment.name] = len(new)
    return added


def looks(experiment: str) -> pd.DataFrame:
    """A row a run of an experiment: what `ABOUT` names, `minutes`, and each figure's mean over its looks.

    Runs of the precision that most of them have; others are not compared with these. Without a record an empty table.
    """
    folder = repository() / GRID_RECORDS / experiment
    if not (folder / "looks.csv").is_file():
        return pd.DataFrame(columns=[*ABOUT, "minutes"])
    table = pd.read_csv(folder / "looks.csv", dtype={"arm": str})
    table = table[table["precision"] == table["precision"].mode()[0]]
    spent = pd.DataFrame(
        [
            {"run": line["run"], "precision": line["description"]["precision"], "minutes": line["seconds"] / 60}
            for line in runs(experiment)
        ]
    )
    means = table.drop(columns="step").groupby(ABOUT, sort=False).mean().reset_index()
    return means.merge(spent, on=KEYS)


def runs(experiment: str) -> list[dict]:
    """A line a run of an experiment, as `publish` wrote it."""
    return _lines(repository() / GRID_RECORDS / experiment / "runs.jsonl")


def trials() -> pd.DataFrame:
    """Everything that was tried: `run`, `began`, `outcome`, `seconds`, `commit`, `machine`."""
    return pd.DataFrame(_lines(repository() / GRID_RECORDS / TRIALS))


def _figures(run: Path, name: str) -> pd.DataFrame:
    described = read_description(run)
    table = pd.read_csv(run / name)
    about = {"arm": described["recipe"]["name"], "data": run.name.split("-")[-2], "seed": described["schedule"]["seed"]}
    about |= {"run": run.name, "precision": described["precision"]}
    return pd.concat([pd.DataFrame(about, index=table.index), table], axis=1)


def _losses(run: Path) -> pd.DataFrame:
    table = _figures(run, LOG).drop(columns="seconds")
    span = (table["step"] - 1) // SPAN
    return (
        table.groupby([*ABOUT, span.rename("span")]).mean(numeric_only=True).reset_index().drop(columns="span").round(6)
    )


def _about(run: Path, note: str) -> dict:
    weights = run / WEIGHTS
    digest = file_sha256(weights) if weights.is_file() else (run / "weights.sha256").read_text()
    last = _lines(run / TRIALS)[-1]
    seconds = pd.read_csv(run / LOG)["seconds"].sum()
    about = {
        "run": run.name,
        "description": read_description(run),
        "weights_sha256": digest,
        "seconds": round(seconds, 1),
    }
    return about | {"commit": last["commit"], "machine": last["machine"]} | ({"note": note} if note else {})


def _add_trials(folder: Path) -> None:
    path = repository() / GRID_RECORDS / TRIALS
    path.parent.mkdir(parents=True, exist_ok=True)
    known = _lines(path)
    found = [
        {"run": f"{file.parent.parent.name}/{file.parent.name}"} | line
        for file in sorted(folder.glob(f"*/*/{TRIALS}"))
        for line in _lines(file)
    ]
    _append_lines(path, [trial for trial in found if trial not in known])


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def _append_lines(path: Path, lines: list[dict]) -> None:
    before = path.read_text() if path.is_file() else ""
    with replacing(path) as partial:
        partial.write_text(before + "".join(json.dumps(line) + "\n" for line in lines))


def _append_table(path: Path, tables: list[pd.DataFrame]) -> None:
    before = [pd.read_csv(path, dtype={"arm": str})] if path.is_file() else []
    with replacing(path) as partial:
        pd.concat([*before, *tables]).to_csv(partial, index=False)
