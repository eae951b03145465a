"""Trying a network on pairs: the same figures as computed directly, one pair after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.inference import prepare, run
from isfcore.metrics import METRICS
from isfcore.network import SCALES
from isfcore.pairs import Pair, pair_folders
from isfcore.training.validation import behaviour, validator
from isfstudy.scenes.scenes import write_scenes
from tests.helpers.networks import random_network

HEIGHT, WIDTH = 32, 48  # of what is left of 37 x 52 pixels at multiples of 16
GATES = [f"gate_{scale}" for scale in SCALES]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """Three scenes whose sides are no multiples of 16."""
    folder = tmp_path_factory.mktemp("sets")
    write_scenes(folder, count=3, height=37, width=52)
    found, _ = pair_folders(folder / "test" / "ir", folder / "test" / "vi")
    assert len(found) == 3
    return found


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    return prepare(random_network())


def sources(pair: Pair) -> tuple[np.ndarray, np.ndarray, torch.Tensor, torch.Tensor]:
    """Grey levels of both images, and what the network is fed: the visible luma unrounded."""
    infrared, visible = (np.asarray(Image.open(path))[:HEIGHT, :WIDTH] for path in (pair.infrared, pair.visible))
    luma = visible.astype(float) @ (0.299, 0.587, 0.114)
    units = (torch.from_numpy(image / 255).float()[None, None] for image in (infrared, luma))
    return infrared, grey(visible), *units


def expected(network: torch.nn.Module, pair: Pair) -> dict[str, float]:
    infrared, visible, *units = sources(pair)
    fused = run(network, *units)
    levels = np.rint(fused.luma[0, 0].numpy() * 255).astype(np.uint8)
    gates = {f"gate_{scale}": gate.mean().item() for scale, gate in fused.gates.items()}
    return score(levels, infrared, visible, convention="paper") | gates


def test_a_validator_gives_means_of_the_figures_and_the_gates_of_the_first_pair(network, pairs):
    figures, gates = validator(pairs)(network)
    assert list(figures) == [*METRICS, *GATES]
    each = pd.DataFrame([expected(network, pair) for pair in pairs])
    # One of 256 levels may be rounded the other way when more threads add up in another order.
    assert figures == pytest.approx(each.mean().to_dict(), rel=1e-3)
    assert each["AG"].nunique() == 3 and figures["AG"] != pytest.approx(each["AG"][0], rel=5e-3)
    clean = run(network, *sources(pairs[0])[2:])
    assert list(gates) == list(SCALES)
    for shrunk, (scale, gate) in zip((1, 2, 4), gates.items(), strict=True):
        assert gate.dtype == np.uint8 and gate.shape == (HEIGHT // shrunk, WIDTH // shrunk)
        assert np.abs(gate - clean.gates[scale][0, 0].numpy() * 255).max() <= 0.51
        assert gate.std() > 0, "not one level everywhere"


def test_behaviour_has_a_row_a_pair_with_its_figures_and_responses(network, pairs):
    table = behaviour(network, pairs)
    assert list(table.columns) == ["stem", *METRICS, *GATES, "without_infrared", "without_visible"]
    assert table["stem"].to_list() == [pair.stem for pair in pairs]
    for index, pair in enumerate(pairs):
        row, (*_, infrared, visible) = table.loc[index], sources(pair)
        assert row[[*METRICS, *GATES]].to_dict() == pytest.approx(expected(network, pair), rel=1e-3)
        black = torch.zeros(1, 1, HEIGHT, WIDTH)
        clean = run(network, infrared, visible).luma
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


@pytest.mark.parametrize("what", ["damaged", "another size"])
def test_a_pair_that_cannot_be_read_is_named(network, pairs, tmp_path, what):
    broken = tmp_path / "broken.png"
    if what == "damaged":
        broken.write_bytes(Path(pairs[1].visible).read_bytes()[:100])
    else:
        Image.new("L", (32, 32)).save(broken)
    wrong = [pairs[0], Pair("broken", pairs[1].infrared, broken), pairs[2]]
    for attempt in (lambda: behaviour(network, wrong), lambda: validator(wrong)(network)):
        with pytest.raises(ValueError, match="broken.png") as error:
            attempt()
        assert str(pairs[0].infrared) not in str(error.value)
