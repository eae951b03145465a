"""The images that a comparison rests on: those that all of its methods have.

Means over different images do not compare, and methods come with different images: networks and rules fuse every pair,
a folder of published images holds what somebody made. So each comparison takes the images that all its methods have,
and one rule says who takes part in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import pandas as pd

from isfstudy.comparison.scores import kind

RULE = "A method takes part if it has more than half of the images that most methods of its kind have."
FACTS = ["dataset", "method", "images", "shared", "others"]


def most_have(images: Iterable[Collection[str]]) -> set[str]:
    """The images that more than half of some methods have, given those of each."""
    each = [set(of_method) for of_method in images]
    counts = Counter(stem for of_method in each for stem in of_method)
    return {stem for stem, count in counts.items() if count > len(each) / 2}


def on_common_images(per_image: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of methods that take part, on the images of their data set that all of these have.

    `RULE` says who does, and `isfstudy.comparison.scores.kind` what kind a method is of: the others would lose more by
    one that shares few of their images than they learn. A set that grows for some methods leaves out none.

    Args:
        per_image: one row an image, data set, protocol and method; with a column `cluster` where images of one name in
            it are one observation.

    Returns:
        The rows; none of a data set in which all have fewer than two observations in common. And who is left out: a row
        a data set and method, with the number of its `images`, of those `shared` with most `others`, and of theirs.
    """
    found, left_out = [], []
    for dataset, of_set in per_image.groupby("dataset", sort=False):
        images = {method: set(stems) for method, stems in of_set.groupby("method", sort=False)["stem"]}
        most = {each: most_have(images[name] for name in images if kind(name) == each) for each in map(kind, images)}
        shared = {method: len(images[method] & most[kind(method)]) for method in images}
        few = [method for method in images if shared[method] <= len(most[kind(method)]) / 2]
        left_out += [(dataset, name, len(images[name]), shared[name], len(most[kind(name)])) for name in few]
        taking_part = [images[method] for method in images if method not in few]
        common = set.intersection(*taking_part) if taking_part else set()
        rows = of_set[~of_set["method"].isin(few) & of_set["stem"].isin(common)]
        if rows.get("cluster", rows["stem"]).nunique() > 1:
            found.append(rows)
    return pd.concat(found) if found else per_image.iloc[:0], pd.DataFrame(left_out, columns=FACTS)


def left_out_said(left_out: pd.DataFrame) -> str:
    """Who is left out, in words: `IGNet on M3FD (2 of the 10 images of most others; 5 in all)`; empty for nobody."""
    return ", ".join(
        f"{row.method} on {row.dataset} ({row.shared} of the {row.others} images of most others; {row.images} in all)"
        for row in left_out.itertuples()
    )
