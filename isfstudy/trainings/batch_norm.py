"""What batch norm sees in training, and what the same weights do with running statistics of another origin."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.network import FusionNetwork
from isfcore.training.passes import recording, run_passes, settle_statistics
from isfcore.training.recipe import Recipe
from isfcore.training.validation import Validate
from isfstudy.trainings.one_core import one_core_if_small
from isfstudy.trainings.samples import Views, unseen_views

BATCH = 4  # crops
# Where statistics come from, in `other_statistics`: passes, None for all of a recipe, and how many batches of `BATCH`.
SOURCES = {
    "in the weights": (None, 0),
    "2 batches": (None, 2),
    "16 batches": (None, 16),
    "16, clean": (("clean",), 16),
}


def seen_by_batch_norm(network: FusionNetwork, views: Views) -> pd.DataFrame:
    """How far what batch norm sees in each pass lies from the running statistics that it uses afterwards.

    Args:
        network: with running statistics.
        views: of a batch, from `isfstudy.trainings.samples`.

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


def with_statistics(
    network: FusionNetwork,
    recipe: Recipe,
    images: Sequence[Tensor],
    *,
    side: int,
    passes: tuple[str, ...] | None,
    batches: int,
    batch: int,
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

    def draw(step: int) -> Views:
        views = unseen_views(images, recipe, step=step, batch=batch, side=side, seed=1)
        return {name: view for name, view in views.items() if passes is None or name in passes}

    settle_statistics(changed, map(draw, range(batches)))
    return changed


def other_statistics(
    network: FusionNetwork,
    recipe: Recipe,
    images: Sequence[Tensor],
    *,
    side: int,
    validate: Validate,
    place: torch.device,
) -> pd.DataFrame:
    """How the same weights score with statistics from each of `SOURCES`.

    Args:
        images, side: as for `with_statistics`.
        validate: from `isfcore.training.validation.validator`.
        place: the device to score on.

    Returns:
        A row a source: `statistics`, what it is called, and `METRICS`.
    """
    rows = []
    for source, (passes, batches) in SOURCES.items():
        with one_core_if_small(BATCH, side):
            other = with_statistics(network, recipe, images, side=side, passes=passes, batches=batches, batch=BATCH)
        figures, _ = validate(prepare(other, place))
        rows.append({"statistics": source} | figures)
    return pd.DataFrame(rows)[["statistics", *METRICS]]
