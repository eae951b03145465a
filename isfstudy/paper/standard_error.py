"""How far a mean over images is off by chance, where images of one cluster are one observation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def of_mean(values: pd.Series, clusters: Mapping[str, str] | None = None) -> tuple[float, int]:
    """The standard error of the mean, and of how many observations: Student's interval has one degree of freedom less.

    Deviations from the mean are added up within each cluster (Liang and Zeger 1986, with G / (G - 1) for G clusters).
    Of images that each stand for themselves it is the textbook's s / sqrt(n).

    Args:
        values: one an image, without NaN; indexed by stem where there are clusters. Of a single one the error is NaN.
        clusters: of images, by stem; an image that it does not name stands for itself.
    """
    deviations = values - values.mean()
    if clusters:
        deviations = deviations.groupby([clusters.get(stem, stem) for stem in values.index]).sum()
    count = len(deviations)
    if count < 2:
        return float("nan"), count
    return float(np.sqrt(count / (count - 1) * (deviations**2).sum()) / len(values)), count
