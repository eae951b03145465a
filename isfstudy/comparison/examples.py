"""One pair of each set, chosen before anything is fused, with what methods make of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from isfcore.images import join_colour
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.figures import salient_window
from isfstudy.comparison.methods import Method, MissingImage


def examples(
    pairs: dict[str, list[Pair]],
    methods: dict[str, dict[str, Method]],
    *,
    sources: Sequence[str] = ("infrared", "visible"),
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, tuple[int, int, int, int]]]:
    """The pair a third down the list of each set, fused by some methods.

    Args:
        pairs: by set.
        methods: by set, those to show, in order.
        sources: what to call the infrared and the visible image.

    Returns:
        By `set stem`, the images of each pair by name: the sources, and fused images with the visible image's colour;
        and the window to enlarge, from `isfstudy.comparison.figures.salient_window`.

    Methods whose folder lacks the pair are not shown.

    Raises:
        ValueError: for a pair that cannot be read, or fused by one of its methods.
    """
    images, windows = {}, {}
    for dataset, which in pairs.items():
        pair = which[len(which) // 3]
        infrared, visible = read_sources(pair)
        coloured = {}
        for name, method in methods[dataset].items():
            with suppress(MissingImage):
                coloured[name] = join_colour(method(pair.stem, infrared, visible), visible)
        images[f"{dataset} {pair.stem}"] = dict(zip(sources, (infrared, visible), strict=True)) | coloured
        windows[f"{dataset} {pair.stem}"] = salient_window(infrared, visible)
    return images, windows
