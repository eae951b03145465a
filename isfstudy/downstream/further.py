"""What the trained detector finds in other images: those of a second set, and those of this one blurred or sharpened.

Section 4.3.1 says that blurred thermal structures cost detections, which is asked of the same images blurred; and a
lead on MSRS may be one on MSRS alone, which is asked of the labelled pairs of M3FD that are here, and are few. Both
ask the network that was trained on the sources (regime `adapted`, before it adapts to anything). Records hold what it
found and no weights: of other images it is asked anew, and trained for it (`isfstudy.downstream.runs`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

from isfcore.datasets.local import data_root, pairs_here
from isfstudy.comparison.clusters import clusters
from isfstudy.downstream.inputs import Input
from isfstudy.downstream.labels import Labelled, labelled
from isfstudy.downstream.regimes import of_sources
from isfstudy.downstream.runs import predictions
from isfstudy.downstream.scoring import Columns, Scoring
from isfstudy.downstream.setting import Setting
from isfstudy.downstream.tables import against

FIRST, SECOND = "MSRS", "M3FD"
SAME = {"People": "person", "Car": "car"}  # its classes that MSRS has too
AS_IT_IS = "as it is"
CHANGES = {  # radius in pixels of whole images
    "blurred by 1": ImageFilter.GaussianBlur(1),
    "blurred by 2": ImageFilter.GaussianBlur(2),
    "sharpened": ImageFilter.UnsharpMask(radius=2, percent=100, threshold=0),
}


def changed(source: Input, change: str) -> Input:
    """An input whose images are changed as `CHANGES` says."""

    def make(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(source.make(stem, infrared, visible)).filter(CHANGES[change]))

    return Input(f"{source.name}, {change}", f"{source.made_by}, {change}", make)


def blurred_and_sharp(setting: Setting, scoring: Scoring, *, resamples: int) -> pd.DataFrame:
    """What is found in images once they are blurred or sharpened, beside the same images as they are, of each input in
    `base_inputs`.

    Returns:
        What `isfstudy.downstream.tables.against` gives: `protocol` is the input, `method` the change.
    """
    columns: Columns = {}
    inputs = setting.comparison.inputs
    for name, source in ((name, inputs[name]) for name in setting.asked["base_inputs"] if name in inputs):
        for change in (AS_IT_IS, *CHANGES):
            tested = source if change == AS_IT_IS else changed(source, change)
            columns[name, change] = _columns(setting, scoring, tested, setting.comparison.test)
    return against(columns, scoring.of_set, setting.clusters, reference=AS_IT_IS, resamples=resamples)


def on_second_set(setting: Setting, scoring: Scoring, *, resamples: int) -> pd.DataFrame:
    """What is found in the labelled pairs of `SECOND` that are here, in images of every input that can make them.

    Returns:
        What `isfstudy.downstream.tables.against` gives for each of the classes that both sets have; no rows where no
        pair is here, or the first set is not `FIRST`.
    """
    here = pairs_here(SECOND, "test", data_root())[0] if setting.asked["dataset"] == FIRST else []
    if not here:
        return pd.DataFrame()
    second = shared_classes(labelled(SECOND, "test", "boxes", here), setting.names)
    columns = {
        (SECOND, name): _columns(setting, scoring, source, second)
        for name, source in setting.comparison.everywhere.items()
    }
    together = clusters(SECOND, [pair.stem for pair in second.pairs])
    options = {"reference": setting.reference, "resamples": resamples}
    return pd.concat([against(columns, name, together, **options) for name in SAME.values()], ignore_index=True)


def shared_classes(second: Labelled, names: tuple[str, ...]) -> Labelled:
    """Boxes of the classes that both sets have, numbered as in the first set.

    Args:
        names: of the first set's classes.
    """
    number = {second.names.index(theirs): names.index(ours) for theirs, ours in SAME.items()}
    boxes = {}
    for stem, each in second.label.items():
        kept = each[np.isin(each[:, 0], list(number))].copy()
        kept[:, 0] = [number[int(kind)] for kind in kept[:, 0]]
        boxes[stem] = kept
    return second._replace(label=boxes, names=names)


def _columns(setting: Setting, scoring: Scoring, tested: Input, test: Labelled) -> dict:
    run = of_sources(setting.comparison, setting.comparison.seeds[0])
    found = predictions(setting.bench, run, tested, test.pairs, progress=f"{setting.bench.task.name}, {tested.name}")
    stems = [pair.stem for pair in test.pairs]
    truths = [test.label[stem] for stem in stems]
    judged = scoring.judge([found[stem] for stem in stems], truths, len(setting.names))
    return scoring.columns([judged], setting.names)
