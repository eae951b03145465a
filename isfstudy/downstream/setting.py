"""How a page of detection or segmentation opens: from its parameters to labelled pairs, inputs and budgets."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from isfcore.datasets.catalogue import data_set
from isfcore.datasets.local import data_root, pairs_here
from isfstudy.comparison.clusters import clusters
from isfstudy.comparison.methods import fused_folders, network_methods
from isfstudy.comparison.opening import SCENES, open_networks, root_of
from isfstudy.downstream.labels import Labelled
from isfstudy.downstream.regimes import Comparison, inputs
from isfstudy.downstream.runs import Bench
from isfstudy.downstream.sentences import adapted_basis, basis, facts, together, unit
from isfstudy.downstream.split import Material, material
from isfstudy.downstream.training import Budget, Task
from isfstudy.report.page import Page, use_fused, use_pairs

# What is done on the embedded scenes where the set that a page asks for is not here: enough to show that it runs.
STAND_IN = {"dataset": SCENES, "steps": 40, "batch": 4, "train_size": [96, 128], "test_size": [96, 128]}
STAND_IN |= {"adaptation_steps": 4, "noise_inputs": [], "base_seeds": {}}


class Setting(NamedTuple):
    """A page's comparison.

    Attributes:
        asked: the page's parameters, or those of `STAND_IN`.
        bench, comparison: see `isfstudy.downstream.runs` and `isfstudy.downstream.regimes`.
        reference: the input that the others are compared with.
        stems, clusters, truths: of the test pairs: names, what is drawn together for intervals
            (`isfstudy.comparison.clusters`), and labels.
        names: of the classes.
        fusion_trained: `steps`, `batch` and `side` of each fusion network that was trained here.
        facts: what a reader has to know of data, network and inputs, in HTML.
        warning: in front of captions where the data are synthetic.
        basis: numbers of images, epochs and seeds, for captions; `adapted_basis` those of the regime `adapted`.
        unit: what intervals are over, in words.
    """

    asked: dict[str, Any]
    bench: Bench
    comparison: Comparison
    reference: str
    stems: list[str]
    clusters: list[str]
    truths: list[np.ndarray]
    names: tuple[str, ...]
    fusion_trained: dict[str, dict[str, int]]
    facts: list[str]
    warning: str
    basis: str
    adapted_basis: str
    unit: str


def open_setting(page: Page, task: Task) -> Setting:
    """The comparison that a page's parameters ask for; pairs, folders and weights enter the page's provenance.

    Where no pair of the set is here the embedded scenes stand in, which `facts` and `warning` say.

    Raises:
        FileNotFoundError, ValueError: for labels that are not here, or are wrong, see
        `isfstudy.downstream.split.material`.
    """
    asked, missing = page.parameters, ""
    if asked["dataset"] != SCENES:
        _, missing = pairs_here(asked["dataset"], list(data_set(asked["dataset"]).pairs)[0], data_root())
    if missing:
        asked = asked | STAND_IN
    dataset = asked["dataset"]
    chosen = material(dataset, task.kind, root_of(page, dataset), asked["data"])
    opened = open_networks(page, asked["networks"])
    folders, left_out = _judged(fused_folders(data_root(), dataset), asked["methods"], chosen.test)
    for name, images in folders.items():
        use_fused(page, name, dataset, images)
    methods = network_methods(opened.networks, device=asked["device"])
    comparison = _comparison(asked, chosen, *inputs(methods, opened.known, folders))
    stand_in = [f"<b>The embedded scenes stand in.</b> {escape(missing)}"] if missing else []
    counted, absent = _entered(page, dataset, chosen), [*opened.absent, *left_out]
    test, everywhere = comparison.test, comparison.everywhere
    stems = [pair.stem for pair in test.pairs]
    drawn = clusters(dataset, stems)
    return Setting(
        asked,
        Bench(task, asked["device"], asked["precision"]),
        comparison,
        asked["reference"] if asked["reference"] in everywhere else next(reversed(everywhere)),
        stems,
        drawn,
        [test.label[pair.stem] for pair in test.pairs],
        test.names,
        {
            row: {part: known["schedule"][part] for part in ("steps", "batch", "side")}
            for row, known in opened.known.items()
            if "schedule" in known
        },
        [*stand_in, *facts(task, comparison, dataset, counted, absent), *together(drawn)],
        "Embedded scenes, no benchmark. " if dataset == SCENES else "",
        basis(comparison),
        adapted_basis(comparison),
        unit(drawn),
    )


def _comparison(asked: dict[str, Any], chosen: Material, everywhere: dict, test_only: dict) -> Comparison:
    sizes = {name: tuple(asked[name]) for name in ("train_size", "test_size")} | {"batch": asked["batch"]}
    budget = Budget(asked["steps"], learning_rate=asked["learning_rate"], **sizes)
    adaptation = Budget(asked["adaptation_steps"], learning_rate=asked["adaptation_rate"], **sizes)
    return Comparison(chosen.train, chosen.test, everywhere, test_only, budget, adaptation, tuple(asked["seeds"]))


def _judged(
    folders: dict[str, dict[str, Path]], wanted: list[str], test: Labelled
) -> tuple[dict[str, dict[str, Path]], list[str]]:
    """The wanted folders, all if none is named, that have every test image, which a data-set score takes; and a
    sentence on why each of the others is left out."""
    stems = {pair.stem for pair in test.pairs}
    said = {}
    for name, images in folders.items():
        if wanted and name not in wanted:
            said[name] = "this profile does not ask for it (methods), as trainings on its images take long"
        elif lacking := len(stems - images.keys()):
            said[name] = f"its folder lacks {lacking} of {len(stems)} test images"
    kept = {name: images for name, images in folders.items() if name not in said}
    return kept, [f"{name}: {reason}" for name, reason in said.items()]


def _entered(page: Page, dataset: str, chosen: Material) -> str:
    """Enter the pairs into the page's provenance; how many they are, in words."""
    train, test = chosen.train.pairs, chosen.test.pairs
    first, second = chosen.splits
    if first == second:  # one published split, which ours divides
        said = use_pairs(page, dataset, first, [*train, *test])
        return f"{said}, of which {len(train)} to train on and {len(test)} to test on"
    return f"training {use_pairs(page, dataset, first, train)}, test {use_pairs(page, dataset, second, test)}"
