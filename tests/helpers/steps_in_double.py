"""Three steps of training in float64, alone or as one of the processes of `torchrun`.

    torchrun --nproc-per-node 2 -m tests.helpers.steps_in_double STATE

In float32 rounding decides on which side of a kink (|x|, max, leaky ReLU) some pixels lie, and Adam makes full steps of
the difference; in float64 what two processes compute can be told from what one does.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from isfcore.machine import processes
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective, train_step
from tests.helpers.batches import network_of, views_of


def three_steps() -> dict[str, Tensor]:
    """Weights and running statistics after three steps on a batch of 4 over all processes."""
    recipe = load_recipe("released")
    network = network_of(recipe, torch.float64)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    objective = Objective(network, recipe, torch.float32)  # no mixed precision
    if processes.count() > 1:
        objective = DistributedDataParallel(objective)
    for _ in range(3):
        train_step(objective, network, optimiser, views_of(recipe, torch.float64, batch=4))
    return network.state_dict()


if __name__ == "__main__":
    processes.join(torch.device("cpu"))
    state = three_steps()
    if processes.is_first():
        torch.save(state, sys.argv[1])
    processes.leave()
