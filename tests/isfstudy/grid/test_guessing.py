"""The task in which a shortcut pays: what the network sees, what it is asked for, and a run that was killed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from isfcore.losses import consistency_loss, necessity_loss
from isfcore.network import Fused
from isfcore.training import loop
from isfcore.training.recipe import load_recipe
from isfcore.training.run_folder import CHECKPOINT, LOG, VALIDATION, WEIGHTS, read_description
from isfstudy.grid import guessing
from isfstudy.grid.plan import Run, planned
from isfstudy.grid.work import work

SMALL = {"steps": 4, "batch": 2, "side": 16, "seeds": 1, "looks": [2, 4], "settling": 1, "precision": "float32"}
SMALL |= {"training_scenes": 2, "test_scenes": 1, "data": ["scenes_rate_1"]}
PASSES = ("clean", "complementary", "random", "infrared_only", "visible_only")


def only() -> Run:
    (run,) = planned("shortcut", **SMALL)
    return run


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guessing")
    work([only()], folder, device="cpu")
    return folder / only().name


def test_a_run_is_looked_at_and_says_what_its_task_was(done):
    assert list(pd.read_csv(done / LOG)["step"]) == [1, 2, 3, 4]
    looks = pd.read_csv(done / VALIDATION)
    assert list(looks["step"]) == [2, 4]
    assert (looks["response_intact"] == looks["response_black"]).all(), "the network sees the visible image alone"
    assert (looks["response_intact"] != 0).all()
    assert read_description(done)["task"] == "guess_infrared"


def test_a_run_that_was_killed_goes_on_to_the_same_bits(done, tmp_path, monkeypatch):
    plain, seen = loop.save_checkpoint, []

    def killed(folder: Path, state: dict) -> None:
        plain(folder, state)
        seen.append(state["step"])
        if len(seen) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("isfstudy.grid.work.CHECKPOINT_EVERY", 3)
    monkeypatch.setattr(loop, "save_checkpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        work([only()], tmp_path, device="cpu")
    here = tmp_path / only().name
    assert (here / CHECKPOINT).is_file() and not (here / WEIGHTS).exists()
    work([only()], tmp_path, device="cpu")
    assert seen == [3, 4] and list(pd.read_csv(here / LOG)["step"]) == [1, 2, 3, 4]
    ours, theirs = (load_file(folder / WEIGHTS) for folder in (here, done))
    assert all((ours[name] == theirs[name]).all() for name in theirs)
    assert (here / VALIDATION).read_text() == (done / VALIDATION).read_text()


@pytest.mark.parametrize("name", ["without_interventions", "mask_augmentation", "paired"])
def test_the_objective_is_the_recipes_with_another_first_term(name):
    random = torch.Generator().manual_seed(0)
    gates = {name: torch.rand(2, 1, 8, 8, generator=random) for name in ("full_size", "half_size", "quarter_size")}
    passes = {name: Fused(torch.rand(2, 1, 8, 8, generator=random), gates) for name in PASSES}
    infrared = torch.rand(2, 1, 8, 8, generator=random)
    recipe = load_recipe(name)
    found = guessing._losses(passes, infrared, recipe)
    apart = {name: (passes[name].luma - infrared).abs().mean() for name in PASSES}
    expected = {
        "without_interventions": apart["clean"],
        "mask_augmentation": (apart["clean"] + apart["complementary"] + apart["random"]) / 3,
        "paired": apart["clean"]
        + 0.1 * consistency_loss(passes)["total"]
        + 0.05 * necessity_loss(passes, necessity="minimise")["total"],
    }
    assert found["total"].item() == pytest.approx(expected[name].item(), rel=1e-6)
