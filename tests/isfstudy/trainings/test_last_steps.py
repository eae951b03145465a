"""Other last steps of training: their running statistics worked out beside, the order of passes, and what draws say."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from isfcore.inference import prepare
from isfcore.training.passes import Seen
from isfcore.training.recipe import load_recipe
from isfstudy.notebooks import load_profile
from isfstudy.trainings.last_steps import (
    DRAWN,
    SETTLED,
    after,
    last_steps,
    likeness,
    redrawn_scores,
    redrawn_statistics,
    settled,
)
from isfstudy.trainings.released_weights import FEEDS, PASSES, brightness_of, brightness_seen, order_of
from isfstudy.trainings.samples import unseen_views
from tests.helpers.made_up_training import sample, trained_on

RECIPES = {"paired": load_recipe("paired"), "independent": load_recipe("released")}
SIZE = {"steps": 8, "batch": 2, "side": 32}


@pytest.mark.parametrize("profile", ["real", "paper"])
def test_the_last_steps_are_of_the_paper_s_size(profile):
    """Crops of 256 in batches of 16 (section 4.1): of smaller ones statistics scatter more than the authors' did."""
    values = load_profile(profile)["12_released_weights"]
    assert (values["redrawn_crop"], values["redrawn_batch"]) == (256, 16)


def test_running_statistics_after_a_step_by_hand():
    network = trained_on(0.5, 0.5)
    name = "encoder_infrared.full_size.0.1"
    before = network.get_submodule(name).running_mean.clone()
    seen = [Seen(torch.full((32,), float(value)), torch.ones(32), 9) for value in range(5)]
    norm = after(network, [{name: seen}], batch=2).get_submodule(name)
    expected = 0.9**5 * before + sum(0.1 * 0.9 ** (4 - value) * value for value in range(5))
    assert torch.allclose(norm.running_mean, expected)
    assert torch.equal(network.get_submodule(name).running_mean, before), "the network stays as it was"


def test_settled_statistics_are_plain_means_of_the_passes_that_are_asked_for():
    network = trained_on(0.5, 0.5)
    name = "encoder_infrared.full_size.0.1"
    steps = [
        {
            name: [
                Seen(torch.full((32,), float(10 * step + place)), torch.full((32,), 2.0 + step), 9)
                for place in range(5)
            ]
        }
        for step in range(2)
    ]
    norms = [settled(network, steps, passes).get_submodule(name) for passes in SETTLED.values()]
    assert [norm.running_mean[0].item() for norm in norms] == [7.0, 5.0], "of 0 to 4 and 10 to 14; of 0 and 10"
    assert all(norm.running_var[0].item() == 2.5 for norm in norms)


def test_redrawn_statistics_leave_weights_alone_and_forget_those_of_the_file():
    network = trained_on(0.9, 0.9)
    before = copy.deepcopy(network.state_dict())
    steps = last_steps(network, RECIPES["paired"], sample(), **SIZE)
    drawn = list(redrawn_statistics(network, steps, draws=2, batch=2))
    for other in drawn:
        assert all(torch.equal(weight, before[name]) for name, weight in other.named_parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    norms = [other.encoder_infrared.full_size[0][1].running_mean for other in drawn]
    assert not torch.equal(*norms)
    assert order_of(brightness_seen(drawn[1]), brightness_of(sample())) == "as named"


@pytest.mark.parametrize("steps", [2, 4, 12])
def test_likeness_is_the_correlation_of_draws_that_share_their_steps(steps):
    random = np.random.default_rng(0)
    held = random.normal(size=(20_000, steps))
    weights = 0.9 ** (5 * np.arange(steps))
    draws = [random.permuted(held, axis=1) @ (weights / weights.sum()) for _ in range(2)]
    assert likeness(steps) == pytest.approx(np.corrcoef(draws)[0, 1], abs=0.02)


def scored_with(network, trained):
    """`redrawn_scores` of a validation that counts, and the networks that it was asked to score."""
    scored = []

    def validate(prepared):
        scored.append(prepared)
        return dict.fromkeys(DRAWN[4:], float(len(scored))), {}

    return redrawn_scores(network, RECIPES, sample(), validate, trained=trained, draws=2, **SIZE), scored


def test_scores_begin_with_the_file_s_own_and_have_an_arm_for_feed_order_and_crops():
    network = trained_on(0.9, 0.9)
    table, scored = scored_with(network, FEEDS[0])
    assert list(table.columns) == DRAWN
    assert table["statistics"].to_list() == ["in the file"] * 2 + ["redrawn"] * 8 + [
        name for name in SETTLED for _ in FEEDS
    ]
    arms = table.iloc[2:10][["crops", "fourth", "feed"]].apply(tuple, axis=1).to_list()
    both = [("paired", "visible", FEEDS[0]), ("paired", "visible", FEEDS[1])] * 2
    other, independent = ("paired", "infrared", FEEDS[0]), ("independent", "visible", FEEDS[0])
    assert arms == [*both, other, other, independent, independent]
    assert table["AG"].to_list() == list(range(1, 15))
    own = prepare(network).encoder_infrared.full_size[0][0].bias
    assert torch.equal(scored[0].encoder_infrared.full_size[0][0].bias, own)
    assert torch.equal(scored[1].encoder_visible.full_size[0][0].bias, own), "fed exchanged"
    assert not torch.equal(scored[2].encoder_infrared.full_size[0][0].bias, own)


@pytest.mark.parametrize("trained, fourth", [(FEEDS[0], "visible"), (FEEDS[1], "infrared")])
def test_the_fourth_pass_drops_the_image_that_was_in_the_visible_encoder(monkeypatch, trained, fourth):
    """Exchanged that is the real infrared image: the images change places before they are masked, not the encoders."""
    norm, drawn, given = "encoder_infrared.full_size.0.1", [], []

    def seen_in(network, recipe, images, *, steps, batch, side):
        given.append(images)
        return [{norm: [Seen(torch.full((32,), float(place)), torch.ones(32), 9) for place in range(5)]}] * steps

    monkeypatch.setattr("isfstudy.trainings.last_steps.last_steps", seen_in)
    monkeypatch.setattr("isfstudy.trainings.last_steps.prepare", lambda network, place: drawn.append(network))
    monkeypatch.setattr("isfstudy.trainings.last_steps.exchange", lambda network: network)  # see them as they are drawn
    asked = {"trained": trained, "draws": 1, "steps": 40, "batch": 2, "side": 32}
    table = redrawn_scores(trained_on(0.9, 0.9), RECIPES, sample(), lambda network: ({}, {}), **asked)
    assert table["fourth"].to_list()[2:4] == [fourth] * 2 and table["fourth"][4] != fourth

    pair = unseen_views(given[0], RECIPES["paired"], step=0, batch=2, side=32)[PASSES[3]]
    left = max(image.mean().item() for image in pair) * 255
    assert min(image.abs().max().item() for image in pair) == 0, "one image is black"
    assert (left > 80) == (fourth == "infrared"), "what is left is the bright visible image, or the dark infrared one"

    weights = 0.1 * 0.9 ** np.arange(4, -1, -1) / (1 - 0.9**5)
    for network, order in ((drawn[2], [0, 1, 2, 3, 4]), (drawn[4], [0, 1, 2, 4, 3])):
        assert network.get_submodule(norm).running_mean[0].item() == pytest.approx(weights @ order, rel=1e-4)
