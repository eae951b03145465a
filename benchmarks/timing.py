"""Time functions side by side: in turn, round after round, so that a drifting machine drifts for all of them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from isfstudy.efficiency.timing import in_turn


def side_by_side(functions: dict[str, Callable[[], object]], *, rounds: int) -> pd.DataFrame:
    """Median, least and greatest seconds of each function, and the median ratio to the first, pair by pair.

    Args:
        functions: by label; the first is the baseline. Each is called once before timing starts.
        rounds: how many times each is timed, in turn.
    """
    seconds = in_turn(functions, rounds=rounds)
    table = seconds.agg(["median", "min", "max"]).T.add_suffix(" s")
    table["times faster"] = seconds.rdiv(seconds.iloc[:, 0], axis=0).median()
    return table.rename_axis("what")
