"""Networks that several tests need: random weights that make every layer matter, and the authors' names for them."""

from __future__ import annotations

import functools
import re

import torch
from torch import Tensor

from isfcore.network import FusionNetwork

# From our names to the authors', as `reference` implementations spell them; written here a second time, apart from
# `isfcore.weights`, so that a slip in either shows.
AUTHORS = (
    (r"^encoder_infrared\.", "encoder_ir."),
    (r"^encoder_visible\.", "encoder_vis."),
    (r"^(encoder_\w+)\.full_size\.", r"\1.module1."),
    (r"^(encoder_\w+)\.half_size\.", r"\1.module2."),
    (r"^(encoder_\w+)\.quarter_size\.", r"\1.module3."),
    (r"^cfi\.quarter_size\.", "cfi3."),
    (r"^cfi\.half_size\.", "cfi4."),
    (r"^cfi\.full_size\.", "cfi5."),
    (r"^decoder\.half_size\.", "adjust_channels4."),
    (r"^decoder\.full_size\.", "adjust_channels5."),
    (r"^output\.", "final_decoder.0."),
    (r"(module\d|channels\d)\.0\.", r"\1."),
    (r"(module\d|channels\d)\.1\.0\.", r"\1.3."),
    (r"(module\d|channels\d)\.1\.1\.", r"\1.4."),
    (r"\.gate\.1\.", ".gate.3."),
    (r"\.gate\.0\.", ".gate."),
    (r"\.(q)uery_|\.(k)ey_|\.(v)alue_", lambda match: "." + "".join(filter(None, match.groups())) + "_"),
    (r"_(v)isible\.|_(i)nfrared\.", lambda match: "_" + "".join(filter(None, match.groups())) + "."),
)


@functools.cache
def random_network(encoder: str = "separate", gate: str = "released") -> FusionNetwork:
    """A network in evaluation mode whose activations have unit scale, with a peaked attention and gates off 0.5."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = FusionNetwork(encoder=encoder, gate=gate)
        for name, module in network.named_modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, std=0.3)
                module.momentum = None  # plain average of the batches seen
            if "query_" in name or "key_" in name:
                torch.nn.init.normal_(module.weight, std=0.5)
                torch.nn.init.normal_(module.bias)
        with torch.no_grad():
            for _ in range(3):
                network(*torch.rand(2, 2, 1, 32, 32))
    return network.eval()


def authors_state(network: FusionNetwork) -> dict[str, Tensor]:
    """The state dict of a released reading under the authors' names."""
    state = {}
    for name, tensor in network.state_dict().items():
        for pattern, replacement in AUTHORS:
            name = re.sub(pattern, replacement, name)
        state[name] = tensor
    return state
