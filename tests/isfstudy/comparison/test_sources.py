"""What images look like before they are fused: values by numpy, and sets in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isfcore.datasets.catalogue import DATASETS
from isfcore.pairs import Pair
from isfstudy.comparison.sources import data_card, look_of, look_of_sets, looks
from tests.helpers.images_by_hand import levels, save, sources, three_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return three_pairs(tmp_path)


def test_look_of_a_pair(pairs: list[Pair]) -> None:
    infrared, visible = look_of(pairs[1])
    image, _, grey = sources(pairs[1])
    assert (infrared["modality"], visible["modality"]) == ("infrared", "visible")
    assert (infrared["height"], infrared["width"]) == (37, 35)
    assert visible["mean"] == pytest.approx(grey.mean()) and infrared["contrast"] == pytest.approx(image.std())
    expected = np.corrcoef(image.ravel(), grey.ravel())[0, 1]
    assert infrared["agreement"] == visible["agreement"] == pytest.approx(expected)


def test_sets_are_described_image_by_image_and_what_cannot_be_read_is_named(pairs: list[Pair]) -> None:
    pairs[2].visible.write_bytes(b"no image")
    table, problems = looks({"B test": pairs[:1], "A test": pairs})
    assert list(table["dataset"]) == ["B test"] * 2 + ["A test"] * 4 and table.columns[-1] == "dataset"
    assert list(table["stem"]) == ["a", "a", "a", "a", "b", "b"]
    assert list(table["modality"]) == ["infrared", "visible"] * 3
    assert problems.keys() == {"A test c"} and "cannot be read as an image" in problems["A test c"]


def test_sets_are_means_over_images_and_sizes_medians(tmp_path: Path) -> None:
    sides = (20, 22, 50)
    paths = {side: save(tmp_path / f"{side}.png", levels(side, side + 3, seed=side)) for side in sides}
    table = look_of_sets(looks({"mine": [Pair(str(side), paths[side], paths[side]) for side in sides]})[0])
    assert list(table.columns) == [
        "dataset", "modality", "images", "height", "width", "mean", "contrast", "AG", "SF", "agreement"
    ]  # fmt: skip
    assert list(table["modality"]) == ["infrared", "visible"] and list(table["images"]) == [3, 3]
    assert table.at[0, "height"] == 22 and table.at[0, "width"] == 25
    assert table.at[0, "mean"] == pytest.approx(np.mean([levels(s, s + 3, seed=s).mean() for s in sides]))
    assert table.at[0, "agreement"] == pytest.approx(1)


def test_the_data_card_has_a_row_a_set() -> None:
    card = data_card().set_index("set")
    assert list(card.index) == list(DATASETS) and (card != "").all(axis=None)
    assert card.at["scenes", "published pairs"] == "made on the spot"
    assert "test 361" in card.at["MSRS", "published pairs"]
