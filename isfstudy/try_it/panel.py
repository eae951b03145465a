"""The widgets of notebook 00: a pair, a network, what is hidden, and the answer; an own pair takes two files."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets
from IPython.display import display

from isfcore.network import FusionNetwork
from isfstudy.try_it.own_pair import own_pair
from isfstudy.try_it.states import HIDDEN, NOTHING, Hole, Images, State, respond
from isfstudy.try_it.stills import as_html, problem

OWN = "your own pair"
BEGIN = "a hole in both"


def panel(pairs: Mapping[str, Images], networks: Mapping[str, FusionNetwork], *, hole: Hole) -> ipywidgets.VBox:
    """Controls above, the answer below; whatever is changed, the answer follows.

    Args:
        pairs: to begin with, by name; the first is shown.
        networks: from `isfcore.inference.prepare`, by name.
        hole: to begin with.
    """
    known, untouched = dict(pairs), dict[tuple[str, str], State]()
    wide = {"style": {"description_width": "5rem"}}
    pair = ipywidgets.Dropdown(options=list(known), description="pair", **wide)
    network = ipywidgets.Dropdown(options=list(networks), description="network", **wide)
    hidden = ipywidgets.Dropdown(options=list(HIDDEN), value=BEGIN, description="hidden", **wide)
    slider = functools.partial(ipywidgets.IntSlider, continuous_update=False, **wide)
    across = slider(round(100 * hole.across), 0, 100, description="x, %")
    down = slider(round(100 * hole.down), 0, 100, description="y, %")
    side = slider(hole.side, 1, 256, description="size, px")
    files = {name: ipywidgets.FileUpload(accept="image/*", description=f"own {name}") for name in Images._fields}
    said, answer = ipywidgets.HTML(), ipywidgets.HTML()

    def follow(_: Any = None) -> None:
        images, chosen, place = known[pair.value], networks[network.value], (across.value / 100, down.value / 100)
        try:
            if (pair.value, network.value) not in untouched:
                untouched[pair.value, network.value] = respond(chosen, images, NOTHING, hole)
            state = respond(chosen, images, hidden.value, Hole(*place, side.value))
            answer.value = as_html(state, untouched[pair.value, network.value])
        except ValueError as error:
            answer.value = problem(error)

    def take(_: Any) -> None:
        chosen = [(file["name"], bytes(file["content"])) for upload in files.values() for file in upload.value]
        if len(chosen) < len(files):
            said.value = "<p>The other image of the pair is awaited.</p>"
            return
        try:
            known[OWN], remarks = own_pair(*chosen)
        except ValueError as error:
            said.value = problem(error)
            return
        said.value = "".join(f"<p>{escape(remark)}{'' if remark[-1] in '.?!' else '.'}</p>" for remark in remarks)
        untouched.clear()
        if OWN not in pair.options:
            pair.options = list(known)
        pair.value = OWN
        follow()

    for control in (pair, network, hidden, across, down, side):
        control.observe(follow, "value")
    for upload in files.values():
        upload.observe(take, "value")
    follow()
    rows = [[pair, network, hidden], [across, down, side], list(files.values())]
    return ipywidgets.VBox([*map(ipywidgets.HBox, rows), said, answer])


def show(box: ipywidgets.VBox, instead: str) -> None:
    """Display widgets where a kernel answers them, and elsewhere, as on the rendered page, some HTML instead."""
    display(box._repr_mimebundle_() | {"text/html": instead}, raw=True)
