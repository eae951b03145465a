"""How well these pairs are fused: the usual metrics, and closeness to the truth where there is one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from isfcore.images import grey
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, cut
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import PROTOCOLS
from isfstudy.comparison.scores import compare
from isfstudy.other_modalities.pairs import Given

TRUTH = ("PSNR to the truth", "SSIM to the truth")


def scored(pairs: list[Pair], given: dict[str, Given], methods: dict[str, Method]) -> pd.DataFrame:
    """A row a pair and method, under the standard protocol: `pair`, `method`, `METRICS`, and `TRUTH`, NaN for a pair
    that has none.

    Raises:
        ValueError: naming what could not be fused.
    """
    tables = []
    for pair in pairs:
        truth = given[pair.stem].truth

        def close(fused: np.ndarray, first: np.ndarray, second: np.ndarray, truth=truth) -> dict[str, float]:
            return dict.fromkeys(TRUTH, np.nan) if truth is None else closeness(fused, cut(truth))

        table, problems = compare([pair], methods, protocols={"standard": PROTOCOLS["standard"]}, further=close)
        if problems:
            raise ValueError("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        tables.append(table.assign(pair=pair.stem))
    return pd.concat(tables)[["pair", "method", *METRICS, *TRUTH]].reset_index(drop=True)


def closeness(fused: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """`TRUTH` of a fused image, both (H, W) uint8: in dB, and in [-1, 1]."""
    values = peak_signal_noise_ratio(truth, fused), structural_similarity(truth, fused)
    return dict(zip(TRUTH, map(float, values), strict=True))


def places(table: pd.DataFrame, subject: str) -> list[str]:
    """For each pair with a truth a sentence, as HTML: how close a method comes, and who comes closest."""
    lines = []
    for pair, rows in table[table[TRUTH[0]].notna()].groupby("pair", sort=False):
        values = rows.set_index("method")[TRUTH[0]]
        place = int(values.rank(ascending=False)[subject])
        kind = pair.replace("_", " ").capitalize()
        lines.append(
            f"<b>{kind}:</b> {subject} has a PSNR of {values[subject]:.1f} dB to the truth, "
            f"place {place} of {len(values)}; closest is {values.idxmax()} with {values.max():.1f} dB."
        )
    return lines


def shown(given: dict[str, Given], pairs: list[Pair], methods: dict[str, Method]) -> dict[str, list[np.ndarray]]:
    """For each pair both sources and what methods make of them, (H, W) uint8, as `image_grid` takes them."""
    rows = {}
    for pair in pairs:
        one = given[pair.stem]
        first, second = cut(grey(one.first)), cut(one.second)
        fused = [method(pair.stem, first, second) for method in methods.values()]
        rows[f"{pair.stem.replace('_', ' ')}"] = [first, grey(second), *fused]
    return rows
