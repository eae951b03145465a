"""What a network costs on every machine: parameters and floating-point operations, by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from isfcore.network import FusionNetwork

# Of the network, and how its modules' names begin.
PARTS = {"encoders": ("encoder_infrared", "encoder_visible"), "CFI": ("cfi",), "decoder": ("decoder", "output")}


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


def flops_table(networks: Mapping[str, FusionNetwork], sizes: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """A row a network, size and part: `method`, `height`, `width`, `part`, `flops` of one pair, `parameters`, and
    `share`, of all the network's operations at that size.

    Args:
        networks: by name, as for `flops`.
        sizes: height and width.
    """
    rows = [
        {"method": name, "height": height, "width": width, "part": part, "flops": count, "parameters": numbers[part]}
        for name, network in networks.items()
        for numbers in [parameters(network)]
        for height, width in sizes
        for part, count in flops(network, height=height, width=width).items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(share=table["flops"] / table.groupby(["method", "height", "width"])["flops"].transform("sum"))


def parameter_table(known: Mapping[str, dict[str, Any]], described: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Sizes of the networks that are here and of the official ones of other methods, the smallest first.

    Args:
        known: what `isfstudy.comparison.methods.find_networks` knows of each network.
        described: from `isfstudy.comparison.methods.described_methods`; methods without `parameters` are left out.

    Returns:
        `method`, `parameters` in use, `unused` ones that the weights' file holds besides (None where nobody looked),
        `table_entries` of a lookup table, and where it was `counted`.
    """
    rows = [(name, about["parameters"], about.get("dead_parameters", 0), 0, "here") for name, about in known.items()]
    rows += [
        (name, about["parameters"], None, about.get("table_entries", 0), "official network")
        for name, about in described.items()
        if "parameters" in about and name not in known
    ]
    table = pd.DataFrame(rows, columns=["method", "parameters", "unused", "table_entries", "counted"])
    return table.astype({"unused": "Int64"}).sort_values("parameters", ignore_index=True)


def one_of_each(networks: Mapping[str, FusionNetwork]) -> dict[str, str]:
    """For each network the first one of the same architecture: weights do not change what a network costs."""
    first = {str(network.reading): name for name, network in reversed(networks.items())}
    return {name: first[str(network.reading)] for name, network in networks.items()}
