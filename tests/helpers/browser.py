"""A headless Chromium, driven over its DevTools protocol: no library beyond tornado, which Jupyter brings."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")


def browser() -> str | None:
    """A Chromium, where there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Tab:
    """The one tab of a browser.

    Attributes:
        events: what the browser reported between calls, oldest first.
    """

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket, self.number, self.events = socket, 0, list[dict[str, Any]]()

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol; its result, or the whole reply where there is none."""
        self.number += 1
        await self.socket.write_message(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while (reply := json.loads(await self.socket.read_message())).get("id") != self.number:
            self.events.append(reply)
        return reply.get("result", reply)

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, awaited; RuntimeError where it raises."""
        reply = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "value" not in reply.get("result", {}) and reply.get("result", {}).get("type") != "undefined":
            raise RuntimeError(f"{script[:60]}: {reply}")
        return reply["result"].get("value")

    async def until(self, script: str, *, met: Callable[[Any], bool] = bool, seconds: float = 60) -> Any:
        """The value of an expression as soon as it is as wanted; TimeoutError, with the last value, otherwise."""
        deadline = time.monotonic() + seconds
        while not met(value := await self.evaluate(script)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{script[:200]} stayed {value!r}")
            await asyncio.sleep(0.1)
        return value

    async def resize(self, width: int, height: int = 900) -> None:
        """A window of that size in CSS pixels; below 600 a telephone's."""
        shape = dict(width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        await self.call("Emulation.setDeviceMetricsOverride", **shape)

    async def open(self, address: str) -> None:
        """Go to an address, and wait until it has loaded."""
        await self.call("Page.navigate", url=address)
        await self.until("document.readyState + location.href", met=lambda state: state == f"complete{address}")

    async def press(self, key: str, code: int) -> None:
        """A key of the keyboard, to what has the focus; `code` is its Windows virtual key code."""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


@asynccontextmanager
async def tab() -> AsyncIterator[Tab]:
    """A new browser with a profile of its own, and its tab.

    Raises:
        RuntimeError: there is no browser, or it did not start.
    """
    if (chromium := browser()) is None:
        raise RuntimeError("there is no Chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{_port(Path(profile))}/json") as answer:
                page = next(each for each in json.load(answer) if each["type"] == "page")
            opened = Tab(await websocket_connect(page["webSocketDebuggerUrl"], max_message_size=2**28))
            await opened.call("Page.enable")
            yield opened
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
