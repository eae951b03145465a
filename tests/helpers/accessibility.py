"""What axe-core finds on pages in a headless Chromium, light and dark, wide and narrow.

`python -m tests.helpers.accessibility results/real/index.html results/real/*/report.html` prints it. Needs Chromium and
axe-core, neither of which is part of this repository: `npm install --global axe-core`, or AXE_CORE=<axe.min.js>.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.helpers.browser import Tab, browser, tab

WIDTHS, SCHEMES = (1200, 390), ("light", "dark")
RUN = "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
REQUESTED = "Network.requestWillBeSent"
UNFOLD = "document.querySelectorAll('details').forEach(fold => fold.open = true)"


class Finding(NamedTuple):
    """A rule that a page breaks, how badly, and the first place where it does."""

    page: str
    width: int
    scheme: str
    rule: str
    impact: str
    places: int
    first: str


def axe_core() -> Path | None:
    """The file of axe-core: `AXE_CORE`, or npm's global or this folder's package."""
    roots = [Path("node_modules")]
    if npm := shutil.which("npm"):
        roots.append(Path(subprocess.run([npm, "root", "--global"], capture_output=True, text=True).stdout.strip()))
    places = [root / "axe-core" / "axe.min.js" for root in roots]
    if given := os.environ.get("AXE_CORE"):
        places.insert(0, Path(given))
    return next((place for place in places if place.is_file()), None)


def findings(pages: Iterable[Path]) -> list[Finding]:
    """Everything of any level that axe-core finds, all folds open; also what a page asked the network for.

    Raises:
        RuntimeError: there is no browser or no axe-core, or a page did not load.
    """
    axe = axe_core()
    if browser() is None or axe is None:
        raise RuntimeError(f"browser: {browser()}, axe-core: {axe}; both are needed")
    return asyncio.run(_examine([page.resolve() for page in pages], axe.read_text()))


async def _examine(pages: list[Path], axe: str) -> list[Finding]:
    found = []
    async with tab() as opened:
        await opened.call("Network.enable")
        for page in pages:
            for width in WIDTHS:
                found += await _examine_at(opened, page, width, axe)
    return found


async def _examine_at(opened: Tab, page: Path, width: int, axe: str) -> list[Finding]:
    opened.events.clear()
    await opened.resize(width)
    await opened.open(page.as_uri())
    where = f"{page.parent.name}/{page.name}"
    asked = [event["params"]["request"]["url"] for event in opened.events if event.get("method") == REQUESTED]
    outside = [url for url in asked if not url.startswith(("file:", "data:"))]
    found = [Finding(where, width, "", "asks the network", "serious", 1, url) for url in outside]
    await opened.evaluate(UNFOLD)
    await opened.evaluate(f"{axe}; undefined")
    for scheme in SCHEMES:
        await opened.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for broken in json.loads(await opened.evaluate(RUN)):
            nodes = broken["nodes"]
            about = (broken["id"], broken["impact"], len(nodes), nodes[0]["html"][:200])
            found.append(Finding(where, width, scheme, *about))
    wider = await opened.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([Finding(where, width, "", "wider than the screen", "serious", wider, "")] if wider > 0 else [])


if __name__ == "__main__":
    for finding in findings(map(Path, sys.argv[1:])):
        print(*finding, sep=" | ")
