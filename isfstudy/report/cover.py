"""The picture that stands first: a pair and what the method makes of it, side by side, taken from a page's sliders."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup
from PIL import Image

from isfcore.machine.files import replacing

COVER = "cover.jpg"  # beside the front door
SET = "MSRS"  # whose pair is shown where the page has one: its visible images have colour
SHOWN = ("the infrared image", "the visible image", "fused by")  # how alternative texts of sliders go on after the pair
GAP = 8  # pixels between two images
QUALITY = 90  # of JPEG


def write_cover(page: BeautifulSoup, place: Path) -> bool:
    """Write infrared, visible and fused side by side; nothing where the page has no slider with all three.

    Args:
        page: with sliders of `isfstudy.report.slider`.
        place: of the JPEG file.

    Returns:
        Whether it was written.
    """
    sources = {image["alt"]: image["src"] for image in page.select(".slider img")}
    pairs = dict.fromkeys(name.partition(",")[0] for name in sources)
    for pair in sorted(pairs, key=lambda name: not name.startswith(SET)):
        found = [next((each for each in sources if each.startswith(f"{pair}, {what}")), None) for what in SHOWN]
        if all(found):
            images = [_decoded(sources[name]) for name in found]
            bar = np.full((images[0].shape[0], GAP, 3), 255, np.uint8)
            with replacing(place) as partial:
                joined = np.hstack([images[0], bar, images[1], bar, images[2]])
                Image.fromarray(joined).save(partial, "JPEG", quality=QUALITY)
            return True
    return False


def _decoded(source: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(source.partition("base64,")[2]))) as image:
        return np.asarray(image.convert("RGB"))
