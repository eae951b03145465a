"""Generators that no two purposes share."""

from __future__ import annotations

import torch

from isfcore.machine.seeds import generator


def test_generators_of_other_seeds_and_purposes_differ():
    def first(*arguments):
        return torch.rand(1, generator=generator(*arguments), dtype=torch.float64).item()

    purposes = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 2, 0), (0, 1, 1), (1, 0, 1)]
    assert len({first(*purpose) for purpose in purposes}) == len(purposes)
    assert first(3, 1, 4) == first(3, 1, 4)
