"""What a fused image costs: parameters, floating-point operations, time, memory. Energy is in
`isfstudy.efficiency.energy`.

Time is from images in memory (uint8) to the fused luma in memory (uint8), whatever the device. Reading files is not in
it. What a *training* step costs is in `isfstudy.efficiency.training_cost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from isfcore.network import FusionNetwork

Size = tuple[int, int]  # height and width in pixels
PARTS = {  # of the network, and how its modules' names begin
    "encoders": ("encoder_infrared", "encoder_visible"),
    "CFI": ("cfi",),
    "decoder": ("decoder", "output"),
}
AT_LEAST = 0.05  # seconds that a method is timed for in a round: many calls of a fast one


def part_of(name: str) -> str:
    """The part of the network, one of `PARTS`, that a parameter or module of this name belongs to."""
    return next(part for part, starts in PARTS.items() if name.startswith(starts))


def flops(network: FusionNetwork, *, height: int, width: int) -> dict[str, int]:
    """Floating-point operations to fuse one pair, by part.

    PyTorch's counter: two for each multiply-add of a convolution or a product of matrices, attention included. Batch
    norm, activations, pooling, interpolation and biases are not counted, nor what row stripes and tiles
    (`isfcore.inference`) compute twice.

    Args:
        network: as `isfcore.weights.load_weights` gives it, not prepared; its weights do not matter.
    """
    image = torch.zeros(1, 1, height, width)
    # To the counter the library's fused attention is no product of matrices; written out, the same work is.
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network(image, image)
    found = dict.fromkeys(PARTS, 0)
    for name, counts in counter.get_flop_counts().items():
        _, *path = name.split(".")  # the first is the network itself
        if path and len(path) == (2 if path[0] in ("cfi", "decoder") else 1):  # those two hold a module a scale
            found[part_of(path[0])] += sum(counts.values())
    return found


def parameters(network: FusionNetwork) -> dict[str, int]:
    """Trained numbers, by part; a shared encoder counts once."""
    found = dict.fromkeys(PARTS, 0)
    for name, parameter in network.named_parameters():
        found[part_of(name)] += parameter.numel()
    return found


def parameter_table(known: Mapping[str, dict[str, Any]], described: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Sizes of the networks that are here and of the official ones of other methods, the smallest first.

    Args:
        known: what `isfstudy.comparison.methods.load_networks` knows of each network.
        described: from `isfstudy.comparison.methods.described_methods`; methods without `parameters` are left out.

    Returns:
        `method`, `parameters` in use, `unused` ones that the weights' file holds besides (None where nobody looked),
        `table_entries` of a lookup table, and where it was `counted`.
    """
    rows = [
        (name, about["parameters"], about.get("dead_parameters", 0), 0, "here") for name, about in known.items()
    ] + [
        (name, about["parameters"], None, about.get("table_entries", 0), "official network")
        for name, about in described.items()
        if "parameters" in about and name not in known
    ]
    table = pd.DataFrame(rows, columns=["method", "parameters", "unused", "table_entries", "counted"])
    return table.astype({"unused": "Int64"}).sort_values("parameters", ignore_index=True)


def one_of_each(networks: Mapping[str, FusionNetwork]) -> dict[str, str]:
    """For each network the first one of the same architecture: weights do not change what a network costs."""
    first: dict[str, str] = {}
    for name, network in networks.items():
        first.setdefault(str(network.reading), name)
    return {name: first[str(network.reading)] for name, network in networks.items()}


def figure1c(means: pd.DataFrame, printed: pd.DataFrame, speed: Mapping[str, float], *, dataset: str) -> pd.DataFrame:
    """The axes of Figure 1c that this study measures: quality from the benchmark, speed from this machine.

    Args:
        means: the benchmark's table, as `isfstudy.comparison.scores.means` gives it.
        printed: from `isfstudy.paper.printed.printed_table`.
        speed: images a second, by method.
        dataset: where CC and PSNR are from.

    Returns:
        A row a method that was measured, under the paper's protocol, and one a method that was printed: `method`, `row`
        (`measured` or `printed`), `pairs`, `CC`, `PSNR` and `FPS`, NaN where it is not known.
    """
    measured = means[(means["dataset"] == dataset) & (means["protocol"] == "paper")].assign(row="measured")
    rows = printed[printed["dataset"] == dataset].assign(row="printed", pairs="").astype({"CC": float, "PSNR": float})
    measured["FPS"] = measured["method"].map(speed).astype(float)
    return pd.concat([measured, rows])[["method", "row", "pairs", "CC", "PSNR", "FPS"]].reset_index(drop=True)
