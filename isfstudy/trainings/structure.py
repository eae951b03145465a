"""What weights tell without an image: whether both encoders are one, and how many steps batch norm has counted; and
what the terms of the objective weigh beside each other."""

from __future__ import annotations

import pandas as pd

from isfcore.network import FusionNetwork
from isfcore.training.recipe import load_recipe
from isfstudy.trainings.released_weights import PASSES

TERMS = {"consistency": "alpha", "necessity": "beta"}  # of the objective, with their weights in a recipe


def structure(networks: dict[str, FusionNetwork]) -> pd.DataFrame:
    """A row a network: `weights` (its name), `encoders_apart` and `steps_counted`.

    `encoders_apart` is the greatest difference between a tensor of one encoder and that of the other, relative to the
    first's norm: 0 where weights are shared. `steps_counted` is how often the first batch norm of the encoder called
    infrared was updated, over the five passes of a step (3,350 for 50 epochs of 1,083 pairs in batches of 16).
    """
    rows = []
    for name, network in networks.items():
        one, other = (
            dict(encoder.named_parameters()) for encoder in (network.encoder_infrared, network.encoder_visible)
        )
        apart = max(((one[key] - other[key]).norm() / one[key].norm().clamp(min=1e-12)).item() for key in one)
        once = 2 if network.encoder_infrared is network.encoder_visible else 1  # a shared encoder counts both images
        counted = network.encoder_infrared.full_size[0][1].num_batches_tracked.item() / once
        rows.append({"weights": name, "encoders_apart": apart, "steps_counted": counted / len(PASSES)})
    return pd.DataFrame(rows, columns=["weights", "encoders_apart", "steps_counted"])


def magnitudes(objective: pd.DataFrame, order: dict[str, str], recipe: str = "released") -> pd.DataFrame:
    """Size of each weighted term of the objective over that of the fidelity loss, fed as the weights were trained.

    Args:
        objective: from `isfstudy.trainings.released_weights.objectives`.
        order: by network, from `brightness_table` there.
        recipe: whose alpha and beta weigh the terms.

    Returns:
        A row a network: `weights`, `consistency` and `necessity`, ratios of means in absolute value over matching
        crops.
    """
    columns = ["weights", *TERMS]
    if objective.empty:
        return pd.DataFrame(columns=columns)
    weight = load_recipe(recipe)
    home = objective[(objective["feed"] == objective["weights"].map(order)) & (objective["crops"] == "paired")]
    means = home.groupby("weights", sort=False)[[f"{term}_total" for term in ("fidelity", *TERMS)]].mean()
    table = pd.DataFrame(
        {
            term: (getattr(weight, share) * means[f"{term}_total"]).abs() / means["fidelity_total"]
            for term, share in TERMS.items()
        }
    )
    return table.reset_index()[columns]
