"""Which images of a set are one observation: frames of one drive, and pictures of one scene.

Tests and intervals take images as independent. Neighbouring frames of MSRS show one street a moment later: what one
method scores more than another on a frame it scores on the next as well, so that hundreds of frames say as much as a
few dozen scenes. TNO shows three scenes twice. `isfstudy.comparison.statistics` takes a column `cluster` for that.

MSRS is numbered in the order of its drives, with a letter for day or night, and its test set is every fourth frame. A
block is `BLOCK` numbers of one letter: twenty blocks of the 361 test frames. Of 40, 60, 80 and so on, 100 is the
shortest length at which means of neighbouring blocks correlate beyond chance, 2 / sqrt(blocks), for no published method
or rule and no metric, within day and within night, on the 80 frames that published methods have. That day and night
differ is no dependence of neighbours; it counts as spread between blocks, which makes intervals wider. One length
for all methods and metrics, so that none is chosen for its verdict; by numbers and not by count, so that a part of the
set has the same blocks. Longer blocks are fewer, and with n of them no p-value is under 2 / 2^n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from statsmodels.tsa.stattools import acf

from isfcore.metrics import METRICS
from isfstudy.comparison.statistics import by_cluster, printed_columns

BLOCK = 100  # frame numbers, about 25 test frames
DRIVES = {"MSRS"}  # sets whose names number the frames of drives
SAME_SCENE = {"TNO": [("22", "32"), ("21", "26"), ("15", "17")]}  # one picture twice, but for noise and moments


def clusters(dataset: str, stems: Sequence[str]) -> list[str]:
    """The cluster of each image, in words; an image that stands for itself has its own name.

    Args:
        dataset: a set of the study; of others nothing is known, and each image stands for itself.
        stems: names of images, of MSRS such as `00004N`.

    Raises:
        ValueError: for a name that should number a frame and does not.
    """
    if dataset in DRIVES:
        return [_block(dataset, stem) for stem in stems]
    scene = {stem: " ".join(group) for group in SAME_SCENE.get(dataset, []) for stem in group}
    return [scene.get(stem, stem) for stem in stems]


def _block(dataset: str, stem: str) -> str:
    number, light = stem[:-1], stem[-1:]
    if not number.isdecimal() or light not in ("D", "N"):
        raise ValueError(f"{dataset}: {stem!r} does not name a frame; names are numbers with D or N, such as 00004N")
    first = int(number) // BLOCK * BLOCK
    return f"{first:05d}{light} to {first + BLOCK - 1:05d}{light}"


def with_clusters(per_image: pd.DataFrame) -> pd.DataFrame:
    """A table with a row an image (`dataset`, `stem`), and behind `stem` the column `cluster`."""
    named = zip(per_image["dataset"], per_image["stem"], strict=True)
    found = [clusters(dataset, [stem])[0] for dataset, stem in named]
    table = per_image.copy()
    table.insert(table.columns.get_loc("stem") + 1, "cluster", found)
    return table


def lag_one(values: pd.Series) -> float:
    """Correlation of each value with the next one, in [-1, 1]; 0 where all are alike, or fewer than three."""
    return float(acf(values, nlags=1, fft=False)[1]) if len(values) > 2 and values.nunique() > 1 else 0.0


def dependence(per_image: pd.DataFrame, subject: str, *, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """How far paired differences of a method's rivals from it go on from image to image, and from cluster to cluster.

    Of drives within day and within night: differences are taken from their mean in the same light.

    Args:
        per_image: one row an image, data set, protocol and method, with `cluster`; names of images are in order.
        subject: the method.

    Returns:
        A row a data set, protocol and metric: these, the most `images` and `clusters` that a rival has in common with
        the method; of the rivals' `lag_one` the median and the largest, over images (`of_images`, `of_images_most`) and
        over means of clusters (`of_clusters`, `of_clusters_most`); and `by_chance`, what the latter of one rival stays
        below where clusters are independent (95 %, two-sided).
    """
    rows = []
    for group, scores, named in printed_columns(per_image, metrics):
        if subject in scores:
            light = [stem[-1:] if group["dataset"] in DRIVES else "" for stem in scores.index]
            apart = scores.drop(columns=subject).rsub(scores[subject], axis=0)
            apart -= apart.groupby(light).transform("mean")
            each = [apart[name].dropna() for name in apart]
            joined = [by_cluster(differences, named) for differences in each]
            counted = {"images": max(map(len, each), default=0), "clusters": max(map(len, joined), default=0)}
            for name, values in (("of_images", each), ("of_clusters", joined)):
                found = pd.Series([lag_one(one) for one in values], dtype=float)
                counted |= {name: found.median(), f"{name}_most": found.max()}
            rows.append(group | counted | {"by_chance": 2 / math.sqrt(max(counted["clusters"], 1))})
    return pd.DataFrame(rows)
