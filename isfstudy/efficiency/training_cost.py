"""What a training step costs, and how much of that is for the interventions, which the paper does not report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import torch

from isfcore.machine.devices import choose_device, choose_precision
from isfcore.machine.seeds import generator
from isfcore.training.passes import recording
from isfcore.training.recipe import Recipe
from isfcore.training.step import Objective, draw_views, new_network, train_step
from isfstudy.efficiency.timing import in_turn


def variants(recipe: Recipe) -> dict[str, Recipe]:
    """The recipe without any intervention, with the masked passes, and whole."""
    return {
        "fidelity alone": replace(recipe, alpha=0, beta=0),
        "with masked passes": replace(recipe, beta=0),
        "with all passes": recipe,
    }


def step_cost(
    recipe: Recipe, *, batch: int, side: int, rounds: int, device: str = "auto", precision: str = "auto"
) -> pd.DataFrame:
    """Time and memory of one step of each of `variants`, measured in turn on this machine, after one step to warm up.

    Args:
        batch, side: samples a step, and side of a crop in pixels.
        rounds: how many steps of each are timed.
        device, precision: see `isfcore.training.loop.train`.

    Returns:
        A row a variant: `losses`; `passes`; `seconds`, the median; `images_per_second`; `overhead`, the median over
        rounds of the ratio to the first variant; and `saved_mib`, what the forward passes keep for the backward pass.
    """
    place = choose_device(device)
    dtype = choose_precision(precision, place)
    images = torch.rand(2, batch, 1, side, side, generator=generator(0)).to(place)
    prepared = {}
    for name, variant in variants(recipe).items():
        network = new_network(variant, 0).to(place, memory_format=torch.channels_last).train()
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
        views = draw_views(*images, variant, generator(1, device=place))
        prepared[name] = (Objective(network, variant, dtype), network, optimiser, views)
    seconds = in_turn({name: partial(_step, *each) for name, each in prepared.items()}, rounds=rounds)
    overhead = seconds.div(seconds.iloc[:, 0], axis=0).median()
    return pd.DataFrame(
        {
            "losses": list(prepared),
            "passes": [len(views) for *_, views in prepared.values()],
            "seconds": seconds.median().to_list(),
            "images_per_second": (batch / seconds.median()).to_list(),
            "overhead": overhead.to_list(),
            "saved_mib": [_saved(objective, network, views) for objective, network, _, views in prepared.values()],
        }
    )


def _step(objective: Objective, network: torch.nn.Module, optimiser: torch.optim.Optimizer, views: dict) -> None:
    train_step(objective, network, optimiser, views)
    if views["clean"][0].device.type == "cuda":
        torch.cuda.synchronize()  # a call returns before the device has done its work


def _saved(objective: Objective, network: torch.nn.Module, views: dict) -> float:
    """MiB of the tensors that autograd keeps, each storage once."""
    storages: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor), recording(network) as statistics:
        kept = objective(views, statistics)  # held, so that no storage is freed and counted again
    del kept
    return sum(storages.values()) / 2**20
