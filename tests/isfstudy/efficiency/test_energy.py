"""Energy from counters that the test itself drives."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from isfstudy.efficiency import energy, timing

SPAN = 10**9  # microjoules, where the counter starts anew


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

    assert energy.joules(call, device="cpu", seconds=2, powercap=tmp_path) == pytest.approx(5)
    assert clock.now == 2


def test_no_counter_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(OSError, match="no energy counters"):
        energy.joules(lambda: None, device="cpu", powercap=tmp_path)
    monkeypatch.setattr(energy.joules, "__kwdefaults__", energy.joules.__kwdefaults__ | {"powercap": tmp_path})
    table = energy.energy_table({"a": lambda: None}, device="cpu", seconds=0)
    assert np.isnan(table["joules"][0]) and str(tmp_path) in table["problem"][0]


def test_a_gpu_draws_power_for_a_time(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace):
    monkeypatch.setattr(torch.cuda, "power_draw", lambda: 50_000)  # milliwatts

    def call() -> None:
        clock.now += 0.25

    assert energy.joules(call, device="cuda", seconds=4) == pytest.approx(50 * 0.25)

    def no_library() -> int:
        raise ModuleNotFoundError("pynvml")

    monkeypatch.setattr(torch.cuda, "power_draw", no_library)
    with pytest.raises(OSError, match="pynvml"):
        energy.joules(call, device="cuda", seconds=1)
