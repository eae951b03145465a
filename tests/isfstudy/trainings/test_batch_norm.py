"""What batch norm sees, and the same weights with other statistics: against values worked out beside."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from isfcore.metrics import METRICS
from isfcore.training.passes import recording, run_passes, update_running
from isfcore.training.recipe import load_recipe
from isfstudy.trainings import batch_norm
from isfstudy.trainings.batch_norm import (
    other_statistics,
    seen_by_batch_norm,
    with_statistics,
)
from isfstudy.trainings.released_weights import brightness_of, brightness_seen
from tests.helpers.batches import network_of, views_of
from tests.helpers.made_up_training import BLACK, sample, trained_on

PASSES = ["clean", "complementary", "random", "infrared_only", "visible_only"]
FIRST = "encoder_infrared.full_size.0.1"  # the name of the batch norm that sees the infrared image first


def norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}


def test_what_batch_norm_sees_is_measured_in_running_deviations():
    recipe = load_recipe("released")
    network = network_of(recipe, torch.float64)
    views = views_of(recipe, torch.float64)
    before = {name: tensor.clone() for name, tensor in network.named_buffers()}
    modes = [module.training for module in network.modules()]
    table = seen_by_batch_norm(network, views)
    assert list(table.columns) == ["layer", "pass", "shift", "spread"]
    assert len(table) == 22 * 5 and list(dict.fromkeys(table["pass"])) == PASSES
    norm, convolve = norms(network)[FIRST], network.encoder_infrared.full_size[0][0]
    rows = table[table["layer"] == FIRST].set_index("pass")
    for name, (infrared, _) in views.items():
        with torch.no_grad():
            convolved = convolve(infrared)
        running = (norm.running_var + norm.eps).sqrt()
        shift = (convolved.mean(dim=(0, 2, 3)) - norm.running_mean).abs() / running
        spread = (convolved.var(dim=(0, 2, 3), correction=0) + norm.eps).sqrt() / running
        assert rows.loc[name, "shift"] == pytest.approx(shift.mean().item()), name
        assert rows.loc[name, "spread"] == pytest.approx(spread.median().item()), name
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.named_buffers())
    assert [module.training for module in network.modules()] == modes
    assert not any("forward" in vars(module) for module in network.modules())


def test_a_batch_that_the_running_statistics_are_of_has_no_shift_and_spread_one():
    recipe = load_recipe("released")
    network = network_of(recipe, torch.float64)
    views = {"clean": views_of(recipe, torch.float64)["clean"]}
    assert seen_by_batch_norm(network, views)["shift"].min() > 1e-3
    for norm in norms(network).values():
        norm.momentum = 1.0
    with torch.no_grad(), recording(network) as statistics:
        run_passes(network, views, statistics)
    update_running(statistics, batch=2)
    table = seen_by_batch_norm(network, views)
    assert table["shift"].max() < 1e-10
    # All but 1: running variances are unbiased, and at a quarter of the size a channel has 2 x 8 x 8 values.
    assert table["spread"].between(((2 * 8 * 8 - 1) / (2 * 8 * 8)) ** 0.5 - 1e-9, 1).all()
    for norm in norms(network).values():
        norm.running_var.mul_(4)
    halved = seen_by_batch_norm(network, views)
    # All but a half: the same epsilon is added to both variances.
    assert halved["spread"].to_list() == pytest.approx((table["spread"] / 2).to_list(), rel=2e-3)


def test_statistics_settle_on_the_passes_asked_for():
    network, recipe = trained_on(0.9, 0.9), load_recipe("paired")
    size = {"side": 32, "batch": 2}
    norm = "encoder_infrared.full_size.0.1.running_mean"
    means = {
        batches: with_statistics(network, recipe, sample(), passes=passes, batches=batches, **size).state_dict()[norm]
        for passes, batches in ((None, 0), (None, 1), (("clean",), 2))
    }
    assert torch.equal(means[0], network.state_dict()[norm])
    seen = trained_on(0.0, 0.0)
    seen.load_state_dict(network.state_dict() | {norm: means[2]})
    # No black pass among the clean ones: the share that is taken out makes it look brighter by that much.
    bright = brightness_seen(seen).set_index("encoder").loc["infrared", "brightness"] * (1 - BLACK["infrared"])
    expected = brightness_of(sample()).set_index("modality").loc["infrared", "brightness"]
    assert bright == pytest.approx(expected, abs=0.02)
    assert not torch.equal(means[1], means[2])


def test_other_statistics_score_each_source_once(monkeypatch):
    sources = {"in the weights": (None, 0), "1 batch": (None, 1), "1, clean": (("clean",), 1)}
    monkeypatch.setattr(batch_norm, "SOURCES", sources)
    network, recipe = trained_on(0.9, 0.9), load_recipe("paired")
    means = []

    def validate(prepared):
        means.append(prepared.encoder_infrared.full_size[0][0].bias.clone())
        return dict.fromkeys(METRICS, float(len(means))) | {"gate_full_size": 0.5}, {}

    size = {"side": 32, "validate": validate, "place": torch.device("cpu")}
    table = other_statistics(network, recipe, sample(), **size)
    assert list(table.columns) == ["statistics", *METRICS] and table["statistics"].to_list() == list(sources)
    assert table["AG"].to_list() == [1, 2, 3]
    assert len({tuple(mean.tolist()) for mean in means}) == 3, "each source has its own"
