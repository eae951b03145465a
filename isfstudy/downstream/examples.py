"""What Figure 7 shows: pairs that no method chose, as the inputs show them, and what was found in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isfcore.pairs import Pair, read_whole
from isfstudy.downstream.detection_scores import CERTAIN
from isfstudy.downstream.regimes import Found, night
from isfstudy.downstream.segmentation_scores import as_large
from isfstudy.downstream.setting import Setting

Images = dict[str, dict[str, np.ndarray]]  # by pair and column


def busiest(setting: Setting, measure: Callable[[Any], float]) -> list[Pair]:
    """The day and the night pair whose label has most of something."""
    pairs = dict(zip(setting.stems, setting.comparison.test.pairs, strict=True))
    amount = {stem: measure(truth) for stem, truth in zip(setting.stems, setting.truths, strict=True)}
    sides = [[stem for stem in setting.stems if night(stem) is dark] for dark in (False, True)]
    return [pairs[max(side, key=amount.get)] for side in sides if side]


def detected(
    setting: Setting, found: dict[tuple[str, str], list[Found]], pairs: Sequence[Pair], names: Sequence[str]
) -> tuple[Images, Images, dict[str, np.ndarray]]:
    """These inputs' images of the pairs; the boxes that were found in them for certain, under the regime `adapted`
    with the first seed; and the true boxes: what `isfstudy.downstream.figures.detection_examples` takes."""
    pictures, boxes, true = {}, {}, {}
    for pair in pairs:
        sources = read_whole(pair)
        pictures[pair.stem] = {name: setting.comparison.inputs[name].make(pair.stem, *sources) for name in names}
        each = {name: found["adapted", name][0][pair.stem] for name in names}
        boxes[pair.stem] = {name: one[one[:, 5] >= CERTAIN] for name, one in each.items()}
        true[pair.stem] = setting.comparison.test.label[pair.stem]
    return pictures, boxes, true


def segmented(
    setting: Setting, found: dict[tuple[str, str], list[Found]], pairs: Sequence[Pair], names: Sequence[str]
) -> tuple[Images, dict[str, np.ndarray]]:
    """Sources and the reference's image of the pairs with the class maps that were found in these inputs' images, under
    the regime `adapted` with the first seed; and the true maps: what
    `isfstudy.downstream.figures.segmentation_examples` takes."""
    pictures, true = {}, {}
    for pair in pairs:
        infrared, visible = read_whole(pair)
        fused = setting.comparison.everywhere[setting.reference].make(pair.stem, infrared, visible)
        maps = {f"in {name}": as_large(found["adapted", name][0][pair.stem], infrared.shape) for name in names}
        pictures[pair.stem] = {"visible": visible, "infrared": infrared, setting.reference: fused} | maps
        true[pair.stem] = setting.comparison.test.label[pair.stem]
    return pictures, true
