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
from isfstudy.comparison.hidden_choices import FINAL, hidden_choices
from isfstudy.comparison.methods import classic_methods
from isfstudy.comparison.scores import compare
from tests.helpers.images_by_hand import (
    assert_close,
    grey_levels,
    jpeg,
    levels,
    paper_scores,
    save,
    sources,
    three_pairs,
)


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return three_pairs(tmp_path)


def test_hidden_choices_equal_the_definitions(pairs: list[Pair]) -> None:
    steps, choices, by_reading = hidden_choices(pairs, classic_methods()["Average"], other_selection=2, seed=0)
    expected: dict[str, list[dict[str, float]]] = {}
    for pair in pairs:
        infrared, visible, grey = sources(pair)
        whole = direct.metrics(average(infrared, grey), infrared, grey, convention="standard")
        expected.setdefault("whole images, PNG, standard definitions", []).append(whole)
        infrared, visible, grey = sources(pair, cut=16)
        compressed = grey_levels(jpeg(average(infrared, grey), visible))
        for name, convention in (("JPEG 95", "paper"), ("JPEG 95, standard definitions", "standard")):
            values = direct.metrics(compressed, infrared, grey, convention=convention)
            expected.setdefault(name, []).append(values)
        expected.setdefault(FINAL, []).append(paper_scores(average(infrared, grey), infrared, visible))
    table = steps.set_index("step")
    assert (table["pairs"] == 3).all()
    for name, rows in expected.items():
        assert_close(table.loc[name], pd.DataFrame(rows).mean().to_dict())
    added = choices.set_index("choice")
    first, final = table.iloc[0][list(METRICS)], table.loc[FINAL, list(METRICS)]
    assert added.at["AG over the colour bands", "AG"] > 0.01, "two of the three pairs have colour"
    assert (added.loc["AG over the colour bands", ["SF", "PSNR", "CC", "Qabf"]] == 0).all()
    total = added.drop(index="another 2 of 3 pairs (±)").sum()
    assert total.to_numpy() == pytest.approx((final - first).to_numpy(dtype=float))
    assert added.loc["the paper's definitions", "PSNR"] == pytest.approx(20 * np.log10(255))
    assert by_reading.iloc[0][list(METRICS)].to_list() == pytest.approx(final.to_list()), "the first is the protocol's"


def test_images_of_multiples_of_16_are_fused_once(tmp_path: Path) -> None:
    pairs, fused = three_pairs(tmp_path, 32, 48), []

    def method(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        fused.append(stem)
        return infrared

    steps, _, _ = hidden_choices(pairs, method, other_selection=1, seed=0)
    assert sorted(fused) == ["a", "b", "c"]
    table = steps.set_index("step")
    assert table.loc["cut to multiples of 16"].equals(table.loc["the paper's definitions"])


def test_spread_of_other_selections_by_hand(tmp_path: Path) -> None:
    """With one of twelve pairs drawn, 2.5 % and 97.5 % of the means are the least and the greatest of the twelve."""
    paths = [save(tmp_path / f"{number}.png", levels(16, 16, seed=number)) for number in range(13)]
    pairs = [Pair(first.stem, first, second) for first, second in zip(paths[:-1], paths[1:], strict=True)]
    method = classic_methods()["Maximum"]
    _, choices, _ = hidden_choices(pairs, method, other_selection=1, seed=0)
    table, _ = compare(pairs, {"Maximum": method})
    paper = table.query("protocol == 'paper'")[list(METRICS)]
    half = choices.set_index("choice").loc["another 1 of 12 pairs (±)"]
    assert half.to_dict() == pytest.approx(((paper.max() - paper.min()) / 2).to_dict())


def test_hidden_choices_name_what_cannot_be_read(pairs: list[Pair]) -> None:
    pairs[1].visible.write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"1 of 3 failed:\nb: .*b.png: cannot be read"):
        hidden_choices(pairs, classic_methods()["Average"], other_selection=2, seed=0)
