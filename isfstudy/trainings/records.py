"""What finished training runs have to show: summaries, logs, validation, gates; of runs here, and of committed ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from isfcore.training.recipe import ONCE_FIXED, Recipe
from isfcore.training.run_folder import LOG, VALIDATION, WEIGHTS, load_gates, read_description
from isfcore.weights import TRAINED, describe_weights
from isfstudy.places import FUSION_RECORDS, repository
from isfstudy.trainings.behaviour import spread


class Record(NamedTuple):
    """One run.

    Attributes:
        summary: recipe, steps, batch, crop, seed, what it was trained and watched on, precision, minutes, machine, the
            weights' batch-norm statistics.
        log: a row a step, see `isfcore.training.step.Objective`.
        validation: a row each time the network was tried, see `isfcore.training.validation.validator`; may be empty.
        gates: by step, (H, W) uint8 by scale; may be empty.
        note: what else has to be known of it; mostly empty.
        recipe: as it was trained by.
        weights: the file of its weights; of a committed record without weights it does not exist.
    """

    summary: dict[str, Any]
    log: pd.DataFrame
    validation: pd.DataFrame
    gates: dict[int, dict[str, np.ndarray]]
    note: str
    recipe: Recipe
    weights: Path


def read_record(folder: Path, *, weights: Path | None = None) -> Record:
    """The record of a run's folder.

    Args:
        weights: where its weights are, if not in the folder.

    Raises:
        FileNotFoundError: when the folder holds no run.
    """
    described = read_description(folder)
    log = pd.read_csv(folder / LOG)
    schedule = described["schedule"]
    weights = weights or folder / WEIGHTS
    known = describe_weights(weights) if weights.is_file() else {"machine": {}, "schedule": {}}
    machine = known["machine"]
    summary = {
        "recipe": described["recipe"]["name"],
        "steps": int(log["step"].iloc[-1]),
        "batch": schedule["batch"],
        "crop": schedule["side"],
        "seed": schedule["seed"],
        "started from": described["start_from"],
        "trained on": described["data"],
        "precision": described["precision"],
        "watched on": described["watched"],
        "statistics": known["schedule"].get("statistics", "?"),
        "minutes": log["seconds"].sum() / 60,
        "machine": f"{machine['processor']}, {machine['cores']} cores, GPU {machine['gpu']}" if machine else "?",
    }
    validation = pd.read_csv(folder / VALIDATION) if (folder / VALIDATION).is_file() else pd.DataFrame()
    recipe = Recipe(**(ONCE_FIXED | described["recipe"]))
    return Record(summary, log, validation, load_gates(folder), described.get("note", ""), recipe, weights)


def committed(name: str) -> Record:
    """The record of a run that was committed under a name.

    Raises:
        FileNotFoundError: when there is none.
    """
    return read_record(repository() / FUSION_RECORDS / name, weights=TRAINED / f"{name}.safetensors")


def committed_names() -> list[str]:
    """Names of the runs whose records are committed."""
    return sorted(path.parent.name for path in (repository() / FUSION_RECORDS).glob("*/run.json"))


def reduced(runs: Iterable[Record]) -> bool:
    """Whether any run is less than the paper's: 3,350 steps of 16 crops of 256 x 256 of all 1,083 pairs of MSRS."""
    whole = {"steps": 3350, "batch": 16, "crop": 256}
    return not all(
        run.summary["trained on"].startswith("1083 of 1083 pairs of MSRS")
        and all(run.summary[name] >= least for name, least in whole.items())
        for run in runs
    )


def first_and_last(logs: dict[str, pd.DataFrame], terms: list[str]) -> pd.DataFrame:
    """The mean of each term over the first and the last twentieth of each run: `run`, `term`, `first`, `last`.

    A term that a run does not log, as its recipe has no such loss, has no row.
    """
    rows = []
    for name, log in logs.items():
        part = max(1, len(log) // 20)
        logged = [term for term in terms if term in log]
        rows += [(name, term, log[term].iloc[:part].mean(), log[term].iloc[-part:].mean()) for term in logged]
    return pd.DataFrame(rows, columns=["run", "term", "first", "last"])


def late_swings(validation: pd.DataFrame) -> pd.Series:
    """How far each metric goes up and down from look to look over the second half of a run, see `spread`.

    Args:
        validation: of a `Record`; the look before training does not count.
    """
    late = validation.iloc[len(validation) // 2 :]
    return spread(late[late["step"] > 0])


def gate_table(records: dict[str, Record]) -> pd.DataFrame:
    """A row a run, step and scale: the gate's `mean`, its `deviation` over the image, and how much of it is `decided`,
    below 0.1 or above 0.9; gates as kept by the run, of one pair."""
    rows = []
    for name, record in records.items():
        for step, images in record.gates.items():
            for scale, image in images.items():
                gate = image / 255
                decided = ((gate < 0.1) | (gate > 0.9)).mean()
                rows.append((name, step, scale, gate.mean(), gate.std(), decided))
    return pd.DataFrame(rows, columns=["run", "step", "scale", "mean", "deviation", "decided"])


def differences(recipes: list[Recipe]) -> pd.DataFrame:
    """A row for each field that not all recipes share: `choice`, and a column a recipe."""
    values = {recipe.name: asdict(recipe) for recipe in recipes}
    table = pd.DataFrame(values, dtype=object).drop(index="name").rename_axis("choice")
    return table[table.nunique(axis=1) > 1].reset_index()
