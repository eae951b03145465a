"""Trainings that a notebook starts, and their weights beside the results."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from isfstudy.report.page import Page
from isfstudy.trainings import runs
from isfstudy.trainings.runs import train_here
from tests.helpers.finished_run import make_run
from tests.helpers.small_sets import write_set


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page("02_training", tmp_path / "run" / "02_training", tmp_path / "run", {})


@pytest.mark.parametrize("side, one_core", [(64, True), (65, False)])
def test_each_recipe_is_trained_with_each_seed_small_steps_on_one_core(page, tmp_path, monkeypatch, side, one_core):
    asked = []

    def train_recipe(recipe: str, **options: object) -> Path:
        asked.append((recipe, options["seed"]))
        assert (torch.get_num_threads() == 1) is one_core
        root = str(page.study / "01_data_preparation")
        expected = {"dataset": "scenes", "root": root, "steps": None, "epochs": 2, "batch": 4, "side": side}
        assert options == expected | {"seed": options["seed"], "device": "cpu"}
        return make_run(tmp_path / f"{recipe} {options['seed']}", recipe=recipe, seed=options["seed"])

    monkeypatch.setattr(runs, "train_recipe", train_recipe)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    recipes, size = {"full": "paired", "released": "released"}, {"steps": 0, "epochs": 2, "batch": 4, "side": side}
    records = train_here(page, recipes, [0, 3], dataset="scenes", device="cpu", **size)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    assert asked == [("paired", 0), ("paired", 3), ("released", 0), ("released", 3)]
    assert list(records) == [("full", 0), ("full", 3), ("released", 0), ("released", 3)]
    for (name, seed), record in records.items():
        assert record.recipe.name == recipes[name] and record.summary["seed"] == seed
        assert record.weights == page.folder / "weights" / f"{name}-seed{seed}.safetensors" and record.weights.is_file()


def test_what_was_trained_is_not_trained_again(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_set(page.study / "01_data_preparation", count=2, split="train")
    size = {"steps": 2, "epochs": 0, "batch": 2, "side": 32, "validation_pairs": 0}
    first, again = (
        train_here(page, {"mine": "paired"}, [0], dataset="scenes", device="cpu", **size)["mine", 0] for _ in range(2)
    )
    assert first.log.equals(again.log), "seconds among it"
    assert first.weights.name == "mine-seed0.safetensors" and len(list((tmp_path / "runs").iterdir())) == 1
