"""Training on several processes: who takes which samples, and averages over all of them.

Processes are those of `torchrun`. Nothing here needs them: with one process every function is the identity.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed


def count() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that writes files and shows progress."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def launched() -> bool:
    """Whether `torchrun` started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def join(device: torch.device) -> None:
    """Join the processes that `torchrun` started, on CUDA each with its own GPU; does nothing in any other process.

    Raises:
        ValueError: when there are more processes than GPUs.
    """
    if not launched() or distributed.is_initialized():
        return
    if device.type == "cuda":
        rank = int(os.environ["LOCAL_RANK"])
        if rank >= torch.cuda.device_count():
            raise ValueError(f"there are {torch.cuda.device_count()} GPUs: start no more processes, or use the cpu")
        torch.cuda.set_device(rank)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")


def leave() -> None:
    """Leave them, so that none waits for a process that has ended."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def share(batch: int) -> slice:
    """The samples of a batch that are this process's.

    Raises:
        ValueError: when the batch cannot be shared out evenly.
    """
    if batch % count():
        raise ValueError(f"a batch of {batch} cannot be shared evenly by {count()} processes")
    part = batch // count()
    first = distributed.get_rank() * part if distributed.is_initialized() else 0
    return slice(first, first + part)


class _Sum(torch.autograd.Function):
    """The sum over the processes. Each one's loss depends on each one's value, so that gradients are summed as well."""

    @staticmethod
    def forward(context, value: Tensor) -> Tensor:
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        return _Sum.forward(context, gradient)


def average(value: Tensor) -> Tensor:
    """The mean of a tensor over the processes, with its gradient."""
    return value if count() == 1 else _Sum.apply(value) / count()


def from_first(make: Callable[[], Any]) -> Any:
    """What the first process makes, given to all."""
    made = [make() if is_first() else None]
    if count() > 1:
        distributed.broadcast_object_list(made)
    return made[0]
