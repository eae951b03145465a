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
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tornado.websocket import websocket_connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
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


def browser() -> str | None:
    """A Chromium, where there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


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
    chromium, axe = browser(), axe_core()
    if chromium is None or axe is None:
        raise RuntimeError(f"browser: {chromium}, axe-core: {axe}; both are needed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return asyncio.run(_examine(_port(Path(profile)), [page.resolve() for page in pages], axe.read_text()))
        finally:
            process.terminate()
            process.wait(timeout=20)


def _port(profile: Path) -> int:
    file, deadline = profile / "DevToolsActivePort", time.monotonic() + 60
    while not (file.is_file() and file.read_text().strip()):
        if time.monotonic() > deadline:
            raise RuntimeError("the browser did not start")
        time.sleep(0.1)
    return int(file.read_text().split()[0])


async def _examine(port: int, pages: list[Path], axe: str) -> list[Finding]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        tab = next(each for each in json.load(answer) if each["type"] == "page")
    socket = await websocket_connect(tab["webSocketDebuggerUrl"], max_message_size=2**28)
    events: list[dict[str, Any]] = []

    async def call(method: str, **parameters: Any) -> dict[str, Any]:
        call.number += 1
        await socket.write_message(json.dumps({"id": call.number, "method": method, "params": parameters}))
        while (reply := json.loads(await socket.read_message())).get("id") != call.number:
            events.append(reply)
        return reply.get("result", reply)

    async def evaluate(script: str) -> Any:
        reply = await call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "value" not in reply.get("result", {}) and reply.get("result", {}).get("type") != "undefined":
            raise RuntimeError(f"{script[:60]}: {reply}")
        return reply["result"].get("value")

    call.number, found = 0, []
    await call("Page.enable")
    await call("Network.enable")
    for page in pages:
        for width in WIDTHS:
            events.clear()
            metrics = dict(width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
            await call("Emulation.setDeviceMetricsOverride", **metrics)
            await call("Page.navigate", url=page.as_uri())
            while await evaluate("document.readyState + location.href") != f"complete{page.as_uri()}":
                await asyncio.sleep(0.05)
            where = f"{page.parent.name}/{page.name}"
            asked = [event["params"]["request"]["url"] for event in events if event["method"] == REQUESTED]
            outside = [url for url in asked if not url.startswith(("file:", "data:"))]
            found += [Finding(where, width, "", "asks the network", "serious", 1, url) for url in outside]
            await evaluate(UNFOLD)
            await evaluate(f"{axe}; undefined")
            for scheme in SCHEMES:
                await call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                for broken in json.loads(await evaluate(RUN)):
                    nodes = broken["nodes"]
                    about = (broken["id"], broken["impact"], len(nodes), nodes[0]["html"][:200])
                    found.append(Finding(where, width, scheme, *about))
            wider = await evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [Finding(where, width, "", "wider than the screen", "serious", wider, "")] if wider > 0 else []
    return found


if __name__ == "__main__":
    for finding in findings(map(Path, sys.argv[1:])):
        print(*finding, sep=" | ")
