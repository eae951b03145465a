"""What weights tell of their training: on networks whose training is known, because it is made up here."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from isfcore.datasets.local import pairs
from isfcore.network import exchange
from isfcore.training.crops import read_pairs
from isfcore.training.recipe import load_recipe
from isfcore.weights import load_weights
from isfstudy.trainings.released_weights import (
    FEEDS,
    brightness_of,
    brightness_seen,
    brightness_table,
    crop_gap,
    objective_both_ways,
    objectives,
    order_of,
)
from tests.helpers.made_up_training import sample, trained_on
from tests.helpers.networks import random_network


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


@pytest.mark.parametrize("name, order", [("released", "exchanged"), ("ours-paired", "as named")])
def test_the_authors_network_was_trained_with_the_modalities_exchanged(data_root, name, order):
    """By brightness and by the objective alike; a network trained here is the control."""
    images = read_pairs(pairs("MSRS", "train", data_root), side=128)
    network, _ = load_weights(name)
    assert order_of(brightness_seen(network), brightness_of(images)) == order
    table = objective_both_ways(network, load_recipe("paired"), images, batches=3, batch=4, side=128)
    means = table.groupby("feed")["total"].mean()
    assert means.idxmin() == order and means.max() - means.min() > 0.02


def test_the_brightness_table_has_the_images_first_and_says_how_each_network_was_trained():
    networks = {"named": trained_on(0.1, 0.6), "other": trained_on(0.55, 0.12)}
    table = brightness_table(networks, sample())
    assert table["weights"].to_list() == ["the training images"] * 2 + ["named"] * 2 + ["other"] * 2
    assert table["encoder"].to_list() == ["infrared", "visible"] * 3
    assert table["trained"].to_list()[2:] == ["as named"] * 2 + ["exchanged"] * 2
    assert table["trained"].isna().to_list()[:2] == [True, True]
    assert table["brightness"].to_list()[2:] == pytest.approx([0.1, 0.6, 0.55, 0.12], abs=1e-5)
    assert brightness_table(networks, []).empty and list(brightness_table({}, [])) == list(table)


def test_objectives_name_network_and_crops_first():
    recipes = {"paired": load_recipe("paired"), "independent": load_recipe("released")}
    table = objectives({"one": random_network()}, recipes, sample(), batches=1, batch=2, side=32)
    assert list(table.columns)[:4] == ["weights", "crops", "feed", "step"]
    assert table["crops"].to_list() == ["paired"] * 2 + ["independent"] * 2 and set(table["weights"]) == {"one"}
    empty = objectives({"one": random_network()}, recipes, [], batches=1, batch=2, side=32)
    assert empty.empty and list(empty.columns) == ["weights", "crops", "feed", "step", "total"]


def test_the_gap_between_crops_is_a_mean_with_its_standard_error_fed_as_trained():
    values = {"paired": [1.0, 2.0, 3.0], "independent": [1.5, 2.5, 4.0]}  # differences 0.5, 0.5, 1
    rows = [
        {"weights": name, "crops": crops, "feed": feed, "step": step, "fidelity_total": value if feed == how else 99.0}
        for name, how in (("a", "as named"), ("b", "exchanged"))
        for crops, column in values.items()
        for feed in FEEDS
        for step, value in enumerate(column)
    ]
    table = crop_gap(pd.DataFrame(rows), {"a": "as named", "b": "exchanged"})
    assert table["weights"].to_list() == ["a", "b"] and table["batches"].to_list() == [3, 3]
    assert table["gap"].to_list() == pytest.approx([2 / 3] * 2)
    # Deviations -1/6, -1/6, 1/3: a sample variance of 1/12, over 3 batches.
    assert table["standard error"].to_list() == pytest.approx([(1 / 12 / 3) ** 0.5] * 2)
    assert crop_gap(pd.DataFrame(), {}).empty
