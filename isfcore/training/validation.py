"""How a network does on pairs it was not trained on, while it trains and after: metrics, gates, dropped modalities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.evaluation import score
from isfcore.fusion import to_levels, unit_luma
from isfcore.images import grey
from isfcore.inference import run
from isfcore.machine.threads import in_threads
from isfcore.network import Fused, FusionNetwork
from isfcore.pairs import Pair, read_sources

Validate = Callable[[FusionNetwork], tuple[dict[str, float], dict[str, np.ndarray]]]


def read_units(pair: Pair) -> tuple[np.ndarray, np.ndarray, Tensor, Tensor]:
    """Grey levels of both images, (H, W) in [0, 255], and the same as the network is fed them, (1, 1, H, W) in [0, 1].

    Raises:
        ValueError: naming the file, for an image that cannot be read or does not fit its partner.
    """
    infrared, visible = read_sources(pair)
    units = (torch.from_numpy(unit_luma(image))[None, None] for image in (infrared, visible))
    return infrared, grey(visible), *units


def _figures(fused: Fused, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    gates = {f"gate_{scale}": gate.mean().item() for scale, gate in fused.gates.items()}
    return score(to_levels(fused.luma)[0, 0], infrared, visible, convention="paper") | gates


def _watch(network: FusionNetwork, pair: Pair) -> dict[str, float]:
    infrared, visible, *units = read_units(pair)
    return _figures(run(network, *units), infrared, visible)


def _behave(network: FusionNetwork, pair: Pair) -> dict[str, str | float]:
    infrared, visible, *units = read_units(pair)
    black = torch.zeros_like(units[0])
    clean = run(network, *units)
    without = {"without_infrared": run(network, black, units[1]), "without_visible": run(network, units[0], black)}
    change = {name: (fused.luma - clean.luma).abs().mean().item() for name, fused in without.items()}
    return {"stem": pair.stem} | _figures(clean, infrared, visible) | change


def _table(function: Callable[[Pair], dict], pairs: Sequence[Pair], progress: str = "") -> pd.DataFrame:
    rows, problems = in_threads(function, pairs, progress=progress)
    if problems:
        raise ValueError("; ".join(problems.values()))
    return pd.DataFrame(list(rows.values()))


def validator(pairs: Sequence[Pair]) -> Validate:
    """A function of a prepared network that gives its figures on these pairs, and its gates on the first of them.

    Figures are means over the pairs: the five metrics under the `paper` convention without JPEG, and the mean of each
    gate as `gate_full_size` and so on. Gates are (H, W) uint8 by scale, 255 where a gate is 1.

    Raises:
        ValueError: when called, naming the pairs that cannot be read.
    """

    def validate(network: FusionNetwork) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        figures = _table(partial(_watch, network), pairs).mean().to_dict()
        gates = run(network, *read_units(pairs[0])[2:]).gates
        return figures, {scale: to_levels(gate)[0, 0] for scale, gate in gates.items()}

    return validate


def behaviour(network: FusionNetwork, pairs: Sequence[Pair], *, progress: str = "") -> pd.DataFrame:
    """What a network does with each of these pairs, a row a pair.

    Args:
        network: from `isfcore.inference.prepare`.

    Returns:
        `stem`; the five metrics and the mean of each gate as in `validator`; and `without_infrared` and
        `without_visible`, the mean absolute change of the fused image, in [0, 1], when that modality is dropped.

    Raises:
        ValueError: naming the pairs that cannot be read.
    """
    return _table(partial(_behave, network), pairs, progress)
