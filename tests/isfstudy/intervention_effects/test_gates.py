"""What gates are like, of gates that are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from isfcore.inference import prepare
from isfcore.network import SCALES, Fused, FusionNetwork
from isfstudy.intervention_effects import gates
from isfstudy.intervention_effects.doses import read_middle
from isfstudy.intervention_effects.gates import entropy_in, gate_levels, levels_of
from isfstudy.intervention_effects.stability import GATES
from tests.helpers.networks import random_network


def read(pair):
    return read_middle(pair, side=32)


def test_levels_of_gates_that_are_known(pairs, monkeypatch: pytest.MonkeyPatch):
    """A quarter of each gate is 0.05, a quarter 0.95, the rest a half: decided by half; the mean of a gate of 0, 0.3
    and 0.9 is 0.4 and undecided."""

    def known(network: FusionNetwork, infrared: Tensor, visible: Tensor) -> Fused:
        gate = torch.full_like(infrared, 0.5)
        gate[..., :8], gate[..., 8:16] = 0.05, 0.95
        flat = {scale: torch.full_like(infrared, value) for scale, value in zip(SCALES, (0.0, 0.3, 0.9), strict=True)}
        return Fused(infrared, {SCALES[0]: gate, **dict.fromkeys(SCALES[1:], gate)} if flat_gates == 0 else flat)

    monkeypatch.setattr(gates, "run", known)
    flat_gates = 0
    table = gate_levels(prepare(random_network()), pairs, read=read).set_index("gate")
    assert list(table.index) == list(GATES) and set(table["pairs"]) == {2}
    for row in table.itertuples():
        assert [row.mean, row.below, row.above, row.decided] == pytest.approx([0.5, 0.25, 0.25, 0.5])
    flat_gates = 1
    table = gate_levels(prepare(random_network()), pairs, read=read).set_index("gate")
    assert table["mean"].tolist() == pytest.approx([0.4, 0, 0.3, 0.9])
    assert table["below"].tolist() == [0, 1, 0, 0]


def test_networks_are_listed_by_what_their_recipe_does(pairs):
    networks = {"one": prepare(random_network())}
    table = levels_of(networks, {"one": {"recipe": "printed"}}, {"TNO": pairs, "MSRS": pairs[:1]}, read=read)
    assert table[["network", "entropy"]].drop_duplicates().to_numpy().tolist() == [["one", "minimised"]]
    assert table.groupby("dataset")["pairs"].first().to_dict() == {"TNO": 2, "MSRS": 1}


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("the authors' checkpoint", "maximised by their script"),
        ("printed", "minimised"),
        ("paired", "maximised"),
        ("without_inv", "no such term"),
        ("somebody's own", "unknown"),
    ],
)
def test_what_a_recipe_does_with_entropy(recipe, said):
    assert entropy_in(recipe) == said
