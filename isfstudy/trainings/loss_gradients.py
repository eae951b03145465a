"""What each loss asks of the weights: its gradient beside that of the fidelity loss."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from isfcore.network import FusionNetwork
from isfcore.training.passes import recording
from isfcore.training.recipe import Recipe
from isfcore.training.step import Objective
from isfstudy.trainings.samples import Views


def loss_gradients(network: FusionNetwork, recipe: Recipe, views: Views) -> pd.DataFrame:
    """How hard each loss of a recipe pulls on the weights, and whether with or against the fidelity loss.

    Args:
        network: its weights; left as they are.
        recipe: whose `alpha` and `beta` weight the losses.
        views: of a batch, from `isfstudy.trainings.samples`.

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
