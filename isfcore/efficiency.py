"""What a fused image costs: parameters, floating-point operations, time, memory. Energy is in `isfcore.energy`.

Time is from images in memory (uint8) to the fused luma in memory (uint8), whatever the device. Reading files is not in
it. What a *training* step costs is in `isfcore.cost`.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from isfcore.comparison import classic_methods
from isfcore.fusion import fuse_batches
from isfcore.inference import choose_device, prepare
from isfcore.network import FusionNetwork

Size = tuple[int, int]  # height and width in pixels
PARTS = {  # of the network, and how its modules' names begin
    "encoders": ("encoder_infrared", "encoder_visible"),
    "CFI": ("cfi",),
    "decoder": ("decoder", "output"),
}
AT_LEAST = 0.05  # seconds that a method is timed for in a round: many calls of a fast one


def part_of(name: str) -> str:
    """The part of the network, one of `PARTS`, that a parameter or module of this name belongs to."""
    return next(part for part, starts in PARTS.items() if name.startswith(starts))


def flops(network: FusionNetwork, *, height: int, width: int) -> dict[str, int]:
    """Floating-point operations to fuse one pair, by part.

    PyTorch's counter: two for each multiply-add of a convolution or a product of matrices, attention included. Batch
    norm, activations, pooling, interpolation and biases are not counted, nor what row stripes and tiles
    (`isfcore.inference`) compute twice.

    Args:
        network: as `isfcore.weights.load_weights` gives it, not prepared; its weights do not matter.
    """
    image = torch.zeros(1, 1, height, width)
    # To the counter the library's fused attention is no product of matrices; written out, the same work is.
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network(image, image)
    found = dict.fromkeys(PARTS, 0)
    for name, counts in counter.get_flop_counts().items():
        _, *path = name.split(".")  # the first is the network itself
        if path and len(path) == (2 if path[0] in ("cfi", "decoder") else 1):  # those two hold a module a scale
            found[part_of(path[0])] += sum(counts.values())
    return found


def parameters(network: FusionNetwork) -> dict[str, int]:
    """Trained numbers, by part; a shared encoder counts once."""
    found = dict.fromkeys(PARTS, 0)
    for name, parameter in network.named_parameters():
        found[part_of(name)] += parameter.numel()
    return found


def parameter_table(known: Mapping[str, dict[str, Any]], described: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Sizes of the networks that are here and of the official ones of other methods, the smallest first.

    Args:
        known: what `isfcore.comparison.load_networks` knows of each network.
        described: from `isfcore.comparison.described_methods`; methods without `parameters` are left out.

    Returns:
        `method`, `parameters` in use, `unused` ones that the weights' file holds besides (None where nobody looked),
        `table_entries` of a lookup table, and where it was `counted`.
    """
    rows = [
        (name, about["parameters"], about.get("dead_parameters", 0), 0, "here") for name, about in known.items()
    ] + [
        (name, about["parameters"], None, about.get("table_entries", 0), "official network")
        for name, about in described.items()
        if "parameters" in about and name not in known
    ]
    table = pd.DataFrame(rows, columns=["method", "parameters", "unused", "table_entries", "counted"])
    return table.astype({"unused": "Int64"}).sort_values("parameters", ignore_index=True)


def one_of_each(networks: Mapping[str, FusionNetwork]) -> dict[str, str]:
    """For each network the first one of the same architecture: weights do not change what a network costs."""
    first: dict[str, str] = {}
    for name, network in networks.items():
        first.setdefault(str(network.reading), name)
    return {name: first[str(network.reading)] for name, network in networks.items()}


def repeat(function: Callable[[], object], *, seconds: float) -> tuple[int, float]:
    """Call once, and again until so many seconds are over: how often it was called, and the seconds that it took."""
    start, count, passed = time.perf_counter(), 0, 0.0
    while not count or passed < seconds:
        function()
        count, passed = count + 1, time.perf_counter() - start
    return count, passed


def in_turn(functions: Mapping[Any, Callable[[], object]], *, rounds: int, at_least: float = 0.0) -> pd.DataFrame:
    """Seconds of a call of each function, a row a round and a column a function.

    They are called in turn, so that a machine that drifts drifts for all of them, after a round to warm up.

    Args:
        at_least: seconds to repeat a call for in each round, so that those of microseconds can be timed.
    """
    rows = []
    for _ in range(rounds + 1):
        timed = {name: repeat(function, seconds=at_least) for name, function in functions.items()}
        rows.append({name: passed / count for name, (count, passed) in timed.items()})
    return pd.DataFrame(rows[1:])


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


def latency(
    networks: Mapping[str, FusionNetwork],
    *,
    sizes: Sequence[Size],
    batches: Sequence[int],
    rounds: int,
    device: str,
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
    columns = ["method", "height", "width", "batch", "median_ms", "low_ms", "high_ms", "images_per_second"]
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
            rows.append((method, *size, batch, median, low, high, 1000 / median))
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "device", place.type)
    table.insert(1, "threads", torch.get_num_threads())
    table.insert(6, "rounds", rounds)
    return table


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


def peak_memory(network: FusionNetwork, *, sizes: Sequence[Size], device: str) -> pd.DataFrame:
    """Memory that fusing one pair takes at its peak: a row a size, with `height`, `width` and `peak_mib`.

    On the processor it is what a process of its own came to hold beyond the loaded network: images, features and the
    library's caches. On CUDA it is what PyTorch allocated at most, weights included.

    Args:
        network: as `isfcore.weights.load_weights` gives it.
        sizes: height and width.
        device: `cpu` or `cuda`.
    """
    ordered = sorted(map(tuple, sizes), key=np.prod)  # a process remembers the most it ever held, and that alone
    if device == "cuda":
        peaks = _peaks_on_cuda(network, ordered)
    else:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            peaks = process.submit(_peaks_here, network.reading, ordered).result()
    rows = [(*size, peak) for size, peak in zip(ordered, peaks, strict=True)]
    return pd.DataFrame(rows, columns=["height", "width", "peak_mib"])


def busy_cores(seconds: float = 1.0) -> float:
    """How many cores others keep busy: the load while this process sleeps for so long."""
    return psutil.cpu_percent(interval=seconds) / 100 * (psutil.cpu_count() or 1)


def figure1c(means: pd.DataFrame, printed: pd.DataFrame, speed: Mapping[str, float], *, dataset: str) -> pd.DataFrame:
    """The axes of Figure 1c that this study measures: quality from the benchmark, speed from this machine.

    Args:
        means: the benchmark's table, as `isfcore.comparison.means` gives it.
        printed: from `isfcore.printed.printed_table`.
        speed: images a second, by method.
        dataset: where CC and PSNR are from.

    Returns:
        A row a method that was measured, under the paper's protocol, and one a method that was printed: `method`, `row`
        (`measured` or `printed`), `pairs`, `CC`, `PSNR` and `FPS`, NaN where it is not known.
    """
    measured = means[(means["dataset"] == dataset) & (means["protocol"] == "paper")].assign(row="measured")
    rows = printed[printed["dataset"] == dataset].assign(row="printed", pairs="").astype({"CC": float, "PSNR": float})
    measured["FPS"] = measured["method"].map(speed).astype(float)
    return pd.concat([measured, rows])[["method", "row", "pairs", "CC", "PSNR", "FPS"]].reset_index(drop=True)
