"""Do machines see more in one kind of fused image than in another? Data-set scores with intervals over the images.

mIoU and mAP are no means over images, so that paired tests of per-image scores do not apply. Images are resampled
instead, the same for all methods, and the score of the whole set is taken anew each time. Frames of one drive depend on
each other: images of a cluster (`isfstudy.comparison.clusters`) are drawn together, which of blocks of frames is the
bootstrap of Carlstein 1986. Of few clusters a bootstrap's intervals are too narrow, by what Student's t is wider than
the normal distribution and by the spread of a sample around its own mean: levels are raised for that (Hesterberg 2015).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import DegenerateDataWarning, bootstrap, norm, permutation_test, spearmanr
from scipy.stats import t as student

from isfstudy.comparison.statistics import confidence_intervals

PERMUTATIONS = 1999
HIGHEST = 0.999  # level of an interval, beyond which two thousand draws say nothing
Score = Callable[[np.ndarray], np.ndarray]  # weights (R, images) -> score of the weighted set (R,)


def _counts(index: np.ndarray, number: int) -> np.ndarray:
    """How often each of a number of clusters stands in each row of drawn indices."""
    rows = index.reshape(-1, index.shape[-1])
    cells = rows + number * np.arange(len(rows))[:, None]
    return np.bincount(cells.ravel(), minlength=len(rows) * number).reshape(len(rows), number)


def _raised(level: float, number: int) -> float:
    """The level to ask of a bootstrap of a number of clusters so that it covers at a level: the expanded percentiles of
    Hesterberg 2015 (The American Statistician 69, 371-386)."""
    wider = student.isf((1 - level) / 2, number - 1) * math.sqrt(number / (number - 1))
    return min(1 - 2 * norm.sf(wider), HIGHEST)


def resampled(
    scores: dict[str, Score],
    clusters: Sequence[str],
    *,
    reference: str,
    level: float = 0.95,
    resamples: int = 1999,
    seed: int = 0,
) -> pd.DataFrame:
    """Scores of methods on the same images, each with its interval, and what sets it apart from a reference.

    BCa bootstrap (Efron 1987) over clusters of images. A verdict corrects for the number of methods compared
    (Bonferroni), so far out that draws are few: it takes the standard error of the draws and Student's t, with one
    degree of freedom fewer than there are clusters.

    Args:
        scores: by method, the score of a weighted set of images.
        clusters: of each image, the cluster that it is drawn with; its own name where it stands for itself.
        reference: the method to compare with; where it is missing there are no differences.
        level: probability that an interval covers its value.

    Returns:
        A row a method: `method`, `score`, `low`, `high`; `lead` over the reference with `lead_low` and `lead_high`, and
        `verdict`: `better` or `worse` than the reference where the lead is beyond `smallest`, `undecided` where it
        is not, empty for the reference itself; and `smallest`, half the corrected interval, the lead that could have
        been seen.

    Raises:
        ValueError: for fewer than two clusters.
    """
    cluster, names_of_clusters = pd.factorize(pd.Series(clusters))
    number = len(names_of_clusters)
    if number < 2:
        raise ValueError(f"an interval over images takes two clusters or more, not {number} of {len(cluster)} images")
    names = list(scores)
    rivals = [name for name in names if name != reference] if reference in scores else []

    def statistic(index: np.ndarray, axis: int) -> np.ndarray:
        weights = _counts(np.moveaxis(index, axis, -1), number)[:, cluster]
        values = {name: score(weights) for name, score in scores.items()}
        leads = [values[name] - values[reference] for name in rivals]
        return np.stack([*values.values(), *leads]).reshape(-1, *np.moveaxis(index, axis, -1).shape[:-1])

    whole = statistic(np.arange(number)[None], -1)[:, 0]
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)  # where all draws agree, which is dealt with below
        drawn = bootstrap(
            (np.arange(number),),
            statistic,
            method="BCa",
            vectorized=True,
            batch=250,
            n_resamples=resamples,
            confidence_level=_raised(level, number),
            rng=np.random.default_rng(seed),
        )
    constant = np.ptp(drawn.bootstrap_distribution, axis=-1) == 0
    low, high = (np.where(constant, whole, limit) for limit in drawn.confidence_interval)
    error = np.where(constant, 0, drawn.standard_error) * math.sqrt(number / (number - 1))
    seen = error * student.isf((1 - level) / 2 / max(1, len(rivals)), number - 1)
    rows = []
    for place, name in enumerate(names):
        row = {"method": name, "score": whole[place], "low": low[place], "high": high[place]}
        row |= {"lead": np.nan, "lead_low": np.nan, "lead_high": np.nan, "verdict": "", "smallest": np.nan}
        if name in rivals:
            at = len(names) + rivals.index(name)
            apart = "better" if whole[at] > seen[at] else "worse" if whole[at] < -seen[at] else "undecided"
            row |= {"lead": whole[at], "lead_low": low[at], "lead_high": high[at], "verdict": apart}
            row["smallest"] = seen[at]
        rows.append(row)
    return pd.DataFrame(rows)


def agreement_over_methods(table: pd.DataFrame, qualities: Sequence[str], score: str) -> pd.DataFrame:
    """Does the ranking of methods by a machine's score follow their ranking by image quality? Spearman's rank
    correlation over methods; its p by permutation, as methods are few.

    Args:
        table: a row a method, with `qualities` and `score`.

    Returns:
        A row a quality: `quality`, `methods`, `rho` and `p`; NaN for fewer than four methods, or equal ones.
    """
    rows = []
    for quality in qualities:
        values = table[[quality, score]].dropna()
        rho = p = np.nan
        if len(values) >= 4 and values.nunique().min() > 1:
            found = permutation_test(
                (values[quality],),
                lambda shuffled, values=values: spearmanr(shuffled, values[score]).statistic,
                permutation_type="pairings",
                n_resamples=PERMUTATIONS,
                rng=np.random.default_rng(0),
            )
            rho, p = found.statistic, found.pvalue
        rows.append({"quality": quality, "methods": len(values), "rho": rho, "p": p})
    return pd.DataFrame(rows)


def agreement_within_images(
    per_image: pd.DataFrame,
    qualities: Sequence[str],
    score: str,
    *,
    beside: str = "PSNR",
    resamples: int = 1999,
    seed: int = 0,
) -> pd.DataFrame:
    """On one image, do methods that score higher in quality serve the machine better? Spearman's correlation over the
    methods of each image, which leaves out how hard the image is, and its mean over images with a BCa interval over
    clusters of them.

    Whether one quality goes with the score more closely than another is a question to the difference on each image:
    that two intervals overlap does not answer it.

    Args:
        per_image: a row an image and method: `stem`, `cluster`, `method`, `qualities` and `score`; NaN is left out.
        beside: the quality that the others are compared with.

    Returns:
        A row a quality: `quality`, `images` (those on which four or more methods differ in both) and their `clusters`,
        `rho`, `low`, `high`; and `over`, the mean over images of its correlation minus that of `beside`, with
        `over low`, `over high`.
    """
    cluster = per_image.groupby("stem")["cluster"].first()
    found = {quality: _correlations(per_image, quality, score) for quality in qualities}
    rows = []
    for quality, rhos in found.items():
        row = {"quality": quality, "images": len(rhos), "clusters": cluster[rhos.index].nunique()}
        row |= _mean(rhos, cluster, ("rho", "low", "high"), resamples, seed)
        apart = (rhos - found[beside]).dropna() if quality != beside and beside in found else rhos[:0]
        rows.append(row | _mean(apart, cluster, ("over", "over low", "over high"), resamples, seed))
    return pd.DataFrame(rows)


def _correlations(per_image: pd.DataFrame, quality: str, score: str) -> pd.Series:
    """Spearman's correlation by image."""
    found = {}
    for stem, image in per_image.dropna(subset=[quality, score]).groupby("stem"):
        if len(image) >= 4 and image[[quality, score]].nunique().min() > 1:
            found[stem] = spearmanr(image[quality], image[score]).statistic
    return pd.Series(found, dtype=float)


def _mean(
    values: pd.Series, cluster: pd.Series, names: tuple[str, str, str], resamples: int, seed: int
) -> dict[str, float]:
    """The mean of values by stem under the first name, and its interval over clusters under the others; NaN for fewer
    than two clusters."""
    table = pd.DataFrame({"of": "all", "stem": values.index, "value": values.to_numpy()})
    table["cluster"] = table["stem"].map(cluster)
    if (number := table["cluster"].nunique()) < 2:
        return dict.fromkeys(names, np.nan)
    options = {"by": ["of"], "level": _raised(0.95, number), "resamples": resamples, "seed": seed}
    found = confidence_intervals(table, metrics=["value"], **options).iloc[0]
    return dict(zip(names, found[["mean", "low", "high"]], strict=True))
