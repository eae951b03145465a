"""What each loss asks of the weights: its gradient beside that of the fidelity loss."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from isfcore.machine.seeds import generator
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair
from isfcore.training.crops import draw_batch, read_pairs
from isfcore.training.passes import recording, run_passes
from isfcore.training.recipe import Recipe
from isfcore.training.step import Objective, draw_views


def sample_views(found: list[Pair], recipe: Recipe, *, side: int, count: int = 4) -> dict:
    """The views of one batch to look at networks with: crops of the first pairs, matching whatever the recipe says."""
    images = read_pairs(found[:count], side=side)
    crops = draw_batch(images, step=0, batch=len(images), side=side, crop="paired", seed=0)
    return draw_views(*crops, recipe, generator(0, 1))


def pull(network: FusionNetwork, recipe: Recipe, views: dict[str, tuple[Tensor, Tensor]]) -> pd.DataFrame:
    """How hard each loss of a recipe pulls on the weights, and whether with or against the fidelity loss.

    Args:
        network: its weights; left as they are.
        recipe: whose `alpha` and `beta` weight the losses.
        views: of a batch, from `isfcore.training.step.draw_views`.

    Returns:
        A row a loss that the recipe has, `fidelity` first: `share`, the norm of its weighted gradient over that of the
        fidelity loss; and `direction`, the cosine between the two: 1 along it, 0 across, -1 against.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    with recording(network) as statistics:
        terms = Objective(network, recipe, torch.float32)(views, statistics)
    scale = {"fidelity": 1.0, "consistency": recipe.alpha, "necessity": recipe.beta}
    gradients = {
        loss: torch.cat([gradient.flatten() for gradient in _gradients(scale[loss] * terms[f"{loss}_total"], weights)])
        for loss in scale
        if f"{loss}_total" in terms
    }
    fidelity = gradients["fidelity"]
    rows = [
        (
            loss,
            (gradient.norm() / fidelity.norm()).item(),
            torch.nn.functional.cosine_similarity(gradient, fidelity, dim=0).item(),
        )
        for loss, gradient in gradients.items()
    ]
    return pd.DataFrame(rows, columns=["loss", "share", "direction"])


def _gradients(loss: Tensor, weights: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(w) if gradient is None else gradient for w, gradient in zip(weights, found, strict=True)]


def seen_by_batch_norm(network: FusionNetwork, views: dict[str, tuple[Tensor, Tensor]]) -> pd.DataFrame:
    """How far what batch norm sees in each pass lies from the running statistics that it uses afterwards.

    Args:
        network: with running statistics.
        views: as for `run_passes`.

    Returns:
        A row a layer and pass: `layer`, its name; `pass`; `shift`, the mean over channels of |mean - running mean| in
        running standard deviations; and `spread`, the median over channels of the standard deviation in running ones.
    """
    names = {module: name for name, module in network.named_modules()}
    rows = []
    for name, view in views.items():
        with torch.no_grad(), recording(network) as statistics:
            run_passes(network, {name: view}, statistics)
        for norm, calls in statistics.items():
            deviation = (norm.running_var + norm.eps).sqrt()
            for seen in calls:
                shift = ((seen.mean - norm.running_mean).abs() / deviation).mean().item()
                spread = ((seen.variance + norm.eps).sqrt() / deviation).median().item()
                rows.append((names[norm], name, shift, spread))
    return pd.DataFrame(rows, columns=["layer", "pass", "shift", "spread"])
