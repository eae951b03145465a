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
from isfcore.training.validation import validator
from tests.helpers.networks import random_network
from tests.helpers.small_sets import write_set

HEIGHT, WIDTH = 32, 48  # of what is left of 37 x 52 pixels at multiples of 16
GATES = [f"gate_{scale}" for scale in SCALES]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """Three pairs whose sides are no multiples of 16."""
    folder = write_set(tmp_path_factory.mktemp("sets"), count=3, height=37, width=52)
    found, _ = pair_folders(folder / "ir", folder / "vi")
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


@pytest.mark.parametrize("what", ["damaged", "another size"])
def test_a_pair_that_cannot_be_read_is_named(network, pairs, tmp_path, what):
    broken = tmp_path / "broken.png"
    if what == "damaged":
        broken.write_bytes(Path(pairs[1].visible).read_bytes()[:100])
    else:
        Image.new("L", (32, 32)).save(broken)
    wrong = [pairs[0], Pair("broken", pairs[1].infrared, broken), pairs[2]]
    with pytest.raises(ValueError, match="1 of 3 failed:\nbroken: .*broken.png") as error:
        validator(wrong)(network)
    assert str(pairs[0].infrared) not in str(error.value)
