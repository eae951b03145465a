"""Latency per image, with quartiles; peak memory within what can be counted by hand; energy from counters that the test
itself drives."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from isfcore.network import FusionNetwork
from isfstudy.efficiency import running_cost, timing

SPAN = 10**9  # microjoules, where the counter starts anew


def test_latency_is_per_image_with_quartiles(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def scripted(calls: dict, *, rounds: int, at_least: float) -> pd.DataFrame:
        for call in calls.values():
            call()  # they have to work
        seen.append(list(calls))
        return pd.DataFrame({key: [1.0, 2.0, 3.0, 4.0, 9.0] for key in calls}).set_axis(list(calls), axis=1)

    monkeypatch.setattr(running_cost, "in_turn", scripted)
    network = FusionNetwork().eval()
    table = running_cost.latency_table(
        {"Net": network}, sizes=[(16, 32), (32, 32)], batches=[1, 4], rounds=5, device="cpu"
    )
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


def test_rows_of_one_size() -> None:
    rows = [(16, 32, 1), (16, 32, 4), (32, 32, 1), (16, 16, 1)]
    table = pd.DataFrame(rows, columns=["height", "width", "batch"])
    assert running_cost.at_size(table, [16, 32]).index.to_list() == [0, 1]


def test_memory_holds_at_least_the_features_and_grows_with_the_image() -> None:
    sizes = [(512, 512), (256, 256)]
    table = running_cost.memory_table({"a": FusionNetwork()}, sizes=sizes, device="cpu").set_index("height")
    assert table.index.to_list() == [256, 512]
    features = 512 * 512 * 32 * 4 / 2**20  # of one modality at full size, in float32
    assert 2 * features < table.loc[512, "peak_mib"] < 40 * features
    assert table.loc[256, "peak_mib"] < table.loc[512, "peak_mib"]


def test_this_process_knows_what_it_holds() -> None:
    block = np.ones(2**23)  # 64 MiB
    held, peak = running_cost._held_and_peak()
    assert peak >= held * 0.99 and peak > block.nbytes


def test_each_network_has_its_rows() -> None:
    table = running_cost.memory_table(
        {"a": FusionNetwork(), "b": FusionNetwork()}, sizes=[(64, 64), (32, 32)], device="cpu"
    )
    assert list(table.columns) == ["height", "width", "peak_mib", "method", "batch"] and set(table["batch"]) == {1}
    assert list(zip(table["method"], table["height"], strict=True)) == [("a", 32), ("a", 64), ("b", 32), ("b", 64)]


def counter(folder: Path, name: str, value: int) -> Path:
    package = folder / name
    package.mkdir()
    (package / "energy_uj").write_text(f"{value}\n")
    (package / "max_energy_range_uj").write_text(f"{SPAN}\n")
    return package / "energy_uj"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time that passes only when told."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def test_joules_of_a_call_from_all_packages_and_over_the_end_of_a_counter(tmp_path: Path, clock: SimpleNamespace):
    files = [counter(tmp_path, "intel-rapl:0", 0), counter(tmp_path, "intel-rapl:1", SPAN - 5_000_000)]
    counter(tmp_path, "intel-rapl:0:0", 0)  # a part of package 0, which would count twice

    def call() -> None:
        clock.now += 0.5
        for file, microjoules in zip(files, (2_000_000, 3_000_000), strict=True):
            file.write_text(str((int(file.read_text()) + microjoules) % SPAN))

    assert running_cost.joules(call, device="cpu", seconds=2, powercap=tmp_path) == pytest.approx(5)
    assert clock.now == 2


def test_no_counter_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(OSError, match="no energy counters"):
        running_cost.joules(lambda: None, device="cpu", powercap=tmp_path)
    monkeypatch.setattr(
        running_cost.joules, "__kwdefaults__", running_cost.joules.__kwdefaults__ | {"powercap": tmp_path}
    )
    networks = {"a": FusionNetwork(), "b": FusionNetwork()}
    table = running_cost.energy_table(networks, size=(32, 48), device="cpu", seconds=0)
    assert table[["device", "method", "height", "width"]].to_numpy().tolist() == [
        ["cpu", name, 32, 48] for name in "ab"
    ]
    assert np.isnan(table["joules"][0]) and str(tmp_path) in table["problem"][0]


def test_a_gpu_draws_power_for_a_time(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace):
    monkeypatch.setattr(torch.cuda, "power_draw", lambda: 50_000)  # milliwatts

    def call() -> None:
        clock.now += 0.25

    assert running_cost.joules(call, device="cuda", seconds=4) == pytest.approx(50 * 0.25)

    def no_library() -> int:
        raise ModuleNotFoundError("pynvml")

    monkeypatch.setattr(torch.cuda, "power_draw", no_library)
    with pytest.raises(OSError, match="pynvml"):
        running_cost.joules(call, device="cuda", seconds=1)
