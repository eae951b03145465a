"""What trained weights tell of their training: which modality each encoder saw, and which crops."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.losses import DROPPED, MASKED
from isfcore.machine.devices import choose_precision
from isfcore.network import Encoder, FusionNetwork, exchange
from isfcore.training.passes import recording
from isfcore.training.recipe import Recipe
from isfcore.training.step import Objective
from isfstudy.trainings.samples import unseen_views

PASSES = ("clean", *MASKED, *DROPPED)  # the order in which running statistics are updated
BLACK = {"infrared": "visible_only", "visible": "infrared_only"}  # the pass in which a modality is dropped
FEEDS = ("as named", "exchanged")


def brightness_seen(network: FusionNetwork) -> pd.DataFrame:
    """How bright the images were that each encoder met last in training, read off its first layer.

    A convolution's mean output is its bias plus the sum of its weights times the mean input (zero padding apart), so
    that the running means of 32 channels are 32 measurements of one number, which least squares gives. With a momentum
    of 0.1 it rests on the last two steps or so. The dropped pass of each step is black; its known share is taken out.

    Args:
        network: trained with interventions, passes in the order `PASSES`.

    Returns:
        A row an encoder: `encoder`, the modality it is named after; `brightness`, the mean of what it saw in [0, 1]
        while not dropped; and `unexplained`, the share of the running means' norm that one number does not explain.
    """
    rows = []
    for modality in ("infrared", "visible"):
        encoder: Encoder = getattr(network, f"encoder_{modality}")
        convolution, norm = encoder.full_size[0][0], encoder.full_size[0][1]
        gain = convolution.weight.detach().double().sum(dim=(1, 2, 3))
        measured = norm.running_mean.double() - convolution.bias.detach().double()
        mixture = (gain @ measured / (gain @ gain)).item()
        unexplained = ((measured - gain * mixture).norm() / measured.norm()).item()
        weights = norm.momentum * (1 - norm.momentum) ** np.arange(len(PASSES))[::-1]
        black = weights[PASSES.index(BLACK[modality])] / weights.sum()
        rows.append({"encoder": modality, "brightness": mixture / (1 - black), "unexplained": unexplained})
    return pd.DataFrame(rows)


def brightness_of(images: Sequence[Tensor]) -> pd.DataFrame:
    """Mean and standard deviation of the images' own brightness in [0, 1]: a row a modality.

    Args:
        images: (2, H, W) uint8, infrared first, from `isfcore.training.crops.read_pairs`.
    """
    values = torch.stack([image.float().mean(dim=(1, 2)).cpu() for image in images]) / 255
    table = {"modality": ["infrared", "visible"], "brightness": values.mean(dim=0), "deviation": values.std(dim=0)}
    return pd.DataFrame({name: np.asarray(column) for name, column in table.items()})


def order_of(seen: pd.DataFrame, of_images: pd.DataFrame) -> str:
    """Which modality each encoder of one network met in training, by brightness: one of `FEEDS`, or `unclear` where
    both encoders are nearest to one modality.

    Args:
        seen: from `brightness_seen`.
        of_images: from `brightness_of` of what it was trained on.
    """
    bright = of_images.set_index("modality")["brightness"]
    nearest = {row["encoder"]: (bright - row["brightness"]).abs().idxmin() for _, row in seen.iterrows()}
    if len(set(nearest.values())) < len(nearest):
        return "unclear"
    return FEEDS[0] if all(modality == encoder for encoder, modality in nearest.items()) else FEEDS[1]


def objective_both_ways(
    network: FusionNetwork, recipe: Recipe, images: Sequence[Tensor], *, batches: int, batch: int, side: int
) -> pd.DataFrame:
    """A recipe's losses in training mode, where batch norm uses what it sees, with each modality in either encoder.

    Trained weights are at home with what they were trained on; running statistics, which could hide it, play no part.

    Args:
        images: as for `brightness_of`, on the device to work on.
        batches, batch, side: how many batches of how many crops of which side.

    Returns:
        A row a batch and feed (`FEEDS`): `feed`, `step`, and every term of `isfcore.training.step.Objective`.
    """
    place = images[0].device
    dtype = choose_precision("auto", place)
    rows = []
    for feed, way in zip(FEEDS, (network, exchange(network)), strict=True):
        fed = copy.deepcopy(way).to(place, memory_format=torch.channels_last)
        objective = Objective(fed, recipe, dtype)
        for step in range(batches):
            views = unseen_views(images, recipe, step=step, batch=batch, side=side)
            with torch.no_grad(), recording(fed) as statistics:
                terms = objective(views, statistics)
            rows.append({"feed": feed, "step": step} | {name: value.item() for name, value in terms.items()})
    return pd.DataFrame(rows)


def brightness_table(networks: dict[str, FusionNetwork], images: Sequence[Tensor]) -> pd.DataFrame:
    """Brightness of the training images, and of what each network saw.

    Args:
        networks: by name.
        images: as for `brightness_of`; without any there is nothing to compare with, and no row.

    Returns:
        A row a modality of the images, then one a network and encoder: `weights`, its name; `encoder`, or modality;
        `brightness`; `deviation` between images; `unexplained`; and `trained`, what `order_of` says of the network.
    """
    columns = ["weights", "encoder", "brightness", "deviation", "unexplained", "trained"]
    if not images:
        return pd.DataFrame(columns=columns)
    of_images = brightness_of(images)
    tables = [of_images.rename(columns={"modality": "encoder"}).assign(weights="the training images")]
    for name, network in networks.items():
        seen = brightness_seen(network)
        tables.append(seen.assign(weights=name, trained=order_of(seen, of_images)))
    return pd.concat(tables).reindex(columns=columns)


def objectives(
    networks: dict[str, FusionNetwork], recipes: dict[str, Recipe], images: Sequence[Tensor], **size: int
) -> pd.DataFrame:
    """`objective_both_ways` of each network by each recipe, with first columns `weights` and `crops`, their names.

    Args:
        images: as for `brightness_of`; without any there is no row.
        size: `batches`, `batch` and `side`.
    """
    tables = [
        objective_both_ways(network, recipe, images, **size).assign(weights=name, crops=crops)
        for name, network in networks.items()
        for crops, recipe in recipes.items()
        if images
    ]
    table = pd.concat(tables) if tables else pd.DataFrame(columns=["feed", "step", "total"])
    return table.reindex(columns=list(dict.fromkeys(["weights", "crops", *table.columns])))


def crop_gap(objective: pd.DataFrame, order: dict[str, str]) -> pd.DataFrame:
    """How much worse each network is on independent crops than on matching ones, fed as it was trained.

    Args:
        objective: from `objectives`, with the crops `independent` and `paired`.
        order: by network, from `brightness_table`.

    Returns:
        A row a network: `weights`; `gap`, the mean over batches of the difference in fidelity loss; its
        `standard error`; and the number of `batches`.
    """
    if objective.empty:
        return pd.DataFrame(columns=["weights", "gap", "standard error", "batches"])
    at_home = objective[objective["feed"] == objective["weights"].map(order)]
    wide = at_home.pivot(index=["weights", "step"], columns="crops", values="fidelity_total")
    gap = (wide["independent"] - wide["paired"]).groupby("weights", sort=False)
    return pd.DataFrame({"gap": gap.mean(), "standard error": gap.sem(), "batches": gap.size()}).reset_index()
