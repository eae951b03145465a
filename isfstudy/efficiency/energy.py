"""The energy of a fused image, where the machine tells: RAPL counters of a processor, NVML of a GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from isfstudy.efficiency.timing import repeat

POWERCAP = Path("/sys/class/powercap")  # where Linux shows the energy counters of a processor


def joules(call: Callable[[], object], *, device: str, seconds: float = 4.0, powercap: Path = POWERCAP) -> float:
    """Energy of one call, in joules: of all that the device used while calls followed each other, over their number.

    On the processor from Linux's RAPL counters of all its packages; they know nothing of memory, nor whose work it was.
    On CUDA the mean of NVML's power draw, which the driver averages over about a second, times the time.

    Args:
        device: `cpu` or `cuda`.
        seconds: how long to call; on CUDA the first half only warms up.
        powercap: the folder of the counters.

    Raises:
        OSError: where it cannot be read, saying why.
    """
    if device == "cuda":
        return _joules_on_cuda(call, seconds)
    packages = sorted(powercap.glob("intel-rapl:?"))
    if not packages:
        raise OSError(f"this system shows no energy counters of its processor in {powercap}")
    before = [_microjoules(package, "energy_uj") for package in packages]
    count, _ = repeat(call, seconds=seconds)
    after = [_microjoules(package, "energy_uj") for package in packages]
    ranges = [_microjoules(package, "max_energy_range_uj") for package in packages]  # where counters start anew
    used = sum((new - old) % span for new, old, span in zip(after, before, ranges, strict=True))
    return used / 1e6 / count


def _microjoules(package: Path, counter: str) -> int:
    return int((package / counter).read_text())


def _joules_on_cuda(call: Callable[[], object], seconds: float) -> float:
    watts: list[float] = []

    def call_and_look() -> None:
        call()
        watts.append(torch.cuda.power_draw() / 1000)

    repeat(call, seconds=seconds / 2)
    try:
        count, passed = repeat(call_and_look, seconds=seconds / 2)
    except (ModuleNotFoundError, RuntimeError) as error:  # no NVML bindings, or a GPU that does not tell
        raise OSError(f"NVML does not tell the GPU's power: {error}") from error
    return float(np.mean(watts)) * passed / count


def energy_table(calls: Mapping[str, Callable[[], object]], *, device: str, seconds: float = 4.0) -> pd.DataFrame:
    """A row a call: `device`, `method`, `joules`, NaN where they cannot be read, and `problem`, which says why."""
    rows = []
    for method, call in calls.items():
        try:
            rows.append((device, method, joules(call, device=device, seconds=seconds), ""))
        except OSError as error:
            rows.append((device, method, np.nan, str(error)))
    return pd.DataFrame(rows, columns=["device", "method", "joules", "problem"])
