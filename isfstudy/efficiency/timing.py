"""Seconds of a call, measured on this machine, and what else keeps the machine busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import psutil


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


def busy_cores(seconds: float = 1.0) -> float:
    """How many cores others keep busy: the load while this process sleeps for so long."""
    return psutil.cpu_percent(interval=seconds) / 100 * (psutil.cpu_count() or 1)
