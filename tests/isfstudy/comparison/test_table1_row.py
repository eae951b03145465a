"""A row of the paper's Table 1 from images that others fused, by our metrics and the paper's protocol."""

from __future__ import annotations

from functools import partial

import pandas as pd

from isfcore.datasets.local import pairs
from isfcore.evaluation import score_all
from isfcore.images import luma, read_image
from isfcore.metrics import METRICS
from isfcore.pairs import cut
from isfstudy.comparison.protocol import stored


def test_lrrnet_row_of_table_1(data_root):
    """LRRNet's images, stored as the paper's were, give its TNO row to every printed digit."""

    def images(pair):
        infrared, visible = (cut(read_image(path)) for path in (pair.infrared, pair.visible))
        fused = read_image(data_root / "fused" / "LRRNet" / "TNO" / f"{pair.stem}.webp")
        return stored(fused, visible, storage="jpeg"), luma(infrared), luma(visible)

    load = {pair.stem: partial(images, pair) for pair in pairs("TNO", root=data_root)}
    scores, problems = score_all(load, convention="paper")
    assert len(scores) == 40 and not problems
    table = pd.DataFrame.from_dict(scores, orient="index")
    printed = [f"{table[name].mean():.{digits}f}" for name, digits in zip(METRICS, (3, 3, 2, 3, 3), strict=True)]
    assert printed == ["3.855", "3.806", "61.72", "0.436", "0.346"]
