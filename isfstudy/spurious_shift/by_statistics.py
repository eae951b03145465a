"""Weights, or what batch norm sees? Committed networks answer again, with statistics of either.

A pass that no loss looks at changes no gradient, as batch norm normalises by the batch in training; but statistics that
are settled over masked and black images are others than those of clean ones. So each network is measured twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from isfcore.machine.seeds import generator
from isfcore.training.crops import draw_batch, read_pairs
from isfcore.training.passes import settle_statistics
from isfcore.training.step import Views, draw_views
from isfcore.weights import load_weights
from isfstudy.grid.data import training_pairs
from isfstudy.grid.plan import Run
from isfstudy.scenes.counterfactuals import Fuse, Scenes, answers
from isfstudy.spurious_shift.outcomes import NAMES, WITH_CUE, WITHOUT_CUE, fuse_by
from isfstudy.spurious_shift.shortcut import NAMES as SHORTCUT_NAMES

STATISTICS = ("clean", "all")  # passes that they are settled over: the clean one, or all of the full method
TASKS = {"fusion": "fusion", "guess_infrared": "infrared from visible"}
TITLES = {"response_intact": "intact", "response_black": "black"}
COLUMNS = ["task", "arm", "data", "seed", "statistics", "response_intact", "response_black"]
CAPTION = (
    "<b>Weights, or what batch norm sees?</b> Response to the cue of kept networks after their last step, with "
    "statistics of clean images alone and of all passes of the full method; means over seeds."
)


def file_of(records: Path, run: Run) -> Path:
    """Where the weights of a run lie that were kept."""
    experiment, _, name = run.name.partition("/")
    return records / experiment / "weights" / f"{name}.safetensors"


def by_statistics(
    runs: Sequence[Run], records: Path, tests: Scenes, *, scenes: Path, device: torch.device
) -> pd.DataFrame:
    """The response to the cue of every run whose weights were kept, with either statistics.

    Args:
        runs: as planned; how many crops statistics rest on is their schedule's and `settling`.
        records: the folder of the records.
        tests: from `isfstudy.scenes.counterfactuals.counterfactual_scenes`.
        scenes: where scenes to train on are rendered.

    Returns:
        `COLUMNS`, a row a run and of `STATISTICS`; `response_black` is NaN where the visible image stands twice.
    """
    there = {name: stack.to(device) for name, stack in tests.items()}
    images = cache(partial(_images, scenes))
    rows = []
    for run in [run for run in runs if file_of(records, run).is_file()]:
        network = load_weights(str(file_of(records, run)))[0].to(device)
        pairs = images(run.data, run.schedule.side, run.training_scenes)
        for statistics in STATISTICS:
            settle_statistics(network, _views(run, pairs, statistics, device))
            fuse = fuse_by(network, device)
            found = answers(fuse if run.task == "fusion" else partial(_visible_twice, fuse), there)
            black = found["response_black"] if run.task == "fusion" else float("nan")
            about = [run.task, run.arm, run.data, run.schedule.seed, statistics]
            rows.append([*about, found["response_intact"], black])
    return pd.DataFrame(rows, columns=COLUMNS)


def _visible_twice(fuse: Fuse, _: Tensor, visible: Tensor) -> Tensor:
    return fuse(visible, visible)


def _images(scenes: Path, data: str, side: int, count: int) -> list[Tensor]:
    return read_pairs(training_pairs(data, scenes, "", count)[0], side=side)


def _views(run: Run, images: Sequence[Tensor], statistics: str, device: torch.device) -> Iterator[Views]:
    """The batches after the last step, as a look draws them."""
    recipe, schedule = replace(run.recipe, passes="all"), run.schedule
    for step in range(schedule.steps, schedule.steps + run.settling):
        size = {"batch": schedule.batch, "side": schedule.side}
        crops = draw_batch(images, step=step, **size, crop=recipe.crop, seed=schedule.seed)
        infrared, visible = (part.to(device) for part in crops)
        first = infrared if run.task == "fusion" else visible
        views = draw_views(first, visible, recipe, generator(schedule.seed, 2, step, device=device))
        yield views if statistics == "all" else {"clean": views["clean"]}


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a task, arm and rate; means over seeds with either statistics."""
    keys = ["task", "arm", "data"]
    groups = table.groupby([*keys, "statistics"], sort=False)[["response_intact", "response_black"]].mean()
    wide = groups.unstack("statistics", sort=False)
    wide.columns = [f"{TITLES[figure]}, {statistics}" for figure, statistics in wide.columns]
    seeds = table.groupby(keys, sort=False)["seed"].nunique().rename("seeds")
    shown = pd.concat([seeds, wide], axis=1).reset_index()
    names = {"fusion": NAMES, "guess_infrared": SHORTCUT_NAMES}
    shown["arm"] = [names[task][arm] for task, arm in zip(shown["task"], shown["arm"], strict=True)]
    shown["data"] = shown["data"].str.removeprefix("scenes_rate_")
    return shown.assign(task=shown["task"].map(TASKS)).rename(columns={"data": "rate"})


def sentences(table: pd.DataFrame) -> list[str]:
    """What the table says, as HTML; nothing of networks that were not kept."""
    lines = []
    fusion = table[(table["task"] == "fusion") & (table["data"] == WITH_CUE)]
    black = fusion.groupby(["arm", "statistics"])["response_black"].mean()
    if {("full", "clean"), ("fidelity", "clean")} <= {*black.index}:
        lines.append(
            f"<b>In fusion,</b> with infrared black, the full method's weights respond by {black['full', 'clean']:.3f} "
            f"with statistics of clean images and by {black['full', 'all']:.3f} with those of all passes; those of "
            f"the fidelity loss alone by {black['fidelity', 'clean']:.3f} and {black['fidelity', 'all']:.3f}. "
            f"{_seeds(fusion)}."
        )
    guess = table[(table["task"] != "fusion") & (table["arm"] == "interventions")]
    rates = guess.pivot_table(index="seed", columns=["statistics", "data"], values="response_intact")
    if {(name, data) for name in STATISTICS for data in (WITH_CUE, WITHOUT_CUE)} <= {*rates.columns}:
        added = {name: (rates[name, WITH_CUE] - rates[name, WITHOUT_CUE]).mean() for name in STATISTICS}
        lines.append(
            f"<b>Where a shortcut pays,</b> a cue that says all about heat adds to the response of networks trained "
            f"under interventions {added['clean']:+.3f} with statistics of clean images, and {added['all']:+.3f} with "
            f"those of all passes. {_seeds(guess)}."
        )
    return lines


def _seeds(rows: pd.DataFrame) -> str:
    seeds = rows["seed"].nunique()
    return "One seed, which decides nothing" if seeds == 1 else f"{seeds} seeds"
