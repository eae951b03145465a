"""What each loss asks of the weights: against gradients taken one loss at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from isfcore.training.passes import recording
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective
from isfstudy.trainings.loss_gradients import loss_gradients
from tests.helpers.batches import network_of, views_of


def gradient(network: torch.nn.Module, recipe, views: dict, term: str) -> torch.Tensor:
    network.zero_grad()
    with recording(network) as statistics:
        Objective(network, recipe, torch.float32)(views, statistics)[f"{term}_total"].backward()
    zeros = (torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in network.parameters())
    return torch.cat([part.flatten() for part in zeros])


def test_shares_and_directions_are_those_of_each_loss_alone():
    recipe = load_recipe("paired")
    network, views = network_of(recipe), views_of(recipe)
    table = loss_gradients(network, recipe, views).set_index("loss")
    assert list(table.index) == ["fidelity", "consistency", "necessity"]
    assert table.loc["fidelity"].to_list() == pytest.approx([1, 1], rel=1e-4)
    fidelity = gradient(network, recipe, views, "fidelity")
    for term, weight in (("consistency", recipe.alpha), ("necessity", recipe.beta)):
        alone = gradient(network, recipe, views, term)
        assert table.loc[term, "share"] == pytest.approx((weight * alone.norm() / fidelity.norm()).item(), rel=1e-3)
        cosine = (alone @ fidelity / alone.norm() / fidelity.norm()).item()
        assert table.loc[term, "direction"] == pytest.approx(cosine, abs=1e-3)


def test_a_loss_that_the_recipe_does_not_have_has_no_row_and_weights_stay():
    recipe = replace(load_recipe("paired"), beta=0)
    network = network_of(recipe)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    table = loss_gradients(network, recipe, views_of(recipe))
    assert table["loss"].to_list() == ["fidelity", "consistency"]
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())
