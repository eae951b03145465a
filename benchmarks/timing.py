"""Time functions side by side: in turn, round after round, so that a drifting machine drifts for all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pandas as pd


def side_by_side(functions: dict[str, Callable[[], object]], *, rounds: int) -> pd.DataFrame:
    """Median, least and greatest seconds of each function, and the median ratio to the first, pair by pair.

    Args:
        functions: by label; the first is the baseline. Each is called once before timing starts.
        rounds: how many times each is timed, in turn.
    """
    seconds: dict[str, list[float]] = {label: [] for label in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for label, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[label].append(time.perf_counter() - start)
    baseline = next(iter(seconds.values()))
    rows = []
    for label, times in seconds.items():
        ratios = [slow / fast for slow, fast in zip(baseline, times, strict=True)]
        rows.append([label, statistics.median(times), min(times), max(times), statistics.median(ratios)])
    return pd.DataFrame(rows, columns=["what", "median s", "min s", "max s", "times faster"]).set_index("what")
