"""The first picture is infrared, visible and fused, taken from a page's sliders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup
from PIL import Image

from isfstudy.report.cover import GAP, write_cover
from isfstudy.report.page import Page
from isfstudy.report.slider import slider

SHADES = {"infrared": 30, "visible": 120, "fused": 220}


def sliders(folder: Path, *pairs: str, without: str = "") -> BeautifulSoup:
    page, shown = Page("03_comparison", folder, folder, {}), ""
    images = {name: np.full((40, 60), shade, np.uint8) for name, shade in SHADES.items()}
    for place, pair in enumerate(pairs):
        for source in ("visible", "infrared"):
            if source != without:
                before = (f"{pair}, the {source} image", images[source] + np.uint8(9 * place))
                after = (f"{pair}, fused by ISF (released)", images["fused"] + np.uint8(9 * place))
                shown += slider(page, before, after, caption="").data
    return BeautifulSoup(shown, "html.parser")


def test_three_images_stand_side_by_side_in_order(tmp_path: Path):
    assert write_cover(sliders(tmp_path, "TNO 14", "MSRS 00563D"), tmp_path / "cover.jpg")
    with Image.open(tmp_path / "cover.jpg") as image:
        shown = np.asarray(image.convert("L"), int)
    assert shown.shape == (40, 3 * 60 + 2 * GAP)
    middles = [shown[20, 30 + place * (60 + GAP)] for place in range(3)]
    np.testing.assert_allclose(middles, [shade + 9 for shade in SHADES.values()], atol=2, err_msg="of MSRS, the second")


def test_a_page_without_all_three_has_no_cover(tmp_path: Path):
    assert not write_cover(sliders(tmp_path, "TNO 14", without="infrared"), tmp_path / "cover.jpg")
    assert not write_cover(BeautifulSoup("<p></p>", "html.parser"), tmp_path / "cover.jpg")
    assert not (tmp_path / "cover.jpg").exists()
