"""Trainings that a notebook starts; their weights are kept beside its results."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from isfcore.training.launch import train_recipe
from isfstudy.comparison.opening import root_of
from isfstudy.report.page import Page
from isfstudy.trainings.one_core import one_core_if_small
from isfstudy.trainings.records import Record, read_record


def train_here(
    page: Page,
    recipes: dict[str, str],
    seeds: Sequence[int],
    *,
    dataset: str,
    steps: int,
    epochs: int,
    batch: int,
    side: int,
    **options: Any,
) -> dict[tuple[str, int], Record]:
    """Train each recipe with each seed, and copy the weights to the page's folder.

    A training that was done before is not done again, and one that was killed goes on. Steps are computed as
    `isfstudy.trainings.one_core` says.

    Args:
        recipes: by name, which the weights are named after.
        dataset: the training pairs; the set to watch on lies at the same place.
        steps, epochs: how long, one of them 0.
        batch, side, options: fields of `isfcore.training.options.Options`.

    Returns:
        By name and seed; the weights are those in the page's folder.

    Raises:
        What `isfcore.training.launch.train_recipe` raises.
    """
    options |= {"dataset": dataset, "root": str(root_of(page, dataset)), "batch": batch, "side": side}
    options |= {"steps": steps or None, "epochs": epochs or None}
    kept = page.folder / "weights"
    kept.mkdir(parents=True, exist_ok=True)
    records = {}
    with one_core_if_small(batch, side):
        for name, recipe in recipes.items():
            for seed in seeds:
                record = read_record(train_recipe(recipe, seed=seed, **options))
                copy = shutil.copyfile(record.weights, kept / f"{name}-seed{seed}.safetensors")
                records[name, seed] = record._replace(weights=copy)
    return records
