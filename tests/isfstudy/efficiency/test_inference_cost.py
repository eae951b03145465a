"""What a network costs everywhere: operations and parameters by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from isfcore.network import FusionNetwork
from isfstudy.comparison.methods import described_methods, find_networks
from isfstudy.efficiency import inference_cost


class OneConvolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Conv2d(1, 8, 3, padding=1)

    def forward(self, infrared: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        return self.output(infrared)


def test_one_convolution_by_hand() -> None:
    found = inference_cost.flops(OneConvolution(), height=10, width=12)
    assert found == {"encoders": 0, "CFI": 0, "decoder": 2 * 10 * 12 * 9 * 8}


def convolution(pixels: int, inputs: int, outputs: int, side: int = 3) -> int:
    return 2 * pixels * inputs * outputs * side**2


@pytest.mark.parametrize("reading", [{}, {"encoder": "shared", "gate": "printed"}])
@pytest.mark.parametrize("size", [(64, 48), (480, 640)])
def test_the_network_by_hand(reading: dict[str, str], size: tuple[int, int]) -> None:
    pixels = [size[0] * size[1] // 4**scale for scale in range(3)]
    encoders = sum(
        2 * (convolution(count, 32 if scale else 1, 32) + convolution(count, 32, 32))
        for scale, count in enumerate(pixels)
    )
    gate = {
        "released": lambda count: convolution(count, 32, 16) + convolution(count, 16, 1, 1),
        "printed": lambda count: convolution(count, 32, 1),
    }
    refine = {"released": lambda count: convolution(count, 32, 32), "printed": lambda count: 0}
    chosen = reading.get("gate", "released")
    cfi = 0
    for count in pixels:
        projections = 2 * convolution(64, 32, 32, 1) + 2 * 64 * 32 * 32  # of 8 x 8 keys and values, and W of the query
        attention = 2 * 2 * count * 64 * 32  # scores, and the sum of values
        cfi += 2 * (projections + attention) + gate[chosen](count) + refine[chosen](count)
    decoder = 2 * convolution(pixels[0], 32, 32) + 2 * convolution(pixels[1], 32, 32) + convolution(pixels[0], 32, 1)
    found = inference_cost.flops(FusionNetwork(**reading).eval(), height=size[0], width=size[1])
    assert found == {"encoders": encoders, "CFI": cfi, "decoder": decoder}


def test_parameters_by_part() -> None:
    def layer(inputs: int, outputs: int) -> int:  # convolution with bias, and batch norm's two
        return 9 * inputs * outputs + 3 * outputs

    encoder, cfi = layer(1, 32) + 5 * layer(32, 32), 6 * (32 * 32 + 32)
    released = inference_cost.parameters(FusionNetwork())
    gate = layer(32, 16) + 17 + layer(32, 32)
    assert released == {"encoders": 2 * encoder, "CFI": 3 * (cfi + gate), "decoder": 4 * layer(32, 32) + 289}
    assert sum(released.values()) == 192_388
    printed = inference_cost.parameters(FusionNetwork(encoder="shared", gate="printed"))
    assert printed == {"encoders": encoder, "CFI": 3 * (cfi + 289), "decoder": released["decoder"]}


def test_sizes_of_methods(data_root: Path) -> None:
    _, known, absent = find_networks(["released", "ours-printed"])
    if absent:
        pytest.skip("needs the authors' weights")
    table = inference_cost.parameter_table(known, described_methods()).set_index("method")
    ours = table.loc["ISF (released)"]
    assert (ours["parameters"], ours["unused"], ours["counted"]) == (192_388, 39_392, "here")
    assert ours["parameters"] + ours["unused"] == 231_780, "all that the authors' checkpoint holds"
    assert table.loc["ISF (ours-printed)", "unused"] == 0
    assert table.loc["LUT-Fuse", ["parameters", "table_entries"]].to_list() == [7_825, 65_536]
    assert table["parameters"].is_monotonic_increasing and pd.isna(table.loc["SAGE", "unused"])
    assert table.loc["DCEvo", "parameters"] == 2_004_904, "of the architecture; its weights are out of reach"


def test_weights_do_not_change_the_cost() -> None:
    networks = {"a": FusionNetwork(), "b": FusionNetwork(gate="printed"), "c": FusionNetwork()}
    assert inference_cost.one_of_each(networks) == {"a": "a", "b": "b", "c": "a"}


def test_operations_of_all_sizes_with_their_shares() -> None:
    networks = {"a": FusionNetwork().eval(), "b": FusionNetwork(gate="printed").eval()}
    table = inference_cost.flops_table(networks, [(64, 48), (32, 32)])
    assert list(table.columns) == ["method", "height", "width", "part", "flops", "parameters", "share"]
    assert len(table) == 2 * 2 * 3 and table["part"].to_list()[:3] == ["encoders", "CFI", "decoder"]
    rows = table[(table["method"] == "b") & (table["height"] == 64)].set_index("part")
    assert rows["flops"].to_dict() == inference_cost.flops(networks["b"], height=64, width=48)
    assert rows["parameters"].to_dict() == inference_cost.parameters(networks["b"])
    assert rows["share"].to_list() == pytest.approx((rows["flops"] / rows["flops"].sum()).to_list())
