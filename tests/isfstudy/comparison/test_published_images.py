"""Are the images that stand for a method those that were published of it? With numbers that were published of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isfcore.datasets.local import pairs
from isfcore.evaluation import score
from isfcore.images import grey, read_image
from isfcore.pairs import read_sources

NUMBERING = {"01": "01", "08": "08", "16": "15", "27": "26"}  # of a public evaluator, and of TNO's 40 pairs


def images(data_root: Path, method: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Stem there, published and ours, of the pairs that were published with the evaluator's numbers."""
    if not (data_root / "golden" / "matlab" / method).is_dir():
        pytest.skip("needs the evaluator's images, which have no licence")
    found = []
    for theirs, ours in NUMBERING.items():
        (file,) = (data_root / "golden" / "matlab" / method).glob(f"{theirs}.*")
        (own,) = (data_root / "fused" / method / "TNO").glob(f"{ours}.*")
        found.append((theirs, grey(read_image(file)), grey(read_image(own))))
    return found


def test_u2fusion_is_what_was_published_cut_like_the_sources(data_root: Path) -> None:
    for stem, published, own in images(data_root, "U2Fusion"):
        height, width = own.shape
        assert (published[:height, :width] == own).all(), stem


def test_seafusion_run_here_gives_what_was_published_where_nothing_was_cut(data_root: Path) -> None:
    whole = [each for each in images(data_root, "SeAFusion") if each[1].shape == each[2].shape]
    assert whole, "no pair has a size that is not cut"
    for stem, published, own in whole:
        assert np.abs(published.astype(int) - own).max() <= 1, stem


@pytest.mark.parametrize("method", ["SeAFusion", "U2Fusion"])
def test_the_published_numbers_come_out_where_nothing_was_cut(data_root: Path, method: str) -> None:
    """Of a MATLAB evaluator: PSNR in the paper's convention, SF on [0, 1]; a grey level moves them by under 1 %."""
    said = pd.read_csv(data_root / "golden" / "matlab" / "metrics.csv", dtype={"stem": str})
    said = said[said["method"] == method].set_index("stem")
    which = {pair.stem: pair for pair in pairs("TNO", root=data_root)}
    compared = 0
    for stem, published, own in images(data_root, method):
        if published.shape == own.shape:
            infrared, visible = read_sources(which[NUMBERING[stem]])
            values = score(own, infrared, grey(visible), convention="paper")
            expected = said.loc[stem, ["AG", "PSNR", "CC"]].astype(float).to_dict() | {"SF": said.at[stem, "SF"] * 100}
            assert {name: values[name] for name in expected} == pytest.approx(expected, rel=0.01), stem
            compared += 1
    assert compared
