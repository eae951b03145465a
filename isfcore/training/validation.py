"""How a network does on pairs it was not trained on, while it trains: metrics and gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from isfcore.evaluation import score
from isfcore.fusion import to_levels, unit_luma
from isfcore.images import grey
from isfcore.inference import run
from isfcore.machine.threads import all_in_threads
from isfcore.network import Fused, FusionNetwork
from isfcore.pairs import Pair, read_sources

Validate = Callable[[FusionNetwork], tuple[dict[str, float], dict[str, np.ndarray]]]


def read_units(pair: Pair) -> tuple[np.ndarray, np.ndarray, Tensor, Tensor]:
    """Grey levels of both images, (H, W) in [0, 255], and the same as the network is fed them, (1, 1, H, W) in [0, 1].

    Raises:
        ValueError: naming the file, for an image that cannot be read or does not fit its partner.
    """
    infrared, visible = read_sources(pair)
    units = [torch.from_numpy(unit_luma(image))[None, None] for image in (infrared, visible)]
    return infrared, grey(visible), units[0], units[1]


def figures(fused: Fused, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """The five metrics under the `paper` convention without JPEG, and the mean of each gate as `gate_full_size` etc.

    Args:
        fused: of one pair, from `isfcore.inference.run`.
        infrared, visible: grey levels from `read_units`.
    """
    gates = {f"gate_{scale}": gate.mean().item() for scale, gate in fused.gates.items()}
    return score(to_levels(fused.luma)[0, 0], infrared, visible, convention="paper") | gates


def validator(pairs: Sequence[Pair]) -> Validate:
    """A function of a prepared network that gives its figures on these pairs, and its gates on the first of them.

    Figures are means over the pairs of what `figures` gives. Gates are (H, W) uint8 by scale, 255 where a gate is 1.

    Raises:
        ValueError: when called, naming the pairs that cannot be read.
    """

    def validate(network: FusionNetwork) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        def watch(pair: Pair) -> dict[str, float]:
            infrared, visible, *units = read_units(pair)
            return figures(run(network, *units), infrared, visible)

        rows = list(all_in_threads(watch, pairs).values())
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        gates = run(network, *read_units(pairs[0])[2:]).gates
        return means, {scale: to_levels(gate)[0, 0] for scale, gate in gates.items()}

    return validate
