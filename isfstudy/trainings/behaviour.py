"""How a network behaves on pairs it was not trained on: metrics, gates, and what a dropped modality changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch

from isfcore.inference import run
from isfcore.machine.threads import all_in_threads
from isfcore.metrics import METRICS
from isfcore.network import SCALES, FusionNetwork
from isfcore.pairs import Pair
from isfcore.training.validation import figures, read_units

GATES = tuple(f"gate_{scale}" for scale in SCALES)
RESPONSES = ("without_infrared", "without_visible")


def behaviour(network: FusionNetwork, pairs: Sequence[Pair], *, progress: str = "") -> pd.DataFrame:
    """What a network does with each of these pairs, a row a pair.

    Args:
        network: from `isfcore.inference.prepare`.
        progress: label of the progress bar; none without it.

    Returns:
        `stem`; the five metrics and `GATES`, the mean of each gate, as `isfcore.training.validation.figures` gives
        them; and `RESPONSES`, the mean absolute change of the fused image, in [0, 1], when that modality is dropped.

    Raises:
        ValueError: naming the pairs that cannot be read.
    """

    def one(pair: Pair) -> dict[str, str | float]:
        infrared, visible, *units = read_units(pair)
        black, clean = torch.zeros_like(units[0]), run(network, *units)
        without = (run(network, black, units[1]), run(network, units[0], black))
        change = {
            name: (fused.luma - clean.luma).abs().mean().item() for name, fused in zip(RESPONSES, without, strict=True)
        }
        return {"stem": pair.stem} | figures(clean, infrared, visible) | change

    return pd.DataFrame(list(all_in_threads(one, pairs, progress=progress).values()))


def spread(rows: pd.DataFrame) -> pd.Series:
    """How far apart the rows are in each metric: highest minus lowest, in percent of the mean; PSNR in dB."""
    values = rows[list(METRICS)]
    apart = values.max() - values.min()
    return (apart / values.mean().abs() * 100).where(apart.index != "PSNR", apart)
