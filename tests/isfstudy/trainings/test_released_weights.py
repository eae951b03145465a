"""What weights tell of their training: on networks whose training is known, because it is made up here."""

from __future__ import annotations

import copy

import pandas as pd
import pytest
import torch

from isfcore.datasets.local import pairs
from isfcore.metrics import METRICS
from isfcore.network import FusionNetwork, exchange
from isfcore.training.crops import read_pairs
from isfcore.training.recipe import load_recipe
from isfcore.weights import load_weights
from isfstudy.trainings.closeness import swings
from isfstudy.trainings.figures import both_ways, by_steps, redrawn
from isfstudy.trainings.released_weights import (
    FEEDS,
    brightness_of,
    brightness_seen,
    objective_both_ways,
    order_of,
    redrawn_statistics,
    with_statistics,
)
from tests.helpers.networks import random_network

# Of five passes with a momentum of 0.1 the last one weighs 0.1, the fourth 0.09, of 1 - 0.9^5 = 0.40951 altogether.
BLACK = {"infrared": 0.1 / 0.40951, "visible": 0.09 / 0.40951}


def trained_on(infrared: float, visible: float) -> FusionNetwork:
    """A network with the running means that images of these brightnesses leave in its first layers."""
    network = copy.deepcopy(random_network())
    for modality, brightness in (("infrared", infrared), ("visible", visible)):
        convolution, norm = getattr(network, f"encoder_{modality}").full_size[0][:2]
        gain = convolution.weight.detach().sum(dim=(1, 2, 3))
        norm.running_mean.copy_(convolution.bias.detach() + gain * brightness * (1 - BLACK[modality]))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    return network


def sample(count: int = 4, side: int = 40) -> list[torch.Tensor]:
    """Pairs with a dark infrared and a bright visible image."""
    random = torch.Generator().manual_seed(0)
    dark, bright = (torch.randint(*span, (count, 1, side, side), generator=random) for span in ((10, 40), (100, 200)))
    return list(torch.cat([dark, bright], dim=1).to(torch.uint8))


def test_brightness_is_read_off_the_running_means():
    seen = brightness_seen(trained_on(0.25, 0.7)).set_index("encoder")
    assert seen["brightness"].to_dict() == pytest.approx({"infrared": 0.25, "visible": 0.7}, abs=1e-5)
    assert (seen["unexplained"] < 1e-5).all()


def test_brightness_of_images():
    images = [torch.full((2, 8, 8), level, dtype=torch.uint8) for level in (51, 153)]
    images[0][1] = 255
    table = brightness_of(images).set_index("modality")
    assert table["brightness"].to_dict() == pytest.approx({"infrared": 0.4, "visible": 0.8})
    assert table["deviation"].to_dict() == pytest.approx({"infrared": 0.4 / 2**0.5, "visible": 0.4 / 2**0.5})


@pytest.mark.parametrize(
    "brightness, order", [((0.1, 0.6), "as named"), ((0.55, 0.12), "exchanged"), ((0.1, 0.15), "unclear")]
)
def test_order_is_that_of_the_nearer_brightness(brightness, order):
    assert order_of(brightness_seen(trained_on(*brightness)), brightness_of(sample())) == order


def test_the_objective_of_an_exchanged_network_is_the_other_way_round():
    network, recipe = random_network(), load_recipe("paired")
    size = {"batches": 2, "batch": 2, "side": 32}
    ours = objective_both_ways(network, recipe, sample(), **size).set_index(["feed", "step"])
    theirs = objective_both_ways(exchange(network), recipe, sample(), **size).set_index(["feed", "step"])
    assert len(ours) == 4 and list(ours.index.get_level_values("feed").unique()) == list(FEEDS)
    for feed, other in (FEEDS, FEEDS[::-1]):
        assert ours.loc[feed, "fidelity_total"].tolist() == pytest.approx(
            theirs.loc[other, "fidelity_total"].tolist(), rel=0.02
        )  # in bfloat16 where the processor has it, so that sums in another order differ
    assert ours.loc["as named", "fidelity_total"].sub(ours.loc["exchanged", "fidelity_total"]).abs().max() > 1e-4


def test_redrawn_statistics_leave_weights_alone_and_forget_those_of_the_file():
    network, recipe = trained_on(0.9, 0.9), load_recipe("paired")
    before = copy.deepcopy(network.state_dict())
    size = {"steps": 2, "batch": 2, "side": 32, "forgotten": 8}
    drawn = [copy.deepcopy(other) for other in redrawn_statistics(network, recipe, sample(), **size)]
    assert len(drawn) == 2
    for other in drawn:
        assert all(torch.equal(weight, before[name]) for name, weight in other.named_parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    norms = [other.encoder_infrared.full_size[0][1].running_mean for other in drawn]
    assert not torch.equal(*norms)
    assert order_of(brightness_seen(drawn[1]), brightness_of(sample())) == "as named"


def test_swings_are_highest_minus_lowest_in_percent_of_the_mean():
    table = pd.DataFrame({"step": [0, 1, 2, 3]} | {metric: [99, 1.0, 2.0, 3.0] for metric in METRICS})
    table["CC"] = [0, -0.5, -0.5, -0.5]
    assert swings(table).to_dict() == pytest.approx(dict.fromkeys(METRICS, 100.0) | {"CC": 0.0})


def test_figures_show_every_network_metric_and_draw():
    rows = [{"weights": name, "feed": feed, "step": s, "total": s} for name in "ab" for feed in FEEDS for s in (0, 1)]
    assert [axis.get_title() for axis in both_ways(pd.DataFrame(rows)).axes] == ["a", "b"]
    kinds = ("in the file", "redrawn", "redrawn")
    rows = [{"feed": feed, "statistics": kind} | dict.fromkeys(METRICS, 1.0) for feed in FEEDS for kind in kinds]
    figure = redrawn(pd.DataFrame(rows))
    assert [axis.get_title() for axis in figure.axes] == list(METRICS)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [2, 2]
    curve = pd.DataFrame({"step": [1, 2]} | {metric: [10.0, -3.0] for metric in METRICS})
    assert [line.get_label() for line in by_steps(curve).axes[0].lines] == list(METRICS)


@pytest.mark.parametrize("name, order", [("released", "exchanged"), ("ours-paired", "as named")])
def test_the_authors_network_was_trained_with_the_modalities_exchanged(data_root, name, order):
    """By brightness and by the objective alike; a network trained here is the control."""
    images = read_pairs(pairs("MSRS", "train", data_root), side=128)
    network, _ = load_weights(name)
    assert order_of(brightness_seen(network), brightness_of(images)) == order
    table = objective_both_ways(network, load_recipe("paired"), images, batches=3, batch=4, side=128)
    means = table.groupby("feed")["total"].mean()
    assert means.idxmin() == order and means.max() - means.min() > 0.02


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
