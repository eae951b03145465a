"""What a network does with pairs: the same figures and responses as computed directly, one pair after the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from isfcore.inference import prepare, run
from isfcore.metrics import METRICS
from isfcore.network import SCALES
from isfcore.pairs import Pair, pair_folders
from isfcore.training.validation import figures, read_units
from isfstudy.trainings.behaviour import behaviour, spread
from tests.helpers.networks import random_network
from tests.helpers.small_sets import write_set

GATES = [f"gate_{scale}" for scale in SCALES]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """Three pairs whose sides are no multiples of 16."""
    folder = write_set(tmp_path_factory.mktemp("sets"), count=3, height=37, width=52)
    found, _ = pair_folders(folder / "ir", folder / "vi")
    return found


def test_behaviour_has_a_row_a_pair_with_its_figures_and_responses(pairs):
    network = prepare(random_network())
    table = behaviour(network, pairs)
    assert list(table.columns) == ["stem", *METRICS, *GATES, "without_infrared", "without_visible"]
    assert table["stem"].to_list() == [pair.stem for pair in pairs]
    for index, pair in enumerate(pairs):
        row, (levels, visible_levels, infrared, visible) = table.loc[index], read_units(pair)
        black, fused = torch.zeros_like(infrared), run(network, infrared, visible)
        # One of 256 levels may be rounded the other way when more threads add up in another order.
        expected = figures(fused, levels, visible_levels)
        assert row[[*METRICS, *GATES]].to_dict() == pytest.approx(expected, rel=1e-3)
        clean = fused.luma
        without_infrared = (run(network, black, visible).luma - clean).abs().mean().item()
        without_visible = (run(network, infrared, black).luma - clean).abs().mean().item()
        assert row["without_infrared"] == pytest.approx(without_infrared, rel=1e-5)
        assert row["without_visible"] == pytest.approx(without_visible, rel=1e-5)
        assert without_infrared != pytest.approx(without_visible, rel=1e-2), "one can be told from the other"


class Mean(torch.nn.Module):
    """A network whose fused image is a quarter of the infrared and three quarters of the visible one."""

    def __init__(self) -> None:
        super().__init__()
        self.output = torch.nn.Conv2d(1, 1, 1)  # `run` asks for its device

    def forward(self, infrared: torch.Tensor, visible: torch.Tensor):
        return random_network()(infrared, visible)._replace(luma=infrared / 4 + visible * 3 / 4)


def test_the_response_to_a_dropped_modality_is_its_share_by_hand(tmp_path):
    (tmp_path / "ir").mkdir()
    (tmp_path / "vi").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    Image.fromarray(noise).save(tmp_path / "ir" / "a.png")
    Image.fromarray(noise // 2).save(tmp_path / "vi" / "a.png")
    found, _ = pair_folders(tmp_path / "ir", tmp_path / "vi")
    (row,) = behaviour(Mean(), found).to_dict("records")
    assert row["without_infrared"] == pytest.approx(noise.mean() / 255 / 4, rel=1e-5)
    assert row["without_visible"] == pytest.approx((noise // 2).mean() / 255 * 3 / 4, rel=1e-5)


def test_pairs_that_cannot_be_read_are_named(pairs, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no image")
    wrong = [pairs[0], Pair("broken", pairs[1].infrared, tmp_path / "broken.png")]
    with pytest.raises(ValueError, match="1 of 2 failed:\nbroken: .*broken.png"):
        behaviour(prepare(random_network()), wrong)


def test_spread_is_highest_minus_lowest_in_percent_of_the_mean_and_in_decibels():
    table = pd.DataFrame({metric: [1.0, 2.0, 3.0] for metric in METRICS} | {"stem": ["a", "b", "c"]})
    table["CC"] = [-0.5, -0.5, -0.5]
    assert spread(table).to_dict() == pytest.approx(dict.fromkeys(METRICS, 100.0) | {"CC": 0.0, "PSNR": 2.0})
