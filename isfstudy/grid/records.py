"""What came of the grid's runs, committed below `records/grid/`: figures at each look, losses, and a log of trials.

An experiment has a folder with `looks.csv` (a row a run and look), `losses.csv` (each term's mean over spans of steps)
and `runs.jsonl` (a line a run: all that its result follows from, time spent, machine, digest of its weights). Beside
them `trials.jsonl` says what was tried, finished or failed. Rows are added, and never changed or removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock

from isfcore.machine.files import file_sha256, replacing
from isfcore.training.run_folder import LOG, VALIDATION, WEIGHTS, read_description
from isfcore.weights import describe_weights
from isfstudy.grid.json_lines import append_lines, read_lines
from isfstudy.grid.plan import Run, planned
from isfstudy.grid.work import TRIALS, precision_on
from isfstudy.places import GRID_RECORDS, repository

KEYS = ["run", "precision", "device"]  # what tells runs apart; a kind of device draws masks of its own
ABOUT = ["arm", "data", "seed", *KEYS]
SPAN = 50  # steps that a row of losses is the mean of
LOCK = ".lock"
DIGEST = "weights.sha256"  # of weights that stayed on the machine that trained them
WHOLE = (WEIGHTS, DIGEST)  # a run is finished that has one of these


def committed() -> Path:
    """Where the records lie that come with the study."""
    return repository() / GRID_RECORDS


def publish(folder: Path, into: Path, *, note: str = "") -> dict[str, int]:
    """Add the finished runs of a grid's folder to records, and all its trials to their log.

    Several may do this at once. One that is killed is done again: a run counts as published once `runs.jsonl`, which is
    written last, has it.

    Args:
        into: the folder of the records.
        note: what else has to be known of these runs; kept with each.

    Returns:
        How many runs were added, by experiment; 0 where records had all of them from this kind of device.

    Raises:
        FileNotFoundError: where a finished run has no description.
        ValueError: where the folder holds no finished run.
    """
    added: dict[str, int] = {}
    into.mkdir(parents=True, exist_ok=True)
    with FileLock(into / LOCK):
        _add_trials(folder, into / TRIALS)
        for experiment in sorted(path for path in folder.iterdir() if path.is_dir()):
            finished = [run for run in sorted(experiment.iterdir()) if any((run / name).is_file() for name in WHOLE)]
            if finished:
                added[experiment.name] = _publish(finished, into / experiment.name, note)
    if not added:
        raise ValueError(f"{folder}: no finished run of the grid is here, FOLDER/EXPERIMENT/RUN/{WEIGHTS}")
    return added


def _publish(finished: list[Path], target: Path, note: str) -> int:
    known = {tuple(_keys(line).values()) for line in read_lines(target / "runs.jsonl")}
    lines = [line for run in finished if tuple(_keys(line := _about(run, note)).values()) not in known]
    if lines:
        new = [run for run in finished if run.name in {line["run"] for line in lines}]
        tables = {"looks.csv": [_figures(run, VALIDATION) for run in new], "losses.csv": [_losses(run) for run in new]}
        target.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            _append_table(target / name, rows)
        append_lines(target / "runs.jsonl", lines)
    return len(lines)


def looks(records: Path, *experiments: str) -> pd.DataFrame:
    """A row a run of experiments that are compared: `ABOUT`, `steps`, `minutes`, and each figure's mean over its looks.

    Runs of the precision and the kind of device that most of them all have; others are not compared with these. Without
    a record an empty table.
    """
    found = [table for each in experiments if len(table := _means(records, each))]
    if not found:
        return pd.DataFrame(columns=[*ABOUT, "steps", "minutes"])
    table = pd.concat(found, ignore_index=True)
    for choice in ("precision", "device"):
        table = table[table[choice] == table[choice].mode()[0]]
    return table.reset_index(drop=True)


def _means(records: Path, experiment: str) -> pd.DataFrame:
    file = records / experiment / "looks.csv"
    lines = runs(records, experiment)
    if not file.is_file() or not lines:
        return pd.DataFrame()
    groups = pd.read_csv(file, dtype={"arm": str}).groupby(ABOUT, sort=False)
    means = groups.mean().assign(step=groups["step"].max()).rename(columns={"step": "steps"})
    spent = pd.DataFrame([{**_keys(line), "minutes": line["seconds"] / 60} for line in lines])
    return means.reset_index().merge(spent, on=KEYS)


def runs(records: Path, experiment: str) -> list[dict]:
    """A line a run of an experiment, as `publish` wrote it."""
    return read_lines(records / experiment / "runs.jsonl")


def missing(records: Path, experiment: str) -> list[str]:
    """The runs that `paper/grid.yaml` asks for and the records lack, see `looks`."""
    there = set(looks(records, experiment)["run"])
    return [run.name for run in planned(experiment) if run.name.partition("/")[2] not in there]


def most_complete(records: Path, *plans: str) -> str:
    """Of plans of one comparison on different schedules, that of which most is there; of equal ones, the first."""
    return max(plans, key=lambda plan: 1 - len(missing(records, plan)) / len(planned(plan)))


def unrecorded(records: Path, wanted: Sequence[Run], place: torch.device) -> list[Run]:
    """The runs that records do not hold from a device of this kind; from another kind they are not compared."""
    known = {
        (experiment, *_keys(line).values())
        for experiment in {run.experiment for run in wanted}
        for line in runs(records, experiment)
    }
    return [
        run for run in wanted if (*run.name.split("/"), precision_on(place, run.precision), place.type) not in known
    ]


def trials(records: Path) -> pd.DataFrame:
    """What was tried and ended: `run`, `began`, `outcome`, `seconds`, `commit`, `machine`; a killed one goes on."""
    return pd.DataFrame(read_lines(records / TRIALS))


def _keys(line: dict) -> dict[str, str]:
    return {"run": line["run"]} | {name: line["description"][name] for name in KEYS[1:]}


def _figures(run: Path, name: str) -> pd.DataFrame:
    described = read_description(run)
    table = pd.read_csv(run / name)
    about = {"arm": described["recipe"]["name"], "data": run.name.split("-")[-2], "seed": described["schedule"]["seed"]}
    about |= {"run": run.name} | {name: described[name] for name in KEYS[1:]}
    return pd.concat([pd.DataFrame(about, index=table.index), table], axis=1)


def _losses(run: Path) -> pd.DataFrame:
    table = _figures(run, LOG).drop(columns="seconds")
    span = (table["step"] - 1) // SPAN
    return (
        table.groupby([*ABOUT, span.rename("span")]).mean(numeric_only=True).reset_index().drop(columns="span").round(6)
    )


def _about(run: Path, note: str) -> dict:
    weights = run / WEIGHTS
    digest = file_sha256(weights) if weights.is_file() else (run / DIGEST).read_text()
    made = describe_weights(weights) if weights.is_file() else read_lines(run / TRIALS)[-1]
    seconds = pd.read_csv(run / LOG)["seconds"].sum()
    about = {
        "run": run.name,
        "description": read_description(run),
        "weights_sha256": digest,
        "seconds": round(seconds, 1),
    }
    return about | {"commit": made["commit"], "machine": made["machine"]} | ({"note": note} if note else {})


def _add_trials(folder: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    known = read_lines(log)
    files = {file: f"{file.parent.parent.name}/{file.parent.name}" for file in sorted(folder.glob(f"*/*/{TRIALS}"))}
    found = [{"run": run} | line for file, run in files.items() for line in read_lines(file)]
    append_lines(log, [trial for trial in found if trial not in known])


def _append_table(path: Path, tables: list[pd.DataFrame]) -> None:
    """Add rows, in place of those of the same runs that a publishing which was killed has left."""
    added = pd.concat(tables)
    if path.is_file():
        before = pd.read_csv(path, dtype={"arm": str})
        again = before.set_index(KEYS).index.isin(added.set_index(KEYS).index)
        added = pd.concat([before[~again], added])
    with replacing(path) as partial:
        added.to_csv(partial, index=False)
