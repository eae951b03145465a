"""The committed pages are small, stand alone, and can be read."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from isfstudy.places import repository
from isfstudy.report.legible import POINTS, SMALLEST, pixels_a_point
from isfstudy.report.results import CHART_DPI

PAGES = sorted((repository() / "results" / "published").glob("*/**/*.html"))
CHARTS = sorted((repository() / "results" / "published").glob("*/*/figures/*.svg"))
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


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: f"{chart.parents[1].name}/{chart.name}")
def test_text_of_a_chart_is_nine_pixels_or_more_in_a_window_of_1200(chart: Path):
    """From the chart's width and its sizes of text, in points, and the width of the column that it is shown in."""
    drawn = ElementTree.parse(chart).getroot()
    inches = float(drawn.attrib["width"].removesuffix("pt")) / POINTS
    texts = [tag for tag in drawn.iter() if tag.tag.rpartition("}")[2] in ("text", "tspan")]
    styles = [tag.attrib.get("style", "") for tag in texts]
    sizes = [float(size) for style in styles for size in re.findall(r"font(?:-size)?: (?:[\w ]+ )?([\d.]+)px", style)]
    assert sizes and min(sizes) * pixels_a_point(inches, CHART_DPI) >= SMALLEST - 0.01
