"""The committed pages in a real browser: open at once, with all pages in one line, and printed with whole tables."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from isfstudy.places import repository
from tests.helpers.browser import Tab, browser, tab

PAGES = sorted((repository() / "results" / "published").glob("*/**/*.html"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(browser() is None, reason="no Chromium here")]
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
ROWS_OF_LINKS = "new Set([...document.querySelectorAll('nav.wide li')].map(item => item.offsetTop)).size"
BEYOND = "(line => line.scrollWidth - line.clientWidth)(document.querySelector('nav.wide ol'))"
PAPER = 718  # CSS pixels: A4 with margins of 10 mm
CUT = """[...document.querySelectorAll('main :is(table, img, pre)')].filter(
  each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML.slice(0, 200))"""


async def opened(page: Tab, file: Path) -> dict[str, object]:
    await page.call("Emulation.setEmulatedMedia", media="screen")
    await page.resize(1200)
    times = []
    for _ in range(2):  # the machine may be busy with something else once
        await page.open(file.as_uri())
        times.append(await page.until(LOADED))
    lines = await page.evaluate(ROWS_OF_LINKS), await page.evaluate(BEYOND)
    await page.call("Emulation.setEmulatedMedia", media="print")
    await page.resize(PAPER)
    return {"ms": min(times), "lines and beyond": lines, "cut": await page.evaluate(CUT)}


async def all_opened() -> dict[str, dict[str, object]]:
    async with tab() as page:
        return {f"{file.parent.name}/{file.name}": await opened(page, file) for file in PAGES}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, object]]:
    return asyncio.run(all_opened())


def test_every_page_opens_within_a_second(found):
    assert {name: each["ms"] for name, each in found.items() if each["ms"] >= 1000} == {}


def test_all_pages_are_in_one_line_at_1200_pixels(found):
    wrong = {name: each["lines and beyond"] for name, each in found.items() if each["lines and beyond"] != (1, 0)}
    assert wrong == {}


def test_nothing_is_cut_at_the_edge_of_the_paper(found):
    assert {name: each["cut"] for name, each in found.items() if each["cut"]} == {}
