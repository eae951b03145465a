"""An own pair is read, brought down, or refused in one line that names the file; the embedded ones are there."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfstudy.report.page import Page
from isfstudy.try_it.own_pair import EACH, LARGEST, offered, own_pair

RANDOM = np.random.default_rng(0)
THERMAL, COLOUR = RANDOM.integers(0, 256, (40, 60), np.uint8), RANDOM.integers(0, 256, (40, 60, 3), np.uint8)


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_pair_comes_as_it_is_stored():
    images, remarks = own_pair(("a.png", png(THERMAL)), ("b.png", png(COLOUR)))
    assert np.array_equal(images.infrared, THERMAL) and np.array_equal(images.visible, COLOUR) and remarks == []


def test_both_files_may_have_one_name():
    images, _ = own_pair(("a.png", png(THERMAL)), ("a.png", png(COLOUR)))
    assert images.infrared.ndim == 2 and images.visible.ndim == 3


def test_16_bits_are_stretched_to_what_they_use():
    deep = (np.arange(2400, dtype=np.uint16).reshape(40, 60) + 7000).astype(np.uint16)
    images, _ = own_pair(("a.png", png(deep)), ("b.png", png(COLOUR)))
    assert images.infrared.dtype == np.uint8 and (images.infrared.min(), images.infrared.max()) == (0, 255)


def test_a_large_pair_is_brought_down_and_that_is_said():
    large = [np.tile(image, (20, 20, 1)[: image.ndim]) for image in (THERMAL, COLOUR)]
    images, remarks = own_pair(*(("x.png", png(image)) for image in large))
    assert images.infrared.shape == (427, LARGEST) and images.visible.shape == (427, LARGEST, 3)
    assert remarks == ["1200 x 800 pixels are brought down to 640 on the longer side here"]


def test_a_pair_that_looks_exchanged_is_remarked_upon():
    _, remarks = own_pair(("colour.png", png(COLOUR)), ("grey.png", png(THERMAL)))
    assert remarks == [
        "the infrared image is coloured and the visible one grey: are they exchanged? infrared/colour.png"
    ]


@pytest.mark.parametrize(
    ("infrared", "visible", "said"),
    [
        (b"hello", png(COLOUR), r"^infrared/a\.png: cannot be read as an image: .*"),
        (png(THERMAL), b"", r"^visible/b\.png: the file is empty; copy or fetch it again$"),
        (
            png(THERMAL[:, :50]),
            png(COLOUR),
            r"^the images differ in size: infrared/a\.png is 50 x 40, visible/b\.png is 60 x 40: register them, .*",
        ),
        (png(THERMAL), png(THERMAL), r"^infrared/a\.png and visible/b\.png show the same pixels: .*"),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(infrared: bytes, visible: bytes, said: str):
    with pytest.raises(ValueError, match=said) as refused:
        own_pair(("a.png", infrared), ("b.png", visible))
    assert "\n" not in str(refused.value)


def test_embedded_pairs_are_offered_without_any_data(tmp_path: Path):
    page = Page("00_try_it", tmp_path, tmp_path, {})
    pairs = offered(page, [])
    names = list(pairs)
    assert [name.split()[0] for name in names[:EACH]] == ["scenes"] * EACH
    assert names[EACH:] == ["focal planes", "exposures", "stains", "depth"]
    assert all(images.infrared.shape == images.visible.shape[:2] for images in pairs.values())
    assert list(page.data) == ["scenes test"] and page.data["scenes test"].startswith(f"{EACH} ")
