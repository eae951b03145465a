"""The passes of a training step: what is encoded, what batch norm sees and remembers, and what is put back after."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from benchmarks import plain_training
from isfcore.network import Encoder
from isfcore.training.passes import Seen, recording, run_passes, update_running
from isfcore.training.recipe import load_recipe
from tests.helpers.batches import network_of, plain, views_of

ORDER = ["clean", "complementary", "random", "infrared_only", "visible_only"]
FIRST = "encoder_infrared.full_size.0.1"  # the name of the batch norm that sees the infrared image first


def norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}


def remembered(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.named_buffers()}


def same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> bool:
    return all(torch.allclose(ours[name], theirs[name], rtol=1e-10, atol=1e-10) for name in theirs)


def after_our_passes(network: nn.Module, views: dict, batch: int) -> dict[str, torch.Tensor]:
    network = copy.deepcopy(network)
    with torch.no_grad(), recording(network) as statistics:
        run_passes(network, views, statistics)
    update_running(statistics, batch)
    return remembered(network)


def after_plain_passes(network: nn.Module, views: dict) -> dict[str, torch.Tensor]:
    network = copy.deepcopy(network)
    with torch.no_grad():
        for infrared, visible in plain(views).values():
            plain_training.forward(network, infrared, visible)
    return remembered(network)


@pytest.mark.parametrize(
    "name, infrared, visible",
    # In order: clean, complementary, random, and the black image, which is one for the batch of 3. A shared encoder
    # meets both images of each pass, and the black image once for both passes.
    [("released", [3, 3, 3, 1], [3, 3, 3, 1]), ("printed", [3, 3, 3, 3, 3, 3, 1], None)],
)
def test_each_image_is_encoded_once_and_black_as_a_batch_of_one(monkeypatch, name, infrared, visible):
    recipe = load_recipe(name)
    network = network_of(recipe)
    calls = {network.encoder_infrared: [], network.encoder_visible: []}
    forward = Encoder.forward

    def counting(encoder, image):
        calls[encoder].append(image)
        return forward(encoder, image)

    monkeypatch.setattr(Encoder, "forward", counting)
    views = views_of(recipe, batch=3)
    with torch.no_grad(), recording(network) as statistics:
        fused = run_passes(network, views, statistics)
    assert [len(image) for image in calls[network.encoder_infrared]] == infrared
    if visible:
        assert [len(image) for image in calls[network.encoder_visible]] == visible
    blacks = [image for images in calls.values() for image in images if len(image) == 1]
    assert not any(image.any() for image in blacks)
    assert list(fused) == ORDER and all(one.luma.shape == (3, 1, 32, 32) for one in fused.values())


@pytest.mark.parametrize("name", ["released", "printed"])
def test_running_statistics_are_those_of_plain_passes_in_the_documented_order(name):
    recipe = load_recipe(name)
    network = network_of(recipe, torch.float64)
    views = views_of(recipe, torch.float64)
    assert list(views) == ORDER
    before, expected = remembered(network), after_plain_passes(network, views)
    ours = after_our_passes(network, views, batch=2)
    assert same(ours, expected)
    once_a_pass = {"released": 5, "printed": 10}[name]  # a shared encoder runs twice in a pass
    for norm in norms(network):
        added = ours[f"{norm}.num_batches_tracked"] - before[f"{norm}.num_batches_tracked"]
        assert added == (once_a_pass if norm.startswith("encoder") else 5), norm

    backwards = dict(reversed(views.items()))
    assert not same(after_our_passes(network, backwards, batch=2), expected)
    assert same(after_our_passes(network, backwards, batch=2), after_plain_passes(network, backwards))


def test_a_shared_encoder_remembers_the_infrared_image_before_the_visible_one():
    recipe = load_recipe("printed")
    network = network_of(recipe, torch.float64)
    infrared, visible = views_of(recipe, torch.float64)["clean"]
    ours = after_our_passes(network, {"clean": (infrared, visible)}, batch=2)
    assert same(ours, after_plain_passes(network, {"clean": (infrared, visible)}))
    swapped = after_plain_passes(network, {"clean": (visible, infrared)})
    assert not torch.allclose(ours[f"{FIRST}.running_mean"], swapped[f"{FIRST}.running_mean"], rtol=1e-6)


def test_a_later_view_shares_what_it_has_in_common_whichever_comes_first():
    recipe = load_recipe("released")
    network = network_of(recipe, torch.float64)
    views = views_of(recipe, torch.float64)
    with torch.no_grad(), recording(network) as statistics:
        run_passes(network, views, statistics)
    infrared = statistics[norms(network)[FIRST]]
    assert len(infrared) == 5
    clean, _, random, infrared_only, black = infrared
    assert torch.equal(clean.mean, infrared_only.mean) and torch.equal(clean.variance, infrared_only.variance)
    assert not torch.equal(clean.mean, random.mean)
    assert clean.positions == black.positions == 32 * 32
    quarter = statistics[norms(network)["encoder_visible.quarter_size.1.1"]]
    assert [seen.positions for seen in quarter] == [8 * 8] * 5


def test_running_values_move_by_the_momentum_and_the_unbiased_variance():
    norm = nn.BatchNorm2d(2, momentum=0.25)  # mean 0, variance 1
    seen = [
        Seen(torch.tensor([4.0, 0.0]), torch.tensor([5.0, 1.0]), 3),
        Seen(torch.tensor([0.0, 8.0]), torch.tensor([0.0, 5.0]), 3),
    ]
    update_running({norm: seen}, batch=2)  # 6 values a channel: unbiased variances are 6/5 of the biased
    assert norm.running_mean.tolist() == pytest.approx([0.75, 2.0])
    assert norm.running_var.tolist() == pytest.approx([(0.75 + 1.5) * 0.75, (0.75 + 0.3) * 0.75 + 1.5])
    assert norm.num_batches_tracked == 2


def forwards(network: nn.Module) -> list:
    return [module.forward for module in network.modules()]


def test_recording_sees_the_batch_updates_nothing_and_puts_every_forward_back():
    recipe = load_recipe("released")
    network = network_of(recipe, torch.float64)
    infrared, visible = views_of(recipe, torch.float64)["clean"]
    known, before = forwards(network), remembered(network)
    with torch.no_grad():
        with recording(network) as statistics:
            assert sum("forward" in vars(module) for module in network.modules()) == len(norms(network)) == 22
            fused = network(infrared, visible)
        convolved = network.encoder_infrared.full_size[0][0](infrared)
    assert forwards(network) == known and not any("forward" in vars(module) for module in network.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.named_buffers())
    assert all(len(calls) == 1 for calls in statistics.values())
    (seen,) = statistics[norms(network)[FIRST]]
    assert torch.allclose(seen.mean, convolved.mean(dim=(0, 2, 3)))
    assert torch.allclose(seen.variance, convolved.var(dim=(0, 2, 3), correction=0))
    with torch.no_grad():
        expected, _ = plain_training.forward(network, infrared, visible)
    assert torch.allclose(fused.luma, expected, rtol=1e-10)


def test_recording_puts_every_forward_back_after_an_exception():
    network = network_of(load_recipe("printed"))
    known = forwards(network)
    with pytest.raises(RuntimeError, match="half way"):
        with recording(network):
            raise RuntimeError("half way")
    assert forwards(network) == known and not any("forward" in vars(module) for module in network.modules())
