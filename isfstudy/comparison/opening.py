"""How a notebook opens the images and networks it works on: found, entered into its page, and what is missing said.

Where no set is named the embedded scenes stand in, which notebook 01 of the same run has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from IPython.display import HTML

from isfcore.datasets.local import data_root, pairs, present
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair
from isfcore.weights import how_trained
from isfstudy.comparison.common import most_have
from isfstudy.comparison.methods import Method, find_networks, folder_method, fused_folders
from isfstudy.report.page import SCENES, Page, only_scenes, use_fused, use_pairs, use_weights
from isfstudy.report.results import callout


def root_of(page: Page, dataset: str) -> Path:
    """Where a set lies: the embedded scenes among the results of this run, any other in the user's folder."""
    return page.study / "01_data_preparation" if dataset == SCENES else data_root()


def evenly(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many items, evenly spread, the first and the last among them; all of them where `most` is 0."""
    if not most or len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


class Images(NamedTuple):
    """What `open_pairs` found.

    Attributes:
        pairs: by set.
        counts: how many of the published ones these are, in words, by set.
        absent: a sentence for each set that was asked for and is not here.
    """

    pairs: dict[str, list[Pair]]
    counts: dict[str, str]
    absent: list[str]

    @property
    def synthetic(self) -> bool:
        """Whether these are the embedded scenes alone, of which nothing compares with the paper."""
        return only_scenes(self.pairs)


def open_pairs(page: Page, datasets: Sequence[str], *, split: str = "test", most: int = 0) -> Images:
    """The pairs of these sets that are here, entered into the page; the scenes where no set is named.

    Args:
        most: of each set, evenly spread; 0 for all.

    Raises:
        ValueError: when sets are named and none is here, with the cure for each.
    """
    names = present(datasets, split) or [SCENES]
    found = {name: evenly(pairs(name, split, root_of(page, name)), most) for name in names}
    counts = {name: use_pairs(page, name, split, which) for name, which in found.items()}
    return Images(found, counts, [f"{name}: no pair of it is here" for name in datasets if name not in found])


class Networks(NamedTuple):
    """What `open_networks` found.

    Attributes:
        networks: by row name, `ISF (<weights>)`, in evaluation mode and not prepared.
        known: what is known of each one's weights, with `parameters`, the number in use.
        absent: a sentence for each network whose weights are not here.
    """

    networks: dict[str, FusionNetwork]
    known: dict[str, dict]
    absent: list[str]


def open_networks(page: Page, names: Sequence[str]) -> Networks:
    """The networks whose weights are here, entered into the page.

    Args:
        names: what `isfcore.weights.load_weights` takes.
    """
    opened = Networks(*find_networks(names))
    use_weights(page, opened.known)
    return opened


def open_folders(page: Page, dataset: str) -> dict[str, Method]:
    """The methods that have fused images of a set below the data root, entered into the page."""
    folders = fused_folders(data_root(), dataset)
    for name, images in folders.items():
        use_fused(page, name, dataset, images)
    return {name: folder_method(images) for name, images in folders.items()}


def published_and_rest(which: dict[str, list[Pair]]) -> tuple[dict[str, list[Pair]], dict[str, list[Pair]]]:
    """Of each set the pairs that most folders of fused images have, on which methods are compared, and the others.

    Where there is no such folder all pairs are of the first kind.
    """
    made = {name: most_have(fused_folders(data_root(), name).values()) for name in which}
    published = {name: [pair for pair in of_set if pair.stem in made[name]] or of_set for name, of_set in which.items()}
    return published, {name: [pair for pair in which[name] if pair not in published[name]] for name in which}


def what_is_here(images: Images, networks: Networks, *further: str, note: str = "") -> HTML:
    """The box at the head of a page: data, networks and how they were trained, what is missing; a caution where
    something is, or where the images are synthetic.

    Args:
        further: lines of the page's own, HTML.
        note: what follows the counts of the pairs, such as `, evenly spread`.
    """
    trained = [f"{row}, {how_trained(described)}" for row, described in networks.known.items()]
    counted = "; ".join(f"{name} {count}" for name, count in images.counts.items())
    lines = [f"<b>Data:</b> {counted}{note}.", f"<b>Networks:</b> {'; '.join(trained) or 'none'}.", *further]
    absent = [*networks.absent, *images.absent]
    lines += [f"<b>Left out:</b> {escape(reason)}" for reason in absent]
    if images.synthetic:
        lines.append("<b>Synthetic scenes</b> show that the study runs; nothing here compares with the paper.")
    return callout(*lines, kind="caution" if absent or images.synthetic else "note")
