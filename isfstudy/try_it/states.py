"""What a network makes of a pair of which something is hidden: fused image, gates, scores, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from isfcore.evaluation import score
from isfcore.fusion import to_levels, unit_luma
from isfcore.images import grey, join_colour
from isfcore.inference import run
from isfcore.metrics import METRICS
from isfcore.network import FusionNetwork
from isfstudy.intervention_effects.stability import GATES, MEAN, full_size_gates

NOTHING = "nothing"
HIDDEN = {  # what is hidden, in words -> from which modalities, and whether all of them rather than a hole
    NOTHING: ((), False),
    "a hole in both": (("infrared", "visible"), False),
    "a hole in infrared": (("infrared",), False),
    "a hole in visible": (("visible",), False),
    "all of infrared": (("infrared",), True),
    "all of visible": (("visible",), True),
}
INSIDE, OUTSIDE = "change where it is hidden", "change elsewhere"
GATE_MEANS = {gate: f"mean gate, {'all scales' if gate == MEAN else gate.replace('_', ' ')}" for gate in GATES}


class Images(NamedTuple):
    """A pair: `infrared` (H, W), `visible` (H, W) or (H, W, 3), both uint8 and of one size."""

    infrared: np.ndarray
    visible: np.ndarray


class Hole(NamedTuple):
    """A square: its centre in shares of the width and height, in [0, 1], and its side in pixels."""

    across: float
    down: float
    side: int


class State(NamedTuple):
    """What the network was fed, and what it gave.

    Attributes:
        fed: black where something is hidden.
        where: what is hidden in each modality, (H, W) bool by name; nothing for a modality that is not named.
        fused: luma, (H, W) uint8.
        coloured: the same with the chroma of the visible image as fed, (H, W) or (H, W, 3) uint8.
        gates: by `isfstudy.intervention_effects.stability.GATES`, at full size, (H, W) uint8, 255 for a gate of 1;
            empty for images so large that they go through in tiles.
        numbers: the metrics beside the pair as it was before anything was hidden, `standard` convention, and the mean
            of each gate, by `GATE_MEANS`.
    """

    fed: Images
    where: dict[str, np.ndarray]
    fused: np.ndarray
    coloured: np.ndarray
    gates: dict[str, np.ndarray]
    numbers: dict[str, float]


def square(hole: Hole, height: int, width: int) -> np.ndarray:
    """The pixels of a hole, (H, W) bool; what reaches out of the image is cut off."""
    top, left = round(hole.down * height - hole.side / 2), round(hole.across * width - hole.side / 2)
    inside = np.zeros((height, width), bool)
    inside[max(top, 0) : max(top + hole.side, 0), max(left, 0) : max(left + hole.side, 0)] = True
    return inside


def respond(network: FusionNetwork, images: Images, hidden: str, hole: Hole) -> State:
    """Hide something of a pair, and fuse it.

    Args:
        network: from `isfcore.inference.prepare`.
        hidden: one of `HIDDEN`.

    Raises:
        ValueError: for a pair that the network or the metrics refuse.
    """
    modalities, whole = HIDDEN[hidden]
    inside = square(hole, *images.infrared.shape) | whole
    where = dict.fromkeys(modalities, inside)
    fed = Images(*(_without(image, where.get(name)) for name, image in images._asdict().items()))
    units = (torch.from_numpy(unit_luma(image))[None, None] for image in fed)
    made = run(network, *units)
    fused, gates = to_levels(made.luma)[0, 0], full_size_gates(made) if made.gates else {}
    numbers = score(fused, images.infrared, grey(images.visible), convention="standard")
    numbers |= {GATE_MEANS[name]: gate.mean().item() for name, gate in gates.items()}
    levels = {name: to_levels(gate)[0, 0] for name, gate in gates.items()}
    return State(fed, where, fused, join_colour(fused, fed.visible), levels, numbers)


def _without(image: np.ndarray, hidden: np.ndarray | None) -> np.ndarray:
    if hidden is None:
        return image
    fed = image.copy()
    fed[hidden] = 0
    return fed


def changes(before: State, after: State) -> dict[str, float]:
    """By how many grey levels the fused image differs, on average, where something is hidden and elsewhere; NaN where
    there is no such place."""
    differs = np.abs(before.fused.astype(float) - after.fused)
    hidden = np.logical_or.reduce([np.zeros(differs.shape, bool), *after.where.values()])
    places = {INSIDE: hidden, OUTSIDE: ~hidden}
    return {name: float(differs[place].mean()) if place.any() else np.nan for name, place in places.items()}


def table(states: Mapping[str, State]) -> pd.DataFrame:
    """A row a state: what is `hidden`, the metrics, the mean gates, and the changes from the first, of which nothing is
    hidden.

    Args:
        states: by what is hidden, one of `HIDDEN`; `NOTHING` is among them.
    """
    rows = [{"hidden": name} | state.numbers | changes(states[NOTHING], state) for name, state in states.items()]
    return pd.DataFrame(rows).reindex(columns=["hidden", *METRICS, *GATE_MEANS.values(), INSIDE, OUTSIDE])
