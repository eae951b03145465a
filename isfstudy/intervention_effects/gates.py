"""What gates are like: their mean (printed target 0.3), and how much of them has decided between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch

from isfcore.fusion import unit_luma
from isfcore.inference import run
from isfcore.machine.threads import all_in_threads
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair
from isfcore.training.recipe import load_recipe
from isfstudy.intervention_effects.stability import Read, full_size_gates

DECIDED = (0.1, 0.9)  # gates beyond these are as good as 0 and 1
LEVELS = ["mean", "below", "above", "decided"]


def gate_levels(network: FusionNetwork, pairs: Sequence[Pair], *, read: Read, progress: str = "") -> pd.DataFrame:
    """Gates of the clean pass.

    Args:
        network: from `isfcore.inference.prepare`.
        read: how a pair is read, such as `isfstudy.intervention_effects.doses.read_middle`.

    Returns:
        A row a gate (`isfstudy.intervention_effects.stability.GATES`): over the images the average `mean`, the shares
        of pixels `below` 0.1 and `above` 0.9, and `decided`, both together; and the number of `pairs`.
    """
    device = network.output.weight.device
    low, high = DECIDED

    def one(pair: Pair) -> pd.DataFrame:
        units = [torch.from_numpy(unit_luma(image))[None, None].to(device) for image in read(pair)]
        rows = [
            (name, gate.mean().item(), (gate < low).float().mean().item(), (gate > high).float().mean().item())
            for name, gate in full_size_gates(run(network, *units)).items()
        ]
        return pd.DataFrame(rows, columns=["gate", *LEVELS[:3]])

    images = pd.concat(all_in_threads(one, pairs, progress=progress).values())
    images["decided"] = images["below"] + images["above"]
    return images.groupby("gate", sort=False)[LEVELS].mean().reset_index().assign(pairs=len(pairs))


def levels_of(
    networks: dict[str, FusionNetwork], known: dict[str, dict], sets: dict[str, list[Pair]], *, read: Read
) -> pd.DataFrame:
    """`gate_levels` of several networks on several sets, with `network`, `dataset` and `entropy` (`entropy_in`).

    Args:
        known: what `isfcore.weights.load_weights` says of each network's weights.
    """
    tables = [
        gate_levels(network, pairs, read=read).assign(
            network=name, dataset=dataset, entropy=entropy_in(known[name]["recipe"])
        )
        for name, network in networks.items()
        for dataset, pairs in sets.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["network", "entropy", "dataset", "gate", *LEVELS, "pairs"]]


def entropy_in(recipe: str) -> str:
    """What a recipe does with the entropy of the gate, in words; `unknown` where it is no recipe of the study."""
    if recipe.startswith("the authors'"):
        return "maximised by their script"
    try:
        described = load_recipe(recipe)
    except (ValueError, OSError):
        return "unknown"
    return f"{described.entropy}d" if described.alpha and described.consistency_gate != "none" else "no such term"
