"""Figures of gates draw what they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from isfcore.inference import prepare
from isfstudy.intervention_effects.doses import read_middle
from isfstudy.intervention_effects.gate_figures import COLOURS, COLUMNS, gate_pictures, gates_and_change
from isfstudy.intervention_effects.stability import GATES, blocks_of, gate_tables
from tests.helpers.networks import random_network
from tests.isfstudy.intervention_effects.test_stability import made_up


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_row_an_example_from_the_sources_to_the_change(pairs):
    network = prepare(random_network())

    def read(pair):
        return read_middle(pair, side=48)

    blocks = blocks_of(network, pairs, read=read, halves=2, seed=0)
    figure = gate_pictures(network, {pair.stem: (pair, blocks[pair.stem]) for pair in pairs}, read=read)
    assert [axis.get_title() for axis in figure.axes[:8]] == COLUMNS and len(figure.axes) == 16
    assert [axis.get_ylabel() for axis in figure.axes[::8]] == ["a", "b"]
    assert figure.axes[4].get_position().y1 < figure.axes[0].get_position().y0, "gates stand below"
    change = np.asarray(figure.axes[COLUMNS.index("change")].images[0].get_array())
    place = np.unravel_index(blocks["a"].change.argmax(), (3, 3))
    assert (change[place[0] * 16 + 8, place[1] * 16 + 8] == COLOURS[255]).all(), "the block that changes most is bright"


def test_every_image_has_its_point_and_every_gate_its_mean():
    images = {stem: blocks for stem, blocks in made_up(6).items()}
    per_image, table = gate_tables({("one", "TNO"): images, ("one", "RoadScene"): images}, seed=0)
    figure = gates_and_change(per_image, table)
    assert [axis.get_title() for axis in figure.axes] == ["one, TNO", "one, RoadScene"]
    axis = figure.axes[0]
    points, means = axis.lines[0 : 2 * len(GATES) : 2], axis.lines[1 : 2 * len(GATES) : 2]
    expected = per_image[(per_image["dataset"] == "TNO") & (per_image["gate"] == "mean")]["partial"]
    assert sorted(points[0].get_xdata()) == sorted(expected)
    assert [line.get_xdata()[0] for line in means] == table[table["dataset"] == "TNO"]["mean"].tolist()
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "mean of three", "full size", "half size", "quarter size",
    ]  # fmt: skip
