"""One step of training: the views of a batch, a recipe's losses over the passes, the optimiser's move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from isfcore.losses import DROPPED, MASKED, consistency_loss, fidelity_loss, necessity_loss
from isfcore.machine import processes
from isfcore.machine.devices import one_channel_last
from isfcore.machine.lower_precision import lower_precision
from isfcore.masks import intervene
from isfcore.network import Fused, FusionNetwork
from isfcore.training.passes import Statistics, recording, run_passes, update_running
from isfcore.training.recipe import Recipe

Views = dict[str, tuple[Tensor, Tensor]]
Losses = Callable[[Views, Statistics], dict[str, Tensor]]  # an `Objective`, or DistributedDataParallel around one
Gradients = Callable[[Losses, FusionNetwork, Views], tuple[dict[str, Tensor], Statistics]]


def new_network(recipe: Recipe, seed: int) -> FusionNetwork:
    """A network of the recipe's reading to train, its weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FusionNetwork(
            encoder=recipe.encoder, gate=recipe.gate, integrator=recipe.integrator, pooled_side=recipe.pooled_side
        )


def new_optimiser(network: FusionNetwork, learning_rate: float) -> torch.optim.Optimizer:
    """The optimiser of section 4.1."""
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


def draw_views(infrared: Tensor, visible: Tensor, recipe: Recipe, random: torch.Generator) -> Views:
    """The images of each pass that the recipe has, by name, in the order that batch norm sees them.

    Returns:
        For each pass the infrared and the visible images of this process, (B / processes, 1, H, W).
    """
    masks: dict[str, Any] = {"complementary": recipe.complementary, "holes": recipe.holes, "size": recipe.hole_size}
    masks |= {"count": (1, recipe.most_holes), "generator": random}
    views = {"clean": (infrared, visible)} | intervene(infrared, visible, **masks)
    needed = ["clean"]
    needed += MASKED if recipe.alpha or recipe.augmentation == "masks" or recipe.passes == "all" else ()
    needed += DROPPED if recipe.beta or recipe.passes == "all" else ()
    mine = processes.share(len(infrared))
    images = {id(image): image[mine] for name in needed for image in views[name]}  # each once, see `run_passes`
    images = {key: image if image.stride(0) == 0 else one_channel_last(image) for key, image in images.items()}
    return {name: (images[id(views[name][0])], images[id(views[name][1])]) for name in needed}


class Objective(nn.Module):
    """The objective of equation 9: a network with the losses of a recipe. What DistributedDataParallel wraps."""

    def __init__(self, network: FusionNetwork, recipe: Recipe, precision: torch.dtype) -> None:
        super().__init__()
        self.network, self.recipe, self.precision = network, recipe, precision

    def forward(self, views: Views, statistics: Statistics) -> dict[str, Tensor]:
        """Every term of the loss as a scalar, its weighted sum as `total`, and the mean of each of the clean gates."""
        recipe = self.recipe
        with lower_precision(views["clean"][0].device, self.precision):
            passes = run_passes(self.network, views, statistics)

        def fidelity(luma: Tensor) -> dict[str, Tensor]:
            weight = recipe.gradient_weight
            return fidelity_loss(luma, *views["clean"], gradient_max=recipe.gradient_max, gradient_weight=weight)

        terms = fidelity(passes["clean"].luma)
        log = {f"fidelity_{name}": value for name, value in terms.items()}
        total, more = weighted(terms["total"], passes, recipe, lambda luma: fidelity(luma)["total"])
        gates = {f"gate_{scale}": gate.detach().mean() for scale, gate in passes["clean"].gates.items()}
        return log | more | gates | {"total": total}


def weighted(
    clean: Tensor, passes: dict[str, Fused], recipe: Recipe, of_luma: Callable[[Tensor], Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of equation 9, a scalar, and its terms beside the first, by name.

    Args:
        clean: the first term, of the clean pass, a scalar.
        passes: what `isfcore.training.passes.run_passes` gave.
        of_luma: the first term of the fused image (B, 1, H, W) of another pass, where masks are augmentation.
    """
    total = clean
    log: dict[str, Tensor] = {}
    if recipe.augmentation == "masks":
        masked = {name: of_luma(passes[name].luma) for name in MASKED}
        total = (total + sum(masked.values())) / (1 + len(MASKED))
        log |= {f"augmentation_{name}": value for name, value in masked.items()}
    if recipe.alpha:
        terms = consistency_loss(
            passes,
            consistency_gate=recipe.consistency_gate,
            consistency=recipe.consistency,
            entropy=recipe.entropy,
            gate_target=recipe.gate_target,
        )
        total = total + recipe.alpha * terms["total"]
        log |= {f"consistency_{name}": value for name, value in terms.items()}
    if recipe.beta:
        terms = necessity_loss(passes, necessity=recipe.necessity)
        total = total + recipe.beta * terms["total"]
        log |= {f"necessity_{name}": value for name, value in terms.items()}
    return total, log


def gradients(objective: Losses, network: FusionNetwork, views: Views) -> tuple[dict[str, Tensor], Statistics]:
    """The terms of the loss and what batch norm saw; leaves gradients in the weights, in place of those before.

    Args:
        objective: an `Objective` of the network, or DistributedDataParallel around one.
        views: from `draw_views`.
    """
    for weight in network.parameters():
        weight.grad = None
    with recording(network) as statistics:
        terms = objective(views, statistics)
    terms["total"].backward()
    return terms, statistics


def train_step(
    objective: Losses,
    network: FusionNetwork,
    optimiser: torch.optim.Optimizer,
    views: Views,
    *,
    gradients: Gradients = gradients,
) -> dict[str, float]:
    """One step of the optimiser: the loss's terms before it, averaged over the processes, and the `gradient_norm`.

    Args:
        objective, network, views: as `gradients` takes them.
        gradients: the function of this name, or what `isfcore.training.replay.replayed` makes of it.

    Raises:
        FloatingPointError: when the loss or its gradient is not finite; weights and statistics stay as they were.
    """
    terms, statistics = gradients(objective, network, views)
    with torch.no_grad():
        terms["gradient_norm"] = torch.nn.utils.get_total_norm(
            list(filter(torch.is_tensor, (weight.grad for weight in network.parameters())))
        )
        values = processes.average(torch.stack([value.detach() for value in terms.values()])).tolist()
    log = dict(zip(terms, values, strict=True))
    wrong = [name for name, value in log.items() if not abs(value) < float("inf")]
    if wrong:
        raise FloatingPointError(f"not a finite number: {', '.join(wrong)}")
    optimiser.step()
    update_running(statistics, len(views["clean"][0]) * processes.count())
    return log
