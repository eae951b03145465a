"""States as they are shown: images side by side, what they tell in words, and the same as HTML for the widgets."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfstudy.intervention_effects.gate_figures import COLOURS
from isfstudy.intervention_effects.stability import MEAN
from isfstudy.report.pictures import image_grid
from isfstudy.report.slider import embedded
from isfstudy.try_it.states import INSIDE, NOTHING, State, changes

ORANGE = (np.array(sns.color_palette("colorblind")[1]) * 255).astype(np.uint8)
COLUMNS = ["infrared", "visible", "fused", "gate"]
READ_GATES = "Gates: mean of three scales, dark is 0 and bright is 1."


def pictures(state: State) -> list[np.ndarray | None]:
    """What `COLUMNS` name, each (H, W) or (H, W, 3) uint8: holes in orange, a modality hidden altogether in black; no
    gate where there is none."""
    fed = [_marked(image, state.where.get(name)) for name, image in state.fed._asdict().items()]
    return [*fed, state.coloured, COLOURS[state.gates[MEAN]] if state.gates else None]


def _marked(image: np.ndarray, hidden: np.ndarray | None) -> np.ndarray:
    if hidden is None or hidden.all():
        return image
    marked = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image.copy()
    marked[hidden] = ORANGE
    return marked


def states_figure(states: Mapping[str, State]) -> Figure:
    """A row a state, by what is hidden, with `COLUMNS`."""
    rows = {name.replace(" in ", "\nin ").replace(" of ", "\nof "): pictures(state) for name, state in states.items()}
    return image_grid(rows, COLUMNS, width=2.0)


def told(states: Mapping[str, State], pair: str, side: int) -> list[str]:
    """The answer of the still, as HTML sentences: what the image owes to each modality, and how far a hole reaches.

    Args:
        states: by what is hidden, one of `HIDDEN`; all of them.
        pair: its name.
        side: of the hole, in pixels.
    """
    moved = {name: changes(states[NOTHING], state) for name, state in states.items()}
    without = {name: moved[f"all of {name}"][INSIDE] for name in ("infrared", "visible")}
    leans = max(without, key=without.get)
    inside, outside = moved["a hole in both"].values()
    return [
        f"<b>On {escape(pair)} the fused image owes more to {leans}:</b> without infrared its pixels change by "
        f"{without['infrared']:.1f} of 255 grey levels on average, without visible by {without['visible']:.1f}.",
        f"A hole of {side} pixels in both changes {inside:.1f} levels where it is and {outside:.2f} elsewhere.",
        "One pair shows what happens, not how often: page 05 asks that of whole sets.",
    ]


def as_html(state: State, untouched: State) -> str:
    """A state beside the one of which nothing is hidden: images with names, and all numbers, for a widget."""
    figures = [
        f'<figure style="margin:0;flex:1 1 11rem;max-width:26rem">{embedded(image, name)}'
        f"<figcaption>{name}</figcaption></figure>"
        for name, image in zip(COLUMNS, pictures(state), strict=True)
        if image is not None
    ]
    numbers = pd.DataFrame({"nothing hidden": untouched.numbers, "as shown": state.numbers})
    moved = pd.DataFrame({"as shown": changes(untouched, state)}).dropna() if state.where else None
    table = pd.concat([numbers, moved]).to_html(
        float_format="{:.3f}".format, na_rep="", border=0, classes="isf-numbers"
    )
    style = "<style>.isf-try img { width: 100%; height: auto; display: block } "
    style += ".isf-numbers :is(th, td) { text-align: left; padding: 0 1em 0 0; line-height: 1.4 }</style>"
    note = f"{READ_GATES} Metrics are those beside the whole pair, standard convention; changes are in grey levels."
    return f'{style}<div class="isf-try" style="display:flex;flex-wrap:wrap;gap:8px">{"".join(figures)}</div>' + (
        f"<p>{note}</p>{table}"
    )


def problem(error: Exception) -> str:
    """What is wrong with a reader's files, as HTML for a widget."""
    return f'<p role="alert" style="color:#a32b14"><b>Not taken:</b> {escape(str(error))}</p>'
