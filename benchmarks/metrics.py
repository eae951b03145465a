"""Scoring 40 TNO pairs with five metrics: `isfcore` against the direct numpy and scipy transcription.

    python -m benchmarks.metrics

Needs TNO below ISF_DATA; the fused images are the averages of their sources, held in memory by both sides.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from benchmarks import direct
from benchmarks.timing import side_by_side
from isfcore.datasets.local import pairs
from isfcore.evaluation import score_all
from isfcore.images import read_image
from isfstudy.comparison.classic import average


def main(rounds: int = 5) -> None:
    images = {}
    for pair in pairs("TNO"):
        infrared, visible = read_image(pair.infrared), read_image(pair.visible)
        images[pair.stem] = (average(infrared, visible), infrared, visible)

    def ours() -> pd.DataFrame:
        scores, _ = score_all({stem: partial(tuple, item) for stem, item in images.items()}, convention="paper")
        return pd.DataFrame.from_dict(scores, orient="index")

    def transcription() -> pd.DataFrame:
        rows = {stem: direct.metrics(*item, convention="paper") for stem, item in images.items()}
        return pd.DataFrame.from_dict(rows, orient="index")

    print(f"{len(images)} pairs, 5 metrics, paper convention")
    print(side_by_side({"direct transcription": transcription, "isfcore": ours}, rounds=rounds).round(3))
    print("largest difference of any value:", np.abs(ours() - transcription()).max().round(6).to_dict())


if __name__ == "__main__":
    main()
