"""The mean of something that was measured several times an image, and how sure it is: a mixed model.

An image is drawn anew, and so are the masks within it; frames of one drive go together. The model is a mean, a random
effect of each cluster of images, one of each image, and what is left from draw to draw. Since all images have equally
many draws, the mean of an image holds all that its draws say of the mean, and its variance is that of the image's
effect and of the draws together: the model of the means of images gives the same interval, and is what is fitted.
Where every image stands for itself that is the interval of Student's t over images.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student
from statsmodels.regression.mixed_linear_model import MixedLM

LEVEL = 0.05  # of all intervals of a family together
SEARCH = ["powell"]  # needs no gradient, whose inverse is singular where almost all variance is of clusters


class Mean(NamedTuple):
    """A mean with its interval.

    Attributes:
        mean, low, high: in the unit of the values.
        pairs, draws, clusters: how many images, values of each, and clusters, which alone are independent.
    """

    mean: float
    low: float
    high: float
    pairs: int
    draws: int
    clusters: int

    @property
    def smallest(self) -> float:
        """The least effect that these images could have set apart from none: half the width of the interval."""
        return (self.high - self.low) / 2


def mean_over_images(values: pd.DataFrame, column: str, *, tests: int = 1, level: float = LEVEL) -> Mean:
    """The mean of a column with its interval, of Student's t with one degree of freedom fewer than there are clusters.

    Args:
        values: a row a draw, with the image in `stem` and, where images go together, `cluster`.
        tests: how many intervals are to cover together (Bonferroni).
        level: probability that not all of them do.

    Returns:
        The limits are infinite where there is one cluster alone.

    Raises:
        ValueError: for no values, values that are not finite, or images with unequal numbers of draws.
    """
    if values.empty or not np.isfinite(values[column]).all():
        wrong = values.loc[~np.isfinite(values[column]), "stem"].unique()
        raise ValueError(f"{column}: a mean over images takes finite values, not those of {', '.join(wrong) or 'none'}")
    by_image = values.assign(cluster=values["cluster"] if "cluster" in values else values["stem"]).groupby("stem")
    draws = by_image.size()
    if draws.nunique() > 1:
        raise ValueError(f"{column}: images have {draws.min()} to {draws.max()} draws, where each needs as many")
    images = by_image.agg({column: "mean", "cluster": "first"})
    mean, error = _mean_and_error(images[column].to_numpy(float), images["cluster"].to_numpy())
    clusters = images["cluster"].nunique()
    half = error * student.isf(level / 2 / tests, clusters - 1) if clusters > 1 else math.inf
    return Mean(mean, mean - half, mean + half, len(images), int(draws.iloc[0]), clusters)


def _mean_and_error(y: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    """Of means of images: their mean, weighted by the model, and its standard error."""
    number, spread = len(set(clusters)), y.std(ddof=1) if len(y) > 1 else 0.0
    if number == len(y) or spread <= 1e-12 * abs(y).max():
        return y.mean(), spread / math.sqrt(len(y))
    if number == 1:
        return y.mean(), math.nan
    centre = y.mean()
    scaled = (y - centre) / spread  # the search's tolerances suit values of unit size, decibels and correlations alike
    with warnings.catch_warnings():  # a variance that is estimated as none lies on the border, which is no failure
        warnings.simplefilter("ignore")
        fitted = MixedLM(scaled, np.ones((len(y), 1)), clusters).fit(reml=True, method=SEARCH)
    return centre + spread * float(fitted.fe_params[0]), spread * float(fitted.bse_fe[0])
