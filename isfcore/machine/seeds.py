"""Random generators that no two purposes share."""

from __future__ import annotations

import numpy as np
import torch


def generator(seed: int, *purpose: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random generator for one purpose, such as a step, that no other purpose or seed shares."""
    mixed = np.random.SeedSequence([seed, *purpose]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(mixed))
