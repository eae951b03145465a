"""The colour of a method, the same in every figure."""

from __future__ import annotations

from typing import Any

import seaborn as sns

from isfstudy.paper.printed import is_network

BLUE, ORANGE = sns.color_palette("colorblind")[:2]


def colour_of(method: str, *, other: Any = BLUE) -> Any:
    """Orange for networks of the paper's architecture, `other` for all else."""
    return ORANGE if is_network(method) else other
