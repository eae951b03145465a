"""Tables of scores with a row an image, as `isfstudy.comparison.statistics` takes them."""

from __future__ import annotations

import pandas as pd

# Demsar 2006, table 6: AUC of four variants of C4.5 on 14 data sets.
VARIANTS = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = [
    [0.763, 0.768, 0.771, 0.798],
    [0.599, 0.591, 0.590, 0.569],
    [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657],
    [0.882, 0.888, 0.886, 0.898],
    [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685],
    [0.583, 0.583, 0.563, 0.625],
    [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000],
    [0.940, 0.962, 0.965, 0.962],
    [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975],  # printed alike, ranked 2 and 3
    [0.957, 0.978, 0.946, 0.970],
]


def table_of(scores: dict[str, list[float]], *, metric: str = "AG", **keys: str) -> pd.DataFrame:
    """A per-image table of one metric; a method may have fewer images, its first ones."""
    rows = [
        {"dataset": "TNO", "method": method, "protocol": "paper", "stem": f"{place:02}", metric: value} | keys
        for method, values in scores.items()
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


DEMSAR = table_of(dict(zip(VARIANTS, map(list, zip(*AUC, strict=True)), strict=True)))
