"""What the pages of detection and segmentation share: their material, what has to be known of it, and common tables."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from isfcore import comparison
from isfcore.data import Pair, data_root
from isfcore.datasets import data_set
from isfcore.downstream import Budget, Task
from isfcore.downstream_protocols import Plan, found, inputs, night
from isfcore.downstream_scores import Score
from isfcore.downstream_study import Bench
from isfcore.downstream_tables import Columns, against, values
from isfcore.experiment import pairs_here
from isfcore.material import material
from isfcore.page import Page, use_fused, use_pairs

# What is done on the embedded scenes where the set that a page asks for is not here: enough to show that it runs.
STAND_IN = {"dataset": "scenes", "steps": 40, "batch": 4, "train_size": [96, 128], "test_size": [96, 128]}
STAND_IN |= {"adaptation_steps": 4, "noise_inputs": []}
WITH, WITHOUT = "ISF (ours-full)", "ISF (ours-without_interventions)"  # trained alike but for the interventions


class Setting(NamedTuple):
    """A page's comparison.

    Attributes:
        asked: the page's parameters, or those of `STAND_IN`.
        bench, plan: see `isfcore.downstream_study` and `isfcore.downstream_protocols`.
        reference: the input that the others are compared with.
        stems, truths: of the test pairs: names and labels.
        names: of the classes.
        fusion_steps: how long each fusion network that was trained here was trained.
        facts: what a reader has to know of data, network and inputs, in HTML.
        warning: in front of captions where the data are synthetic.
        basis: numbers of images, epochs and seeds, for captions.
    """

    asked: dict[str, Any]
    bench: Bench
    plan: Plan
    reference: str
    stems: list[str]
    truths: list[np.ndarray]
    names: tuple[str, ...]
    fusion_steps: dict[str, int]
    facts: list[str]
    warning: str
    basis: str


def setting(page: Page, task: Task) -> Setting:
    """The comparison that a page's parameters ask for; pairs, folders and weights enter the page's provenance.

    Where no pair of the set is here the embedded scenes stand in, which `facts` and `warning` say.

    Raises:
        FileNotFoundError, ValueError: for labels that are not here, or are wrong, see `isfcore.material.material`.
    """
    asked, missing = page.parameters, ""
    if asked["dataset"] != "scenes":
        _, missing = pairs_here(asked["dataset"], list(data_set(asked["dataset"]).pairs)[0], data_root())
    if missing:
        asked = asked | STAND_IN
    dataset = asked["dataset"]
    root = page.study / "01_data_preparation" if dataset == "scenes" else data_root()
    train, test, splits = material(dataset, task.kind, root)
    methods, weights, absent = comparison.load_networks(asked["networks"], device=asked["device"])
    page.weights.update({row: described["sha256"] for row, described in weights.items()})
    folders = comparison.fused_folders(data_root(), dataset)
    for name, images in folders.items():
        use_fused(page, name, dataset, images)
    parts = zip(("train", "test"), splits, (train, test), strict=True)
    counts = [use_pairs(page, dataset, split, part.pairs) for _, split, part in parts]
    everywhere, test_only = inputs(methods, weights, folders)
    sizes = {name: tuple(asked[name]) for name in ("train_size", "test_size")} | {"batch": asked["batch"]}
    budget = Budget(asked["steps"], learning_rate=asked["learning_rate"], **sizes)
    adaptation = Budget(asked["adaptation_steps"], learning_rate=asked["adaptation_rate"], **sizes)
    epochs = asked["steps"] * asked["batch"] / len(train.pairs)
    warning = "Embedded scenes, no benchmark. " if dataset == "scenes" else ""
    basis = (
        f"{len(train.pairs)} training and {len(test.pairs)} test images, {epochs:.0f} epochs, seeds {asked['seeds']}"
    )
    unlabelled = [*train.left_out, *test.left_out]
    facts = [
        *([f"<b>The embedded scenes stand in.</b> {escape(missing)}"] if missing else []),
        f"<b>Data:</b> {dataset}: training {counts[0]}, test {counts[1]}; {len(test.names)} classes. {warning}",
        f"<b>Network:</b> {task.network}. {asked['steps']} steps of {asked['batch']} windows, each half to all of an "
        f"image, scaled to {_size(budget.train_size)}; tested on whole images at {_size(budget.test_size)}. {basis}.",
        f"<b>Inputs</b> with images of all pairs: {', '.join(everywhere)}; of the test pairs alone: "
        f"{', '.join(test_only) or 'none'}.",
        *(f"<b>Left out:</b> {escape(reason)}" for reason in absent),
    ]
    if dataset == "MSRS":
        facts.append("<b>Shared scenes:</b> the test split takes every fourth frame of the same drives.")
    if unlabelled:
        facts.append(f"<b>Without a label file, left out:</b> {', '.join(unlabelled)}.")
    return Setting(
        asked,
        Bench(task, asked["device"], asked["precision"]),
        Plan(train, test, everywhere, test_only, budget, adaptation, tuple(asked["seeds"])),
        asked["reference"] if asked["reference"] in everywhere else next(reversed(everywhere)),
        [pair.stem for pair in test.pairs],
        [test.label[pair.stem] for pair in test.pairs],
        test.names,
        {row: known["schedule"]["steps"] for row, known in weights.items() if "schedule" in known},
        facts,
        warning,
        basis,
    )


def _size(sides: tuple[int, int]) -> str:
    return f"{sides[1]} x {sides[0]}"


def interventions(setting: Setting, scores: Columns, column: str, resamples: int) -> pd.DataFrame:
    """The network trained with interventions against the same without, under each protocol; no rows without both.

    What `isfcore.downstream_tables.against` gives, and `steps`: how long both were trained.
    """
    table = (
        against(scores, column, len(setting.stems), reference=WITHOUT, resamples=resamples, methods=(WITH, WITHOUT))
        if {WITH, WITHOUT} <= {*setting.plan.everywhere}
        else None
    )
    if table is None:
        return pd.DataFrame(columns=["protocol", "score", "lead", "lead_low", "lead_high", "verdict", "steps"])
    return table[table["method"] == WITH].assign(steps=setting.fusion_steps[WITH])


def night_and_day(setting: Setting, scores: Columns) -> pd.DataFrame:
    """What `isfcore.downstream_tables.values` gives, by day and at night, in a column `time`."""
    dark = np.array([night(stem) for stem in setting.stems])
    parts = [("day", ~dark), ("night", dark)]
    return pd.concat(
        [values(scores, len(dark), only=mask).assign(time=time) for time, mask in parts if mask.any()],
        ignore_index=True,
    )


def side_by_side(by_time: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """`night_and_day`, of two protocols, with a column a score and time."""
    rows = by_time[by_time["protocol"].isin(["own", "adapted"])]
    wide = rows.pivot_table(index=["protocol", "method"], columns="time", values=columns, sort=False)
    wide.columns = [f"{column}, {time}" for column, time in wide.columns]
    return wide.reset_index()


def other_seeds(
    setting: Setting, columns: Callable[[dict[str, np.ndarray]], dict[str, Score]]
) -> dict[tuple[str, int], dict[str, Score]]:
    """Scores of inputs that are trained with further seeds, by input and seed, the first ones included.

    Args:
        columns: of what is found in the test images.
    """
    asked = setting.asked
    chosen = [name for name in asked["noise_inputs"] if name in setting.plan.everywhere]
    return {
        (name, seed): columns(
            found(setting.bench, setting.plan, "own", name, seed, progress=f"{setting.bench.task.name}, {name}, {seed}")
        )
        for name in chosen
        for seed in [*asked["seeds"], *asked["noise_seeds"]]
    }


def busiest(setting: Setting, measure: Callable[[Any], float]) -> list[Pair]:
    """The day and the night pair whose label has most of something: an example that no method chose."""
    pairs = dict(zip(setting.stems, setting.plan.test.pairs, strict=True))
    amount = {stem: measure(truth) for stem, truth in zip(setting.stems, setting.truths, strict=True)}
    sides = [[stem for stem in setting.stems if night(stem) is dark] for dark in (False, True)]
    return [pairs[max(side, key=amount.get)] for side in sides if side]
