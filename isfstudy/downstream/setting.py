"""What the pages of detection and segmentation share: their material, what has to be known of it, and common tables."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from isfcore.datasets.catalogue import data_set
from isfcore.datasets.local import data_root, pairs_here
from isfcore.pairs import Pair
from isfstudy.comparison import methods as comparison_methods
from isfstudy.downstream.inputs import source_inputs
from isfstudy.downstream.intervals import Score
from isfstudy.downstream.labels import Labelled
from isfstudy.downstream.protocols import Plan, found, inputs, night
from isfstudy.downstream.runs import Bench
from isfstudy.downstream.split import Material, material
from isfstudy.downstream.tables import Columns, against, values
from isfstudy.downstream.training import Budget, Task
from isfstudy.report.page import Page, use_fused, use_pairs

# What is done on the embedded scenes where the set that a page asks for is not here: enough to show that it runs.
STAND_IN = {"dataset": "scenes", "steps": 40, "batch": 4, "train_size": [96, 128], "test_size": [96, 128]}
STAND_IN |= {"adaptation_steps": 4, "noise_inputs": []}
WITH, WITHOUT = "ISF (ours-full)", "ISF (ours-without_interventions)"  # trained alike but for the interventions


class Setting(NamedTuple):
    """A page's comparison.

    Attributes:
        asked: the page's parameters, or those of `STAND_IN`.
        bench, plan: see `isfstudy.downstream.runs` and `isfstudy.downstream.protocols`.
        reference: the input that the others are compared with.
        stems, truths: of the test pairs: names and labels.
        names: of the classes.
        fusion_steps: how long each fusion network that was trained here was trained.
        facts: what a reader has to know of data, network and inputs, in HTML.
        warning: in front of captions where the data are synthetic.
        basis: numbers of images, epochs and seeds, for captions; `adapted_basis` those of the protocol `adapted`.
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
    adapted_basis: str


def setting(page: Page, task: Task) -> Setting:
    """The comparison that a page's parameters ask for; pairs, folders and weights enter the page's provenance.

    Where no pair of the set is here the embedded scenes stand in, which `facts` and `warning` say.

    Raises:
        FileNotFoundError, ValueError: for labels that are not here, or are wrong, see
        `isfstudy.downstream.split.material`.
    """
    asked, missing = page.parameters, ""
    if asked["dataset"] != "scenes":
        _, missing = pairs_here(asked["dataset"], list(data_set(asked["dataset"]).pairs)[0], data_root())
    if missing:
        asked = asked | STAND_IN
    dataset = asked["dataset"]
    root = page.study / "01_data_preparation" if dataset == "scenes" else data_root()
    found = material(dataset, task.kind, root)
    train, test, _ = found
    methods, weights, absent = comparison_methods.load_networks(asked["networks"], device=asked["device"])
    page.weights.update({row: described["sha256"] for row, described in weights.items()})
    folders, incomplete = _complete(comparison_methods.fused_folders(data_root(), dataset), test)
    for name, images in folders.items():
        use_fused(page, name, dataset, images)
    everywhere, test_only = inputs(methods, weights, folders)
    sizes = {name: tuple(asked[name]) for name in ("train_size", "test_size")} | {"batch": asked["batch"]}
    budget = Budget(asked["steps"], learning_rate=asked["learning_rate"], **sizes)
    adaptation = Budget(asked["adaptation_steps"], learning_rate=asked["adaptation_rate"], **sizes)
    plan = Plan(train, test, everywhere, test_only, budget, adaptation, tuple(asked["seeds"]))
    stand_in = [f"<b>The embedded scenes stand in.</b> {escape(missing)}"] if missing else []
    return Setting(
        asked,
        Bench(task, asked["device"], asked["precision"]),
        plan,
        asked["reference"] if asked["reference"] in everywhere else next(reversed(everywhere)),
        [pair.stem for pair in test.pairs],
        [test.label[pair.stem] for pair in test.pairs],
        test.names,
        {row: known["schedule"]["steps"] for row, known in weights.items() if "schedule" in known},
        [*stand_in, *_facts(task, plan, dataset, _entered(page, dataset, found), [*absent, *incomplete])],
        "Embedded scenes, no benchmark. " if dataset == "scenes" else "",
        _basis(plan),
        _adapted_basis(plan),
    )


def _complete(folders: dict[str, dict[str, Path]], test: Labelled) -> tuple[dict[str, dict[str, Path]], list[str]]:
    """The folders that have every test image, which a data-set score takes, and a sentence on each of the others."""
    stems = {pair.stem for pair in test.pairs}
    lacking = {name: len(stems - images.keys()) for name, images in folders.items()}
    said = [f"{name}: its folder lacks {count} of {len(stems)} test images" for name, count in lacking.items() if count]
    return {name: images for name, images in folders.items() if not lacking[name]}, said


def _entered(page: Page, dataset: str, found: Material) -> str:
    """Enter the pairs into the page's provenance; how many they are, in words."""
    train, test = found.train.pairs, found.test.pairs
    first, second = found.splits
    if first == second:  # one published split, which ours divides
        said = use_pairs(page, dataset, first, [*train, *test])
        return f"{said}, of which {len(train)} to train on and {len(test)} to test on"
    return f"training {use_pairs(page, dataset, first, train)}, test {use_pairs(page, dataset, second, test)}"


def _basis(plan: Plan) -> str:
    epochs = plan.budget.steps * plan.budget.batch / len(plan.train.pairs)
    images = f"{len(plan.train.pairs)} training and {len(plan.test.pairs)} test images"
    return f"{images}, {epochs:.0f} epochs, seeds {list(plan.seeds)}"


def _adapted_basis(plan: Plan) -> str:
    images = len(source_inputs()) * len(plan.train.pairs)
    epochs = plan.budget.steps * plan.budget.batch / images
    return (
        f"{len(plan.test.pairs)} test images, seeds {list(plan.seeds)}; {epochs:.0f} epochs of {images} images of the "
        f"sources, then {plan.adaptation.steps} steps on half of the test images"
    )


def _facts(task: Task, plan: Plan, dataset: str, pairs: str, absent: list[str]) -> list[str]:
    budget, unlabelled = plan.budget, [*plan.train.left_out, *plan.test.left_out]
    facts = [
        f"<b>Data:</b> {dataset}: {pairs}; {len(plan.test.names)} classes."
        + (" Synthetic street scenes: no benchmark." if dataset == "scenes" else ""),
        f"<b>Network:</b> {task.network}. {budget.steps} steps of {budget.batch} windows, each half to all of an "
        f"image, scaled to {_size(budget.train_size)}; tested on whole images at {_size(budget.test_size)}. "
        f"{_basis(plan)}.",
        f"<b>Inputs</b> with images of all pairs: {', '.join(plan.everywhere)}; of the test pairs alone: "
        f"{', '.join(plan.test_only) or 'none'}.",
        *(f"<b>Left out:</b> {escape(reason)}" for reason in absent),
    ]
    if dataset == "MSRS":
        facts.append("<b>Shared scenes:</b> the test split takes every fourth frame of the same drives.")
    if unlabelled:
        facts.append(f"<b>Without a label file, left out:</b> {', '.join(unlabelled)}.")
    return facts


def _size(sides: tuple[int, int]) -> str:
    return f"{sides[1]} x {sides[0]}"


def interventions(setting: Setting, scores: Columns, column: str, resamples: int) -> pd.DataFrame:
    """The network trained with interventions against the same without, under each protocol; no rows without both.

    What `isfstudy.downstream.tables.against` gives, and `steps`: how long both were trained.
    """
    table = (
        against(scores, column, len(setting.stems), reference=WITHOUT, resamples=resamples, methods=(WITH, WITHOUT))
        if {WITH, WITHOUT} <= {*setting.plan.everywhere}
        else None
    )
    if table is None:
        return pd.DataFrame(columns=["protocol", "pairs", "score", "lead", "lead_low", "lead_high", "verdict", "steps"])
    return table[table["method"] == WITH].assign(steps=setting.fusion_steps[WITH])


def night_and_day(setting: Setting, scores: Columns) -> pd.DataFrame:
    """What `isfstudy.downstream.tables.values` gives, by day and at night, in a column `time`."""
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
