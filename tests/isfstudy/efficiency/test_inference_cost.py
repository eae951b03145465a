"""Costs: operations and parameters by hand, times from a scripted clock; never a real time."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from isfcore.network import FusionNetwork
from isfstudy.comparison.methods import described_methods, load_networks
from isfstudy.efficiency import figures as efficiency_figures
from isfstudy.efficiency import inference_cost, timing


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
    _, known, absent = load_networks(["released", "ours-printed"], device="cpu")
    if absent:
        pytest.skip("needs the authors' weights")
    table = inference_cost.parameter_table(known, described_methods()).set_index("method")
    ours = table.loc["ISF (released)"]
    assert (ours["parameters"], ours["unused"], ours["counted"]) == (192_388, 39_392, "here")
    assert ours["parameters"] + ours["unused"] == 231_780, "all that the authors' checkpoint holds"
    assert table.loc["ISF (ours-printed)", "unused"] == 0
    assert table.loc["LUT-Fuse", ["parameters", "table_entries"]].to_list() == [7_825, 65_536]
    assert table["parameters"].is_monotonic_increasing and pd.isna(table.loc["SAGE", "unused"])
    assert "DCEvo" not in table.index, "nobody counted it"


def test_weights_do_not_change_the_cost() -> None:
    networks = {"a": FusionNetwork(), "b": FusionNetwork(gate="printed"), "c": FusionNetwork()}
    assert inference_cost.one_of_each(networks) == {"a": "a", "b": "b", "c": "a"}


def test_functions_are_timed_in_turn_and_the_first_round_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted, order, clock = iter([100, 200, 1, 5, 2, 6]), [], SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))

    def work(name: str) -> None:
        order.append(name)
        clock.now += next(scripted)

    table = timing.in_turn({"a": lambda: work("a"), "b": lambda: work("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert table.to_dict("list") == {"a": [1, 2], "b": [5, 6]}


def test_a_fast_call_is_repeated_and_a_slow_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))

    def work(seconds: float) -> None:
        clock.now += seconds

    assert timing.repeat(lambda: work(0.25), seconds=1) == (4, 1)
    assert timing.repeat(lambda: work(3), seconds=1) == (1, 3)
    table = timing.in_turn({"fast": lambda: work(0.25), "slow": lambda: work(3)}, rounds=1, at_least=1)
    assert table.to_dict("list") == {"fast": [0.25], "slow": [3]} and clock.now == 1 + 3 + 2 * (1 + 3)


def test_latency_is_per_image_with_quartiles(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def scripted(calls: dict, *, rounds: int, at_least: float) -> pd.DataFrame:
        for call in calls.values():
            call()  # they have to work
        seen.append(list(calls))
        return pd.DataFrame({key: [1.0, 2.0, 3.0, 4.0, 9.0] for key in calls}).set_axis(list(calls), axis=1)

    monkeypatch.setattr(timing, "in_turn", scripted)
    network = FusionNetwork().eval()
    table = timing.latency({"Net": network}, sizes=[(16, 32), (32, 32)], batches=[1, 4], rounds=5, device="cpu")
    rules = ["Average", "Maximum", "Laplacian pyramid", "Wavelet"]
    classic = [(rule, 1) for rule in rules]
    assert seen == [[("Net", 1), ("Net", 4), *classic], [("Net", 1), *classic]]
    assert len(table) == 11 and set(table["device"]) == {"cpu"} and set(table["rounds"]) == {5}
    assert set(table["threads"]) == {torch.get_num_threads()}
    single, four = table.iloc[0], table.iloc[1]
    assert (single["height"], single["width"], single["batch"], four["batch"]) == (16, 32, 1, 4)
    measured = ["low_ms", "median_ms", "high_ms", "images_per_second"]
    assert single[measured].to_list() == pytest.approx([2000, 3000, 4000, 1 / 3])
    assert four[measured].to_list() == pytest.approx([500, 750, 1000, 4 / 3])


def test_memory_holds_at_least_the_features_and_grows_with_the_image() -> None:
    sizes = [(512, 512), (256, 256)]
    table = timing.peak_memory(FusionNetwork(), sizes=sizes, device="cpu").set_index("height")
    assert table.index.to_list() == [256, 512]
    features = 512 * 512 * 32 * 4 / 2**20  # of one modality at full size, in float32
    assert 2 * features < table.loc[512, "peak_mib"] < 40 * features
    assert table.loc[256, "peak_mib"] < table.loc[512, "peak_mib"]


def test_this_process_knows_what_it_holds() -> None:
    block = np.ones(2**23)  # 64 MiB
    held, peak = timing._held_and_peak()
    assert peak >= held * 0.99 and peak > block.nbytes


MEANS = pd.DataFrame(
    [
        ("TNO", "ISF (released)", "paper", 40, 62.0, 0.5),
        ("TNO", "ISF (released)", "standard", 40, 14.0, 0.5),
        ("TNO", "Average", "paper", 40, 64.0, 0.6),
        ("TNO", "SAGE", "paper", 40, 61.0, 0.45),
        ("MSRS", "ISF (released)", "paper", 80, 66.0, 0.6),
    ],
    columns=["dataset", "method", "protocol", "pairs", "PSNR", "CC"],
)
PRINTED = pd.DataFrame(
    {"dataset": ["TNO", "MSRS"], "method": ["SAGE", "SAGE"], "PSNR": ["59.81", "1"], "CC": ["0.317", "1"]}
)


def test_figure1c_joins_quality_and_speed() -> None:
    table = inference_cost.figure1c(MEANS, PRINTED, {"ISF (released)": 3.0, "Average": 2000.0}, dataset="TNO")
    assert table["row"].to_list() == ["measured"] * 3 + ["printed"]
    expected = [[0.5, 62.0, 3.0], [0.6, 64.0, 2000.0], [0.45, 61.0, np.nan], [0.317, 59.81, np.nan]]
    np.testing.assert_allclose(table[["CC", "PSNR", "FPS"]].to_numpy(), expected)


def test_only_methods_with_all_axes_are_on_the_radar_and_all_are_dots() -> None:
    table = inference_cost.figure1c(MEANS, PRINTED, {"ISF (released)": 3.0, "Average": 2000.0}, dataset="TNO")
    figure = efficiency_figures.figure1c(table)
    radar, *panels = figure.axes
    assert [line.get_label() for line in radar.lines] == ["ISF (released)", "Average"]
    np.testing.assert_allclose(radar.lines[0].get_ydata(), 0)
    np.testing.assert_allclose(radar.lines[1].get_ydata(), 1)
    assert [len(panel.lines) for panel in panels] == [4, 4, 2]


def test_latency_figure_has_a_line_a_method_and_memory_where_it_was_measured() -> None:
    row = {"device": "cpu", "median_ms": 5.0, "low_ms": 4.0, "high_ms": 7.0}
    rows = [
        row | {"method": method, "height": side, "width": side, "peak_mib": peak}
        for side in (64, 128)
        for method, peak in (("Net", 10.0), ("Rule", np.nan))
    ]
    figure = efficiency_figures.latency(pd.DataFrame(rows))
    times, memory = figure.axes
    assert len(times.containers) == 2 and len(memory.lines) == 1
    assert [tick.get_text() for tick in times.get_xticklabels()] == ["64 × 64", "128 × 128"]
