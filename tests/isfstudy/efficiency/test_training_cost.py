"""What a step costs: passes, overhead from scripted times, memory that can be counted by hand; never a real time."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective
from isfstudy.efficiency import timing, training_cost

SIZE = {"batch": 2, "side": 32, "rounds": 1, "device": "cpu", "precision": "float32"}
LOSSES = ["fidelity alone", "with masked passes", "with all passes"]


class OneWeight(nn.Module):
    """A network of one weight, whose fused image is exp(weight x image)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (self.weight * image).exp()


def sum_of_both(network: nn.Module, recipe, precision):
    """An objective in whose place autograd keeps every image that is multiplied, and every exponential."""

    def objective(views, statistics):
        fused = [network(image).sum() for both in views.values() for image in both]
        return {"total": torch.stack(fused).sum()}

    return objective


@pytest.fixture
def one_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_cost, "new_network", lambda recipe, seed: OneWeight())
    monkeypatch.setattr(training_cost, "Objective", sum_of_both)


def test_more_passes_keep_more_and_the_first_is_the_measure():
    table = training_cost.step_cost(load_recipe("released"), **SIZE)
    columns = ["losses", "passes", "seconds", "images_per_second", "overhead", "saved_mib"]
    assert list(table.columns) == columns and table["losses"].to_list() == LOSSES
    assert table["passes"].to_list() == [1, 3, 5]
    assert table["overhead"][0] == 1
    assert table["images_per_second"].to_list() == pytest.approx((2 / table["seconds"]).to_list())
    assert table["saved_mib"].is_monotonic_increasing and table["saved_mib"].is_unique
    # Nothing of a masked pass is shared with the clean one, so that each of them keeps about as much.
    assert table["saved_mib"][1] / table["saved_mib"][0] == pytest.approx(3, rel=0.1)


def test_what_is_kept_is_counted_once_however_often_it_is_used(one_weight):
    table = training_cost.step_cost(load_recipe("released"), **SIZE | {"batch": 4})
    image = 4 * 32 * 32 * 4 / 2**20  # MiB of a batch in float32
    black = image / 4  # one image for the whole batch
    assert table["saved_mib"].to_list() == pytest.approx(
        [
            2 * image + 2 * image,  # images of one pass, and what is made of them
            6 * image + 6 * image,
            6 * image + black + 10 * image,  # the last two passes bring but one new image, the black one
        ]
    )


def test_overhead_and_time_are_medians_over_rounds_without_the_first(one_weight, monkeypatch):
    # A row a round, the first to warm up; ratios to the first column are 3 and 6, 4 and 3, 2 and 5.
    scripted = iter([100, 200, 900, 1, 3, 6, 5, 20, 15, 2, 4, 10])
    clock = 0.0

    def step(*_):
        nonlocal clock
        clock += next(scripted)

    monkeypatch.setattr(training_cost, "train_step", step)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock))
    table = training_cost.step_cost(load_recipe("released"), **SIZE | {"rounds": 3})
    assert next(scripted, None) is None
    assert table["seconds"].to_list() == [2, 4, 10]
    assert table["images_per_second"].to_list() == [1, 0.5, 0.2]
    assert table["overhead"].to_list() == [1, 3, 5]


@pytest.mark.parametrize("name", ["released", "printed"])
def test_variants_are_the_recipe_with_fewer_losses(name):
    recipe = load_recipe(name)
    assert recipe.alpha and recipe.beta
    made = training_cost.variants(recipe)
    assert list(made) == LOSSES and made["with all passes"] == recipe
    assert [(variant.alpha, variant.beta) for variant in made.values()] == [
        (0, 0),
        (recipe.alpha, 0),
        (recipe.alpha, recipe.beta),
    ]
    whole = replace(recipe, alpha=0, beta=0)
    assert all(asdict(replace(variant, alpha=0, beta=0)) == asdict(whole) for variant in made.values())


def test_networks_images_and_masks_are_the_same_in_all_variants(monkeypatch):
    weights, seen = [], []

    def remembering(network, recipe, precision):
        weights.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        return Objective(network, recipe, precision)

    def step(objective, network, optimiser, views):
        assert network.training and optimiser.param_groups[0]["params"][0] is next(network.parameters())
        seen.append(views)

    monkeypatch.setattr(training_cost, "Objective", remembering)
    monkeypatch.setattr(training_cost, "train_step", step)
    training_cost.step_cost(load_recipe("printed"), **SIZE)
    assert len(weights) == 3 and len(seen) == 6  # one step to warm up, and one round
    for other in weights[1:]:
        assert other.keys() == weights[0].keys()
        assert all(torch.equal(other[name], tensor) for name, tensor in weights[0].items())
    whole = seen[2]
    for views in seen[:2]:
        for name, both in views.items():
            assert all(torch.equal(*images) for images in zip(both, whole[name], strict=True)), name
