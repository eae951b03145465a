"""The protocol taken apart: every step equals the definitions, written out once more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import direct
from isfcore.metrics import METRICS
from isfcore.pairs import Pair
from isfstudy.comparison.classic import average
from isfstudy.comparison.hidden_choices import BANDS, band_gradient, hidden_choices
from isfstudy.comparison.methods import classic_methods
from isfstudy.comparison.scores import compare
from tests.helpers.images_by_hand import assert_close, grey_levels, jpeg, levels, save, sources, three_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return three_pairs(tmp_path)


def test_gradient_of_bands_is_the_mean_over_them() -> None:
    """A step of 12 levels every pixel in one direction is a gradient of 12 / sqrt(2); the other bands are flat."""
    bands = np.zeros((9, 9, 3))
    bands[..., 0] = np.arange(9) * 12
    of_one = 12 / np.sqrt(2) * 81 / 64  # the sum over 81 pixels over 8 x 8
    assert band_gradient(bands) == pytest.approx(of_one / 3)
    assert band_gradient(bands[..., :1]) == pytest.approx(of_one)


def test_hidden_choices_equal_the_definitions(pairs: list[Pair]) -> None:
    steps, choices = hidden_choices(pairs, classic_methods()["Average"], other_selection=2, seed=0)
    expected: dict[str, list[dict[str, float]]] = {}
    for pair in pairs:
        infrared, visible, grey = sources(pair)
        whole = direct.metrics(average(infrared, grey), infrared, grey, convention="standard")
        expected.setdefault("whole images, PNG, standard definitions", []).append(whole)
        infrared, visible, grey = sources(pair, cut=16)
        bands = jpeg(average(infrared, grey), visible)
        compressed = grey_levels(bands)
        for name, convention in (("JPEG 95", "paper"), ("JPEG 95, standard definitions", "standard")):
            values = direct.metrics(compressed, infrared, grey, convention=convention)
            expected.setdefault(name, []).append(values)
        of_bands = [direct.metrics(band, infrared, grey, convention="paper")["AG"] for band in np.atleast_3d(bands).T]
        expected.setdefault(BANDS, []).append(expected["JPEG 95"][-1] | {"AG": np.mean(of_bands)})
    table = steps.set_index("step")
    assert (table["pairs"] == 3).all()
    for name, rows in expected.items():
        assert_close(table.loc[name], pd.DataFrame(rows).mean().to_dict())
    added = choices.set_index("choice")
    first, final = table.iloc[0][list(METRICS)], table.loc["JPEG 95", list(METRICS)]
    of_bands = table.at[BANDS, "AG"] - table.at["JPEG 95", "AG"]
    assert added.at["AG over the colour bands", "AG"] == pytest.approx(of_bands)
    assert of_bands > 0.01, "two of the three pairs have colour"
    total = added.drop(index=["AG over the colour bands", "another 2 of 3 pairs (±)"]).sum()
    assert total.to_numpy() == pytest.approx((final - first).to_numpy(dtype=float))
    assert added.loc["the paper's definitions", "PSNR"] == pytest.approx(20 * np.log10(255))


def test_spread_of_other_selections_by_hand(tmp_path: Path) -> None:
    """With one of twelve pairs drawn, 2.5 % and 97.5 % of the means are the least and the greatest of the twelve."""
    paths = [save(tmp_path / f"{number}.png", levels(16, 16, seed=number)) for number in range(13)]
    pairs = [Pair(first.stem, first, second) for first, second in zip(paths[:-1], paths[1:], strict=True)]
    method = classic_methods()["Maximum"]
    _, choices = hidden_choices(pairs, method, other_selection=1, seed=0)
    table, _ = compare(pairs, {"Maximum": method})
    paper = table.query("protocol == 'paper'")[list(METRICS)]
    half = choices.set_index("choice").loc["another 1 of 12 pairs (±)"]
    assert half.to_dict() == pytest.approx(((paper.max() - paper.min()) / 2).to_dict())


def test_hidden_choices_name_what_cannot_be_read(pairs: list[Pair]) -> None:
    pairs[1].visible.write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"1 of 3 failed:\nb: .*b.png: cannot be read"):
        hidden_choices(pairs, classic_methods()["Average"], other_selection=2, seed=0)
