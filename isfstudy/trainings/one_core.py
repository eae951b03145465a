"""Small work on one core: threads that share few pixels wait for each other longer than they compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SMALL = 4 * 64**2  # pixels of a batch


@contextmanager
def one_core_if_small(batch: int, side: int) -> Iterator[None]:
    """Within the block a batch of so many crops is computed on one core of the processor, if it is small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if batch * side**2 <= SMALL else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
