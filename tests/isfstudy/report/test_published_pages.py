"""The committed pages are small, and stand alone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from isfstudy.places import repository

PAGES = sorted((repository() / "results" / "published").glob("*/**/*.html"))
LARGEST, LARGEST_WITHOUT_PHOTOGRAPHS = 3e6, 1e6  # bytes


def is_photograph(source: str) -> bool:
    """Whether an embedded image is lossy, as photographs are here and charts are not."""
    head = base64.b64decode(source.partition("base64,")[2][:64])
    return head[12:16] == b"VP8 " or head[:2] == b"\xff\xd8"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_a_page_is_small_and_loads_nothing(page: Path):
    text = page.read_text(encoding="utf-8")
    images = [image["src"] for image in BeautifulSoup(text, "html.parser").select("img")]
    assert all(source.startswith("data:") for source in images)
    size = len(text.encode())
    assert size <= LARGEST
    assert size - sum(len(source) for source in images if is_photograph(source)) <= LARGEST_WITHOUT_PHOTOGRAPHS
