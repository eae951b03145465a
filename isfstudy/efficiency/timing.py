"""Seconds, memory and busy cores of a call, measured on this machine."""

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

from isfcore.fusion import fuse_batches
from isfcore.inference import prepare
from isfcore.machine.devices import choose_device
from isfcore.network import FusionNetwork
from isfstudy.comparison.methods import classic_methods
from isfstudy.efficiency.inference_cost import AT_LEAST, Size


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
