"""What it costs to fuse an image on this machine: time, memory and, where the machine tells, energy.

Time is from images in memory (uint8) to the fused luma in memory (uint8), whatever the device; reading files is not in
it. Energy is told by a processor's RAPL counters and by NVML of a GPU.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import torch

from isfcore.fusion import fuse_batches
from isfcore.inference import prepare
from isfcore.machine.devices import choose_device
from isfcore.network import FusionNetwork
from isfstudy.comparison.methods import classic_methods
from isfstudy.efficiency.timing import in_turn, repeat

Size = tuple[int, int]  # height and width in pixels
AT_LEAST = 0.05  # seconds that a method is timed for in a round: many calls of a fast one
POWERCAP = Path("/sys/class/powercap")  # where Linux shows the energy counters of a processor


def noise_call(network: FusionNetwork, size: Size, *, batch: int = 1) -> Callable[[], object]:
    """A function that fuses a batch of grey images of noise: what they show does not change what it costs.

    Args:
        network: from `isfcore.inference.prepare`.
        size: height and width.
    """
    images = [("", *_noise(size))] * batch
    return lambda: list(fuse_batches(network, images, batch=batch))


def _noise(size: Size) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, *size), dtype=np.uint8)


def latency_table(
    networks: Mapping[str, FusionNetwork], *, sizes: Sequence[Size], batches: Sequence[int], rounds: int, device: str
) -> pd.DataFrame:
    """Time to fuse grey images of noise, for networks and, on the processor, for the classic rules (one at a time).

    Args:
        networks: by name, as `isfcore.weights.load_weights` gives them.
        sizes: height and width.
        batches: how many pairs go through together; more than one of the first size only, to keep it short.
        rounds: how often each is timed, in turn with all others of its size.
        device: `cpu` or `cuda`.

    Returns:
        A row a size, method and batch: `device`, `threads`, `method`, `height`, `width`, `batch`, `rounds`,
        `median_ms`, `low_ms`, `high_ms` (quartiles over the rounds, per image), and `images_per_second`.
    """
    place = choose_device(device)
    prepared = {name: prepare(network, place) for name, network in networks.items()}
    rules = classic_methods() if place.type == "cpu" else {}
    rows = []
    for size in sizes:
        calls = {
            (name, batch): noise_call(network, size, batch=batch)
            for name, network in prepared.items()
            for batch in (batches if size == sizes[0] else [1])
        }
        calls |= {(name, 1): partial(rule, "", *_noise(size)) for name, rule in rules.items()}
        seconds = in_turn(calls, rounds=rounds, at_least=AT_LEAST)
        for method, batch in calls:
            low, median, high = np.quantile(seconds[method, batch] / batch, [0.25, 0.5, 0.75]) * 1000
            what = (place.type, torch.get_num_threads(), method, *size, batch, rounds)
            rows.append((*what, median, low, high, 1000 / median))
    columns = ["device", "threads", "method", "height", "width", "batch", "rounds"]
    return pd.DataFrame(rows, columns=[*columns, "median_ms", "low_ms", "high_ms", "images_per_second"])


def at_size(table: pd.DataFrame, size: Size) -> pd.DataFrame:
    """The rows of images of one size, height and width, of a table that has columns `height` and `width`."""
    return table[(table["height"] == size[0]) & (table["width"] == size[1])]


def _held_and_peak() -> tuple[int, int]:
    """Bytes that this process holds, and the most it ever held."""
    held = psutil.Process().memory_info().rss
    status = Path("/proc/self/status")
    if status.is_file():  # Linux, whose `getrusage` starts from what the parent process once held
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return held, int(fields["VmHWM"].split()[0]) * 1024
    return held, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _peaks_here(reading: dict[str, str], sizes: Sequence[Size]) -> list[float]:
    network = prepare(FusionNetwork(**reading))
    noise_call(network, (64, 64))()
    held, _ = _held_and_peak()
    peaks = []
    for size in sizes:
        noise_call(network, size)()
        peaks.append((_held_and_peak()[1] - held) / 2**20)
    return peaks


def _peaks_on_cuda(network: FusionNetwork, sizes: Sequence[Size]) -> list[float]:
    prepared, peaks = prepare(network, choose_device("cuda")), []
    for size in sizes:
        torch.cuda.reset_peak_memory_stats()
        noise_call(prepared, size)()
        peaks.append(torch.cuda.max_memory_allocated() / 2**20)
    return peaks


def memory_table(networks: Mapping[str, FusionNetwork], *, sizes: Sequence[Size], device: str) -> pd.DataFrame:
    """Memory that fusing one pair takes at its peak.

    On the processor it is what a process of its own came to hold beyond the loaded network: images, features and the
    library's caches. On CUDA it is what PyTorch allocated at most, weights included.

    Args:
        networks: by name, as `isfcore.weights.load_weights` gives them.
        sizes: height and width.
        device: `cpu` or `cuda`.

    Returns:
        A row a network and size, the smallest first: `height`, `width`, `peak_mib`, `method`, and `batch`, which is 1.
    """
    ordered = sorted(map(tuple, sizes), key=np.prod)  # a process remembers the most it ever held, and that alone
    rows = []
    for name, network in networks.items():
        if device == "cuda":
            peaks = _peaks_on_cuda(network, ordered)
        else:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
                peaks = process.submit(_peaks_here, network.reading, ordered).result()
        rows += [(*size, peak, name, 1) for size, peak in zip(ordered, peaks, strict=True)]
    return pd.DataFrame(rows, columns=["height", "width", "peak_mib", "method", "batch"])


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

    def microjoules(counter: str) -> np.ndarray:
        return np.array([int((package / counter).read_text()) for package in packages])

    before = microjoules("energy_uj")
    count, _ = repeat(call, seconds=seconds)
    used = (microjoules("energy_uj") - before) % microjoules("max_energy_range_uj")  # there counters start anew
    return used.sum() / 1e6 / count


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


def energy_table(
    networks: Mapping[str, FusionNetwork], *, size: Size, device: str, seconds: float = 4.0
) -> pd.DataFrame:
    """`joules` of fusing one image of noise: a row a network.

    Args:
        networks: by name, as `isfcore.weights.load_weights` gives them.
        size: height and width.
        device, seconds: see `joules`.

    Returns:
        `device`, `method`, `joules`, NaN where they cannot be read, `problem`, which says why, `height` and `width`.
    """
    place = choose_device(device)
    rows = []
    for method, network in networks.items():
        try:
            told = joules(noise_call(prepare(network, place), size), device=device, seconds=seconds), ""
        except OSError as error:
            told = np.nan, str(error)
        rows.append((device, method, *told, *size))
    return pd.DataFrame(rows, columns=["device", "method", "joules", "problem", "height", "width"])
