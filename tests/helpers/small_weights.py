"""Weights of a network that was never trained, as a file, for tests of what reads them."""

from __future__ import annotations

from pathlib import Path

import torch

from isfcore.network import FusionNetwork
from isfcore.weights import save_weights


def write_weights(path: Path) -> Path:
    """Weights that show differences: an untrained network gives nearly one grey."""
    torch.manual_seed(0)
    network = FusionNetwork()
    network.output.weight.data *= 100
    about = {"recipe": "none", "data": "none", "commit": "none", "metrics": {}, "machine": {}}
    save_weights(path, network, schedule={"steps": 1, "batch": 2, "side": 16, "seed": 0}, **about)
    return path
