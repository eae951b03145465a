"""The mean of something that was measured several times an image, and how sure it is: a mixed model.

An image is drawn anew, and so are the masks within it; frames of one drive go together. The model is a mean, a random
effect of each cluster of images, one of each image, and what is left from draw to draw. Since all images have equally
many draws, the mean of an image holds all that its draws say of the mean, and its variance is that of the image's
effect and of the draws together: the model of the means of images gives the same interval, and is what is fitted.
Where every image stands for itself that is the interval of Student's t over images.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import t as student

LEVEL = 0.05  # of all intervals of a family together
NONE, ALL = -30.0, 60.0  # log odds of the share of the variance that is of clusters, as good as 0 and 1


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
    mean, error = mean_and_error(images[column].to_numpy(float), images["cluster"].to_numpy())
    clusters = images["cluster"].nunique()
    half = error * student.isf(level / 2 / tests, clusters - 1) if clusters > 1 else math.inf
    return Mean(mean, mean - half, mean + half, len(images), int(draws.iloc[0]), clusters)


def mean_and_error(y: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    """Of means of images, (n,), in clusters, (n,): their mean and its standard error, by restricted maximum likelihood
    (Patterson and Thompson 1971) over the one thing that is left open: which share of the variance is of clusters.

    It is the model that statsmodels' `MixedLM` fits, whose search stops at singular matrices where that share nears 1.
    """
    groups = pd.Series(y).groupby(clusters)
    sizes, means = groups.size().to_numpy(), groups.mean().to_numpy()
    if len(sizes) == len(y) or len(sizes) == 1:
        return y.mean(), y.std(ddof=1) / math.sqrt(len(y)) if len(sizes) > 1 else math.nan
    within = groups.var(ddof=0).to_numpy() @ sizes
    if within <= 1e-28 * (y @ y):  # images of a cluster agree but for rounding
        return means.mean(), means.std(ddof=1) / math.sqrt(len(means))

    def fitted(odds: float) -> tuple[float, float, float]:
        """The mean, its squared error, and the criterion to make small, where a share with these log odds is of
        clusters."""
        share, rest = expit(odds), expit(-odds)
        variances = share + rest / sizes  # of means of clusters, where that of an image is 1
        weight = (1 / variances).sum()
        mean = (means / variances).sum() / weight
        squares = within / rest + ((means - mean) ** 2 / variances).sum()
        logs = (len(y) - len(sizes)) * math.log(rest) + np.log(variances).sum() + math.log(weight)
        criterion = (len(y) - 1) * math.log(max(squares, 1e-300)) + logs
        return mean, squares / (len(y) - 1) / weight, criterion

    found = minimize_scalar(lambda odds: fitted(odds)[2], bounds=(NONE, ALL), method="bounded").x
    mean, squared, _ = min((fitted(odds) for odds in (NONE, found)), key=lambda each: each[2])
    return float(mean), math.sqrt(squared)
