"""What the fidelity loss does not see: images made by hand, and a search whose result is checked from outside."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isfcore.datasets.local import pairs
from isfcore.inference import prepare
from isfcore.losses import fidelity_loss
from isfcore.metrics import METRICS, correlation
from isfstudy.scenes.scenes import write_scenes
from isfstudy.trainings.indifference import between, indifferent, with_correlation
from tests.helpers.networks import random_network


def images(seed: int, count: int = 3, side: int = 32) -> list[torch.Tensor]:
    """Smooth random images, so that there is something to shift slowly."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 1, side // 8, side // 8, generator=random)
    fine = torch.rand(count, 1, side, side, generator=random)
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return list((0.8 * smooth + 0.2 * fine).split(1))


def cc(fused: torch.Tensor, infrared: torch.Tensor, visible: torch.Tensor) -> float:
    return correlation(fused[:, 0], infrared[:, 0], visible[:, 0], convention="standard").item()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_every_image_between_the_sources_has_the_same_intensity_terms(seed):
    infrared, visible = images(seed, 2)
    apart = (infrared - visible).abs().mean().item()
    for name, image in between(infrared, visible).items():
        terms = fidelity_loss(image, infrared, visible)
        assert (terms["infrared"] + terms["visible"]).item() == pytest.approx(apart, rel=1e-5), name


def test_blends_are_what_their_names_say():
    infrared, visible = torch.tensor([[[[0.2, 0.8]]]]), torch.tensor([[[[0.6, 0.4]]]])
    blends = {name: image.flatten().tolist() for name, image in between(infrared, visible).items()}
    assert blends == {
        "infrared": pytest.approx([0.2, 0.8]),
        "visible": pytest.approx([0.6, 0.4]),
        "average": pytest.approx([0.4, 0.6]),
        "brighter": pytest.approx([0.6, 0.8]),
        "darker": pytest.approx([0.2, 0.4]),
    }


@pytest.mark.parametrize("seed", range(3))
def test_correlation_moves_both_ways_and_the_loss_does_not_rise(seed):
    fused, infrared, visible = images(seed)
    before, cost = cc(fused, infrared, visible), fidelity_loss(fused, infrared, visible)["total"]
    for towards, sign in (("lowest", -1), ("highest", 1)):
        moved = with_correlation(fused, infrared, visible, towards=towards, steps=80)
        assert fidelity_loss(moved, infrared, visible)["total"] <= cost
        assert moved.min() >= 0 and moved.max() <= 1
        assert sign * (cc(moved, infrared, visible) - before) > 0.1, towards


def test_without_steps_the_image_stays_and_another_direction_is_refused():
    sources = images(0)
    assert torch.equal(with_correlation(*sources, towards="lowest", steps=0), sources[0])
    with pytest.raises(ValueError, match="towards must be 'lowest' or 'highest', not 'up'"):
        with_correlation(*sources, towards="up", steps=1)


def test_the_table_holds_every_image_of_every_pair(tmp_path):
    write_scenes(tmp_path / "scenes", count=2, height=37, width=52)
    found = pairs("scenes", "test", tmp_path)
    table, shown = indifferent(prepare(random_network()), found, steps=3)
    names = ["lowest CC", "network", "highest CC", "infrared", "visible", "average", "brighter", "darker"]
    assert table["image"].to_list() == names * 2 and list(shown) == names
    assert table["stem"].to_list() == [pair.stem for pair in found for _ in names]
    by = table.set_index(["stem", "image"])
    for pair in found:
        rows = by.loc[pair.stem]
        assert rows.loc[names[3:], "intensity"].to_numpy() == pytest.approx(rows.loc["average", "intensity"], rel=1e-5)
        assert (rows.loc[names[:3], "total"] <= rows.loc["network", "total"]).all()
        assert (rows["total"] - rows["intensity"] - rows["gradient"]).abs().max() < 1e-6  # lambda_1 is 1
        assert rows.loc["infrared", "CC"] == pytest.approx(rows.loc["visible", "CC"])
    assert table[list(METRICS)].notna().all(axis=None)
