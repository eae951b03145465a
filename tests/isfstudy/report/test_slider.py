"""The slider: two images of one size, named, without a script."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from isfstudy.report.page import Page
from isfstudy.report.slider import WIDTH, slider


@pytest.fixture
def page(tmp_path: Path) -> Page:
    page = Page("03_comparison", tmp_path, tmp_path, {})
    page.data.update({"TNO test": "40 of 40 pairs", "MSRS test": "80 of 361 pairs"})
    return page


def ramp(height: int, width: int) -> np.ndarray:
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def test_both_images_are_in_it_with_their_names(page: Page) -> None:
    left, right = ramp(48, 64), np.repeat(255 - ramp(48, 64)[..., None], 3, axis=2)
    shown = slider(page, ("visible <image>", left), ("fused", right), caption="<b>Move.</b>", data=["TNO test"])
    box = BeautifulSoup(shown.data, "html.parser")
    assert not box.select("script, [onscroll], [oninput]")
    assert [image["alt"] for image in box.find_all("img")] == ["visible <image>", "fused"]
    for image, expected in zip(box.find_all("img"), (left, right[..., 0]), strict=True):
        kind, _, encoded = image["src"].partition(",")
        back = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("L"), dtype=float)
        assert kind == "data:image/webp;base64" and back.shape == (48, 64)
        assert np.abs(back - expected).mean() < 4
        assert (image["width"], image["height"]) == ("64", "48")
    assert box.figcaption.b.text == "Move." and "TNO test" in box.figcaption.text and "MSRS" not in box.figcaption.text


def test_the_keyboard_and_screen_readers_reach_it(page: Page) -> None:
    box = BeautifulSoup(slider(page, ("a", ramp(8, 8)), ("b", ramp(8, 8)), caption="").data, "html.parser").div
    assert box["tabindex"] == "0" and box["role"] == "region"
    assert box["aria-label"].startswith("a on the left, b on the right")


def test_large_images_become_small(page: Page) -> None:
    shown = slider(page, ("a", ramp(768, 1024)), ("b", ramp(768, 1024)), caption="")
    images = BeautifulSoup(shown.data, "html.parser").find_all("img")
    assert [(image["width"], image["height"]) for image in images] == [(str(WIDTH), "480")] * 2


def test_images_of_two_sizes_are_refused(page: Page) -> None:
    with pytest.raises(ValueError, match=r"of one size, not .*'a': \(8, 8\), 'b': \(8, 9\)"):
        slider(page, ("a", ramp(8, 8)), ("b", ramp(8, 9)), caption="")
