"""What trained weights tell of their training: which modality each encoder saw, which crops, and how their batch-norm
statistics came about."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.losses import DROPPED, MASKED
from isfcore.machine.devices import choose_precision
from isfcore.machine.seeds import generator
from isfcore.network import Encoder, FusionNetwork, exchange
from isfcore.training.crops import draw_batch
from isfcore.training.passes import recording, run_passes, settle_statistics, update_running
from isfcore.training.recipe import Recipe
from isfcore.training.step import Objective, draw_views

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


def _views(images: Sequence[Tensor], recipe: Recipe, *, step: int, batch: int, side: int, seed: int = 1000) -> dict:
    """Views of a batch that no run of this study was trained on: another seed."""
    crops = draw_batch(images, step=step, batch=batch, side=side, crop=recipe.crop, seed=seed)
    return draw_views(*crops, recipe, generator(seed, 2, step, device=crops[0].device))


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
            views = _views(images, recipe, step=step, batch=batch, side=side)
            with torch.no_grad(), recording(fed) as statistics:
                terms = objective(views, statistics)
            rows.append({"feed": feed, "step": step} | {name: value.item() for name, value in terms.items()})
    return pd.DataFrame(rows)


def redrawn_statistics(
    network: FusionNetwork,
    recipe: Recipe,
    images: Sequence[Tensor],
    *,
    steps: int,
    batch: int,
    side: int,
    forgotten: int = 4,
) -> Iterator[FusionNetwork]:
    """The same weights with the running statistics that other last steps of training would have left.

    No weight moves: batches pass as in training, and after each one the network is given with the statistics that
    momentum has made of them.

    Args:
        steps: how many networks are wanted.
        images: as for `brightness_of`, on the device to work on.
        batch, side: samples a step, and side of a crop.
        forgotten: steps before the first one that is given, after which the file's own statistics count for nothing:
            four steps of five passes leave 0.9^20 = 12 % of them.
    """
    place = images[0].device
    redrawn = copy.deepcopy(network).to(place, memory_format=torch.channels_last)
    dtype = choose_precision("auto", place)
    for step in range(forgotten + steps):
        views = _views(images, recipe, step=step, batch=batch, side=side)
        enabled = dtype != torch.float32
        with torch.no_grad(), torch.autocast(place.type, dtype, enabled=enabled), recording(redrawn) as statistics:
            run_passes(redrawn, views, statistics)
        update_running(statistics, batch)
        if step >= forgotten:
            yield redrawn


def with_statistics(
    network: FusionNetwork,
    recipe: Recipe,
    images: list[Tensor],
    *,
    side: int,
    passes: tuple[str, ...] | None,
    batches: int,
    batch: int = 4,
) -> FusionNetwork:
    """A copy of a network whose batch-norm statistics are settled over some passes of further batches.

    Args:
        images: from `isfcore.training.crops.read_pairs`; each batch takes matching or independent crops as the recipe
            says.
        side: of a crop in pixels.
        passes: the passes to take them from; None for all that the recipe has.
        batches, batch: how many, of how many samples; without any, statistics stay as they are.
    """
    changed = copy.deepcopy(network)

    def draw(step: int) -> dict:
        views = _views(images, recipe, step=step, batch=batch, side=side, seed=1)
        return {name: view for name, view in views.items() if passes is None or name in passes}

    settle_statistics(changed, map(draw, range(batches)))
    return changed
