"""Lines are named at their ends and no name lies on another; pictures show one place with infrared in it and beside."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from isfcore.pairs import Pair
from isfstudy.comparison.methods import classic_methods
from isfstudy.misregistration.figures import APART, loss_curves, pictures, shown
from isfstudy.report.colours import ORANGE
from tests.helpers.images_by_hand import save


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_line_is_named_at_its_end_and_no_name_lies_on_another():
    heights = {"ISF (released)": 1.0, "Average": 1.001, "Laplacian pyramid": 1.002, "Visible alone": 0.0}
    rows = [
        {"dataset": name, "method": method, "kind": kind, "amount": float(amount), "above": amount * height}
        for name in ("TNO", "MSRS")
        for method, height in heights.items()
        for kind, amount in (("aligned", 0), ("shift", 1), ("shift", 8), ("turn", 2), ("mirrored", 0))
    ]
    figure = loss_curves(pd.DataFrame(rows))
    assert [axis.get_title() for axis in figure.axes] == ["TNO", "MSRS"] * 2
    for axis, last in zip(figure.axes, (8, 8, 2, 2), strict=True):
        assert len(axis.lines) == 4 and all(line.get_xdata()[-1] == last for line in axis.lines)
        assert {text.get_text() for text in axis.texts} == set(heights)
        assert all(text.xy == (last, last * heights[text.get_text()]) for text in axis.texts)
        places = np.sort([text.xyann[1] for text in axis.texts])
        assert np.diff(places).min() >= APART * last * 0.99
        assert [line.get_color() == ORANGE for line in axis.lines].count(True) == 1


def test_pictures_show_one_place_with_infrared_in_it_and_beside(tmp_path):
    infrared = np.random.default_rng(0).integers(0, 50, (96, 96), dtype=np.uint8)
    infrared[40:50, 40:50] = 250
    visible = np.full((96, 96, 3), 60, np.uint8)
    pair = Pair("a", save(tmp_path / "ir.png", infrared), save(tmp_path / "vi.png", visible))
    methods = shown(classic_methods() | {"ours": lambda stem, infrared, visible: infrared}, "ours")
    assert list(methods) == ["ours", "Laplacian pyramid", "Average"]
    rows = pictures(pair, methods, [0, 8], size=(0, 0))
    assert list(rows) == ["aligned", "shifted by 8"] and {len(images) for images in rows.values()} == {5}
    assert len({image.shape for images in rows.values() for image in images}) == 1
    before, after = (images[2] for images in rows.values())
    assert np.array_equal(after[:, 8:], before[:, :-8]) and before.max() == 250
    assert np.array_equal(rows["aligned"][1], rows["shifted by 8"][1])
