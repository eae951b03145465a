"""Gates against stability: by hand on images whose change is known, and with gates that are planted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from isfcore.inference import prepare
from isfcore.network import SCALES, Fused, FusionNetwork
from isfstudy.intervention_effects import stability
from isfstudy.intervention_effects.doses import read_middle
from isfstudy.intervention_effects.stability import (
    GATES,
    MEAN,
    Blocks,
    agreement,
    blocks_of,
    dense_masks,
    gate_tables,
    measured_blocks,
    partial_matrix,
    rank_correlations,
    shuffled,
)
from tests.helpers.networks import random_network


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made_up(count: int = 12, *, side: int = 10, seed: int = 0) -> dict[str, Blocks]:
    """Images whose difference, brightness and gate all go along with their change a little."""
    rng = np.random.default_rng(seed)
    images = {}
    for number in range(count):
        change, noise = rng.random((side, side)), rng.random((3, side, side))
        gates = {name: change + noise[0] for name in GATES}
        images[f"{number:02d}"] = Blocks(gates, change, change + noise[1], change + noise[2])
    return images


def test_every_block_is_visible_in_as_many_masks_as_there_are_pairs():
    masks = dense_masks(3, 64, 96, seeded())
    assert masks.shape == (6, 1, 64, 96) and (masks.sum(dim=0) == 3).all()
    assert torch.equal(masks[:3], 1 - masks[3:])
    assert len(np.unique(stability.by_block(masks))) == 2, "blocks are hidden whole"


def test_the_change_of_a_block_is_over_masks_that_leave_it_visible(monkeypatch: pytest.MonkeyPatch):
    """Of a method that fuses two images to their common mean, all over: the change is the same everywhere, but
    differs from mask to mask."""

    def common_mean(network: FusionNetwork, infrared: Tensor, visible: Tensor) -> Fused:
        luma = ((infrared + visible) / 2).mean(dim=(2, 3), keepdim=True).expand_as(infrared)
        return Fused(luma, {scale: infrared for scale in SCALES})

    monkeypatch.setattr(stability, "run", common_mean)
    infrared, visible = torch.rand(2, 1, 1, 32, 48, generator=seeded())
    masks = dense_masks(2, 32, 48, seeded(1))
    found = measured_blocks(None, infrared, visible, masks)
    both = ((infrared + visible) / 2)[0, 0].numpy()
    for row in range(2):
        for column in range(3):
            block = np.s_[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
            lost = [abs((both * mask).mean() - both.mean()) for mask in masks[:, 0].numpy() if mask[block].all()]
            assert len(lost) == 2 and found.change[row, column] == pytest.approx(np.mean(lost), rel=1e-5)
            apart = (infrared - visible)[0, 0].abs().numpy()
            assert found.difference[row, column] == pytest.approx(apart[block].mean(), rel=1e-5)
            assert found.brightness[row, column] == pytest.approx(both[block].mean(), rel=1e-5)
            assert found.gates[MEAN][row, column] == pytest.approx(infrared[0, 0].numpy()[block].mean(), rel=1e-4)


def test_blocks_of_a_network_depend_on_stem_and_seed_alone(pairs):
    network = prepare(random_network())
    options = {"read": lambda pair: read_middle(pair, side=32), "halves": 2, "seed": 3}
    both, one = blocks_of(network, pairs, **options), blocks_of(network, pairs[1:], **options)
    assert list(both) == ["a", "b"] and list(both["b"].gates) == list(GATES)
    assert np.allclose(both["b"].change, one["b"].change) and both["a"].change.shape == (2, 2)
    assert all((0 <= gate).all() and (gate <= 1).all() for gate in both["a"].gates.values())
    mean = np.mean([both["a"].gates[scale] for scale in SCALES], axis=0)
    assert np.allclose(both["a"].gates[MEAN], mean, atol=1e-6)


def test_rank_correlations_are_spearmans():
    rng = np.random.default_rng(0)
    gates, change = rng.random((3, 50)), rng.random(50)
    expected = [spearmanr(gate, change).statistic for gate in gates]
    assert rank_correlations(gates, change, np.empty((0, 50))) == pytest.approx(expected)


def test_partial_rank_correlations_follow_the_textbook():
    """Of one other: (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2))."""
    rng = np.random.default_rng(0)
    other = rng.random(60)
    gate, change = (other + rng.random(60) for _ in range(2))
    xy, xz, yz = (spearmanr(*both).statistic for both in ((gate, change), (gate, other), (change, other)))
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert rank_correlations(gate[None], change, other[None]) == pytest.approx([expected])


def test_a_gate_that_says_nothing_beyond_the_others_has_no_correlation():
    rng = np.random.default_rng(0)
    other, change = rng.random(40), rng.random(40)
    assert np.isnan(rank_correlations(np.array([other, np.ones(40)]), change, other[None])).all()


@pytest.mark.parametrize(("sign", "word"), [(-1, "negative"), (1, "positive")])
def test_a_gate_that_is_the_stability_map_is_found(sign, word):
    images = {name: blocks._replace(gates={MEAN: sign * blocks.change}) for name, blocks in made_up().items()}
    table, row = agreement(images, MEAN, dataset="TNO")
    assert table["partial"].to_numpy() == pytest.approx(sign) and table["raw"].to_numpy() == pytest.approx(sign)
    assert row["mean"] == pytest.approx(sign) and row["verdict"] == word and row["pairs"] == 12
    assert row["p"] == 0.001 and abs(row["null"]) < 0.1 < 1 - abs(row["null_low"])


def test_a_gate_of_the_other_maps_and_of_noise_is_not_found():
    """Raw, a gate that follows the difference of the sources seems to follow the change."""
    rng = np.random.default_rng(1)
    images = {
        name: blocks._replace(gates={MEAN: blocks.difference + rng.random(blocks.change.shape)})
        for name, blocks in made_up(30).items()
    }
    row = agreement(images, MEAN, dataset="RoadScene")[1]
    assert row["raw"] > 0.3 and abs(row["mean"]) < 0.1 and row["verdict"] == "too small"


def test_gates_that_are_alike_in_all_images_are_nothing_of_their_own():
    images = made_up(10)
    same = images["00"].change
    images = {name: blocks._replace(gates={MEAN: same}) for name, blocks in images.items()}
    partials = partial_matrix(images, MEAN)
    assert np.ptp(partials.to_numpy(), axis=1).max() < 1e-9, "each image meets one gate, whoever's it is"
    low, high, p = shuffled(partials, seed=0)
    assert low == pytest.approx(high) and p == 1
    table, row = agreement(images, MEAN, dataset="RoadScene")
    assert table["null"].to_numpy() == pytest.approx(table["partial"].to_numpy()) and row["null"] == pytest.approx(
        row["mean"]
    )


def test_gates_of_images_of_another_size_are_left_out():
    images = made_up(4) | {f"tall {name}": blocks for name, blocks in made_up(3, side=6, seed=5).items()}
    partials = partial_matrix(images, MEAN)
    assert partials.notna().sum(axis=1).tolist() == [4] * 4 + [3] * 3


def test_frames_of_a_drive_go_together():
    stems = ["00004N", "00005N", "00006N", "00241D", "00496D"]
    images = dict(zip(stems, made_up(5).values(), strict=True))
    table, _ = agreement(images, MEAN, dataset="MSRS")
    assert table["cluster"].nunique() == 3


def test_tables_name_network_set_and_gate():
    images = made_up(5)
    per_image, table = gate_tables({("one", "TNO"): images, ("other", "TNO"): images}, seed=0)
    assert list(per_image.columns) == [
        "network", "dataset", "gate", "stem", "cluster", "raw", "partial", "null",
    ]  # fmt: skip
    assert len(per_image) == 2 * len(GATES) * 5 and len(table) == 2 * len(GATES)
    columns = ["network", "dataset", "gate", "raw", "mean", "low", "high", "pairs", "smallest", "null"]
    assert list(table.columns) == [*columns, "null_low", "null_high", "p", "verdict"]
    assert (table["low"] < table["mean"]).all() and table["smallest"].to_numpy() == pytest.approx(
        ((table["high"] - table["low"]) / 2).to_numpy()
    )
