"""How a network does on pairs it was not trained on, while it trains and after: metrics, gates, dropped modalities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch

from isfcore.comparison import read_sources
from isfcore.data import Pair, grey
from isfcore.evaluation import in_threads, score
from isfcore.fusion import to_levels, unit_luma
from isfcore.inference import run
from isfcore.network import Fused, FusionNetwork

Validate = Callable[[FusionNetwork], tuple[dict[str, float], dict[str, np.ndarray]]]


def _fuse(network: FusionNetwork, pair: Pair) -> tuple[Fused, np.ndarray, np.ndarray]:
    infrared, visible = read_sources(pair)
    units = (torch.from_numpy(unit_luma(image))[None, None] for image in (infrared, visible))
    return run(network, *units), infrared, visible


def _figures(network: FusionNetwork, pair: Pair) -> dict[str, float]:
    fused, infrared, visible = _fuse(network, pair)
    gates = {f"gate_{scale}": gate.mean().item() for scale, gate in fused.gates.items()}
    return score(to_levels(fused.luma)[0, 0], infrared, grey(visible), convention="paper") | gates


def validator(pairs: Sequence[Pair]) -> Validate:
    """A function of a prepared network that gives its figures on these pairs, and its gates on the first of them.

    Figures are means over the pairs: the five metrics under the `paper` convention without JPEG, and the mean of each
    gate as `gate_full_size` and so on. Images are (H, W) uint8: `infrared`, `visible`, `fused`, and each gate by scale.

    Raises:
        ValueError: when called, naming the pairs that cannot be read.
    """

    def validate(network: FusionNetwork) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        rows, problems = in_threads(lambda pair: _figures(network, pair), pairs)
        if problems:
            raise ValueError("; ".join(problems.values()))
        fused, infrared, visible = _fuse(network, pairs[0])
        images = {"infrared": infrared, "visible": grey(visible), "fused": to_levels(fused.luma)[0, 0]}
        images |= {scale: to_levels(gate)[0, 0] for scale, gate in fused.gates.items()}
        return pd.DataFrame(list(rows.values())).mean().to_dict(), images

    return validate


def behaviour(network: FusionNetwork, pairs: Sequence[Pair], *, progress: str = "") -> pd.DataFrame:
    """What a network does beyond its fused image, a row a pair.

    Args:
        network: from `isfcore.inference.prepare`.

    Returns:
        Columns `stem`; the mean of each gate; `without_infrared` and `without_visible`, the mean absolute change of
        the fused image, in [0, 1], when that modality is dropped.

    Raises:
        ValueError: naming the pairs that cannot be read.
    """

    def one(pair: Pair) -> dict[str, str | float]:
        infrared, visible = read_sources(pair)
        units = [torch.from_numpy(unit_luma(image))[None, None] for image in (infrared, visible)]
        black = torch.zeros_like(units[0])
        clean = run(network, *units)
        change = {
            "without_infrared": (run(network, black, units[1]).luma - clean.luma).abs().mean().item(),
            "without_visible": (run(network, units[0], black).luma - clean.luma).abs().mean().item(),
        }
        gates = {f"gate_{scale}": gate.mean().item() for scale, gate in clean.gates.items()}
        return {"stem": pair.stem} | gates | change

    rows, problems = in_threads(one, pairs, progress=progress)
    if problems:
        raise ValueError("; ".join(problems.values()))
    return pd.DataFrame(list(rows.values()))
