"""The widgets, driven without a browser: whatever is changed, the answer follows; a bad pair is one line."""

from __future__ import annotations

import datetime
import io

import ipywidgets
import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from isfcore.inference import prepare
from isfcore.weights import load_weights
from isfstudy.try_it.panel import OWN, panel, show
from isfstudy.try_it.states import Hole, Images

NOW = datetime.datetime.now(datetime.UTC)
RANDOM = np.random.default_rng(0)


def pair(height: int) -> Images:
    return Images(*(RANDOM.integers(0, 256, shape, np.uint8) for shape in ((height, 40), (height, 40, 3))))


@pytest.fixture
def box() -> ipywidgets.VBox:
    networks = {"ours": prepare(load_weights("ours-paired")[0])}
    return panel({"first": pair(32), "second": pair(24)}, networks, hole=Hole(0.5, 0.5, 8))


def controls(box: ipywidgets.VBox) -> dict[str, ipywidgets.Widget]:
    return {each.description: each for row in box.children[:3] for each in row.children}


def answer(box: ipywidgets.VBox) -> str:
    return box.children[-1].value


def said(box: ipywidgets.VBox) -> str:
    return box.children[-2].value


def upload(box: ipywidgets.VBox, which: str, image: np.ndarray | bytes) -> None:
    buffer = io.BytesIO()
    if isinstance(image, np.ndarray):
        Image.fromarray(image).save(buffer, "PNG")
    content = image if isinstance(image, bytes) else buffer.getvalue()
    file = dict(name=f"{which}.png", type="image/png", size=len(content), content=content, last_modified=NOW)
    controls(box)[f"own {which}"].set_trait("value", (file,))


def test_every_control_changes_the_answer(box):
    steps = {"x, %": 20, "y, %": 70, "size, px": 16, "hidden": "all of infrared", "pair": "second"}
    for name, value in steps.items():
        before = answer(box)
        controls(box)[name].value = value
        assert answer(box) != before, name
    assert 'height="24"' in answer(box)


def test_an_own_pair_is_taken_once_both_files_are_there(box):
    own = pair(20)
    upload(box, "infrared", own.infrared)
    assert "other image" in said(box) and OWN not in controls(box)["pair"].options
    upload(box, "visible", own.visible)
    assert controls(box)["pair"].value == OWN and 'height="20"' in answer(box) and said(box) == ""
    before = answer(box)
    upload(box, "infrared", 255 - own.infrared)
    assert answer(box) != before and controls(box)["pair"].options == ("first", "second", OWN)


@pytest.mark.parametrize("bad", [b"no image", pair(36).visible])
def test_a_bad_pair_is_one_clear_line_and_the_answer_stays(box, bad):
    before = answer(box)
    upload(box, "infrared", pair(20).infrared)
    upload(box, "visible", bad)
    line = BeautifulSoup(said(box), "html.parser").text
    assert line.startswith("Not taken: ") and "visible/visible.png" in line and "Traceback" not in line
    assert answer(box) == before and OWN not in controls(box)["pair"].options


def test_without_a_kernel_there_is_something_to_read(box, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("isfstudy.try_it.panel.display", lambda bundle, raw: shown.append((bundle, raw)))
    show(box, "<p>Open it in JupyterLab.</p>")
    [(bundle, raw)] = shown
    assert raw and bundle["text/html"] == "<p>Open it in JupyterLab.</p>"
    assert "application/vnd.jupyter.widget-view+json" in bundle
