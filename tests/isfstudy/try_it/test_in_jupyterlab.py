"""Notebook 00 in JupyterLab in a real browser: opened, run, a slider moved by the mouse, the answer seen to change."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest
from PIL import Image

from isfstudy.notebooks import notebook_path
from tests.helpers.browser import Tab, browser, tab

pytest.importorskip("jupyterlab")
pytest.importorskip("ipywidgets")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser() is None, reason="no Chromium here"),
]
NOTEBOOK = "00_try_it.ipynb"
FOUND = "[...(window.jupyterapp?.shell.widgets('main') ?? [])].find(each => each.context?.path === '00_try_it.ipynb')"
READY = f"{FOUND}?.sessionContext?.session?.kernel?.status === 'idle'"
ACTIVATE = f"jupyterapp.shell.activateById({FOUND}.id)"
RUN_ALL = "jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)"
ANSWER = "[...document.querySelectorAll('.isf-try img')].map(image => image.src).join()"
ERRORS = """document.querySelectorAll(
  '.jp-OutputArea [role=alert], .jp-OutputArea [data-mime-type="application/vnd.jupyter.error"]').length"""
BOX = """(() => {
  const found = document.querySelectorAll('%s')[%d];
  found.scrollIntoView({block: 'center'});
  const box = found.getBoundingClientRect();
  return [box.left, box.top + box.height / 2, box.width];
})()"""
READOUT = "document.querySelectorAll('.widget-hslider .widget-readout')[%d].textContent"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab of its own, which has a copy of the notebook that writes elsewhere."""
    notebook = json.loads(notebook_path("00_try_it").read_text(encoding="utf-8"))
    [cell] = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    cell["source"] = "".join(cell["source"]).replace("results/quick", str(tmp_path / "results"))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER{kind}_DIR": str(tmp_path / kind) for kind in ("_CONFIG", "_DATA", "_RUNTIME", "LAB_SETTINGS")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", "--expose-app-in-browser", f"--notebook-dir={tmp_path / 'notebooks'}"]
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            address, deadline = f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}", monotonic() + 120
            while not answers(address):
                assert monotonic() < deadline and process.poll() is None, (tmp_path / "lab.log").read_text()
                sleep(0.5)
            yield address
        finally:
            process.terminate()  # the server ends its kernels
            process.wait(timeout=30)


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=10).status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


async def click(page: Tab, x: float, y: float) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        await page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


async def choose(page: Tab, place: int, file: Path) -> None:
    """Click on a button for an own image, and give a file to the dialogue that it opens."""
    await page.call("Page.setInterceptFileChooserDialog", enabled=True)
    page.events.clear()
    left, middle, width = await page.evaluate(BOX % (".widget-upload", place))
    await click(page, left + width / 2, middle)
    for _ in range(100):
        await page.evaluate("1")  # which lets events come in
        opened = [event["params"] for event in page.events if event.get("method") == "Page.fileChooserOpened"]
        if opened:
            await page.call("DOM.setFileInputFiles", files=[str(file)], backendNodeId=opened[0]["backendNodeId"])
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("no dialogue opened")


async def tried(address: str, thermal: Path, colour: Path) -> dict[str, list[str]]:
    """What is seen before and after the size of the hole was changed, and after an own pair of two sizes was given."""
    async with tab() as page:
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.resize(1400, 1000)
        await page.call("Page.navigate", url=address)
        await page.until(READY, seconds=120)
        await page.evaluate(ACTIVATE)
        await page.evaluate(RUN_ALL)
        seen = {"images": [await page.until(ANSWER, seconds=120)], "size": [await page.evaluate(READOUT % 2)]}
        seen["errors"] = [await page.evaluate(ERRORS)]
        left, middle, width = await page.evaluate(BOX % (".widget-hslider .noUi-target", 2))
        await click(page, left + 0.9 * width, middle)
        seen["images"].append(await page.until(ANSWER, met=lambda images: images != seen["images"][0]))
        seen["size"].append(await page.evaluate(READOUT % 2))
        await choose(page, 0, thermal)
        await page.until("document.body.innerText.includes('is awaited')")
        await choose(page, 1, colour)
        await page.until(ERRORS)
        seen["errors"].append(await page.evaluate("document.querySelector('.jp-OutputArea [role=alert]').textContent"))
        return seen


def test_a_moved_slider_changes_what_is_seen_and_a_bad_pair_is_one_line(lab: str, tmp_path: Path):
    files = {tmp_path / "thermal.png": (60, 40), tmp_path / "colour.png": (50, 40)}
    for file, size in files.items():
        Image.effect_noise(size, 50).save(file)
    seen = asyncio.run(tried(lab, *files))
    before, after = (images.split(",data") for images in seen["images"])
    assert len(before) == len(after) == 4
    assert [one != other for one, other in zip(before, after, strict=True)] == [True] * 4  # both sources, fused, gates
    assert int(seen["size"][0]) < 100 < int(seen["size"][1])
    assert seen["errors"][0] == 0
    assert "infrared/thermal.png is 60 x 40, visible/colour.png is 50 x 40" in seen["errors"][1]
