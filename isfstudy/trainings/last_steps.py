"""How much of a score the last steps of training leave in batch norm's running statistics, no weight moved.

Running statistics with a momentum of 0.1 that five passes a step update rest on about two steps. Other steps are drawn
from training pairs, and what they would have left is scored beside what the checkpoint holds.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from isfcore.inference import prepare
from isfcore.losses import DROPPED
from isfcore.machine.devices import choose_precision
from isfcore.machine.lower_precision import lower_precision
from isfcore.metrics import METRICS
from isfcore.network import FusionNetwork, exchange
from isfcore.training.passes import Seen, recording, run_passes, update_running
from isfcore.training.recipe import Recipe
from isfcore.training.validation import Validate
from isfstudy.trainings.behaviour import GATES
from isfstudy.trainings.released_weights import FEEDS, PASSES
from isfstudy.trainings.samples import unseen_views

DRAWN = ["crops", "fourth", "feed", "statistics", *METRICS, *GATES]  # columns of `redrawn_scores`
DROPS = {"infrared_only": "visible", "visible_only": "infrared"}  # which image is black in a pass, by its name
SETTLED = {"settled, all passes": PASSES, "settled, clean pass alone": ("clean",)}
Step = dict[str, list[Seen]]  # by name of a batch norm, what it saw in each pass of one step


def last_steps(
    network: FusionNetwork, recipe: Recipe, images: Sequence[Tensor], *, steps: int, batch: int, side: int
) -> list[Step]:
    """What batch norm sees in steps of training in which no weight moves.

    A batch is normalised by its own statistics in training, so that no step depends on those before it.

    Args:
        images: from `isfcore.training.crops.read_pairs`, on the device to work on.
        batch, side: samples a step, and side of a crop in pixels.
    """
    place = images[0].device
    network = copy.deepcopy(network).to(place, memory_format=torch.channels_last)
    names = {module: name for name, module in network.named_modules()}
    dtype = choose_precision("auto", place)
    found = []
    for step in range(steps):
        views = unseen_views(images, recipe, step=step, batch=batch, side=side)
        with torch.no_grad(), lower_precision(place, dtype), recording(network) as statistics:
            run_passes(network, views, statistics)
        found.append({names[norm]: [_on_processor(seen) for seen in calls] for norm, calls in statistics.items()})
    return found


def _on_processor(seen: Seen) -> Seen:
    return seen._replace(mean=seen.mean.cpu(), variance=seen.variance.cpu())


def after(network: FusionNetwork, steps: Iterable[Step], *, batch: int) -> FusionNetwork:
    """A copy of a network with the running statistics that momentum would have made of these last steps.

    Each step of five passes leaves 0.9^5 = 59 % of what was there: of the file's own statistics 0.2 % after twelve.

    Args:
        network: on the processor.
        steps: from `last_steps`.
        batch: samples of each.
    """
    changed = copy.deepcopy(network)
    norms = dict(changed.named_modules())
    for step in steps:
        update_running({norms[name]: calls for name, calls in step.items()}, batch)
    return changed


def redrawn_statistics(
    network: FusionNetwork, steps: Sequence[Step], *, draws: int, batch: int, seed: int = 0
) -> Iterator[FusionNetwork]:
    """The same weights with the running statistics that other last steps of training would have left.

    A draw puts the steps in random order. Draws share their steps, see `likeness`.

    Args:
        network, steps, batch: as for `after`.
        draws: how many networks are wanted.
    """
    order = np.random.default_rng(seed)
    for _ in range(draws):
        yield after(network, [steps[place] for place in order.permutation(len(steps))], batch=batch)


def settled(network: FusionNetwork, steps: Sequence[Step], passes: Sequence[str]) -> FusionNetwork:
    """A copy of a network with running statistics that are the plain mean of what batch norm saw in these passes."""
    changed = copy.deepcopy(network)
    norms: dict[str, Any] = dict(changed.named_modules())
    for name in steps[0]:
        calls = [step[name][PASSES.index(one)] for step in steps for one in passes]
        norms[name].running_mean.copy_(torch.stack([seen.mean for seen in calls]).mean(dim=0))
        norms[name].running_var.copy_(torch.stack([seen.variance for seen in calls]).mean(dim=0))
    return changed


def likeness(steps: int, *, passes: int = len(PASSES), momentum: float = 0.1) -> float:
    """Correlation between two draws of `redrawn_statistics`, which share their steps.

    A draw is a mean of what its steps hold with weights w_k that add up to one and fall, from the last step back, by
    (1 - momentum)^passes. Its variance is that of a step times the sum of w_k^2. Each step of one draw has the chance
    1 / steps to be any one of the other, which makes their covariance that of a step over the number of steps.
    """
    weights = (1 - momentum) ** (passes * np.arange(steps))
    weights /= weights.sum()
    return float(1 / steps / (weights**2).sum())


def redrawn_scores(
    network: FusionNetwork,
    recipes: dict[str, Recipe],
    images: Sequence[Tensor],
    validate: Validate,
    *,
    trained: str,
    draws: int,
    steps: int,
    batch: int,
    side: int,
) -> pd.DataFrame:
    """Scores of the same weights with the file's batch-norm statistics and with those of other last steps.

    The last steps are drawn as the network was trained: where that was exchanged the *images* change places, and not
    the network's encoders. The released script drops its "visible" image in the fourth pass of a step and its
    "infrared" one in the fifth, which running statistics remember best; with the images exchanged the fourth drops the
    real infrared image. What the other order would have left of the same steps is drawn too. Last come the plain means
    over these steps, of all passes and of the clean one alone: what masked and black images do to the statistics.

    Args:
        network: on the processor.
        recipes: by name of their crops; with those of the first one the other order is drawn too, and the draws are
            scored fed both ways, as in Table 1 and as in training.
        images: as for `last_steps`.
        validate: from `isfcore.training.validation.validator`.
        trained: which way the network was trained, one of `FEEDS`.
        draws, steps: how many ends of training, made of how many steps.
        batch, side: crops a step, and their side in pixels.

    Returns:
        A row a draw and feed: `crops`; `fourth`, the real modality that is dropped in the fourth pass; `feed`, when it
        is scored; `statistics`, `in the file` for the first row of each feed, `redrawn`, and those of `SETTLED`; the
        metrics; and the mean of each gate.
    """
    rows = []
    exchanged = trained == FEEDS[1]

    def score(scored: FusionNetwork, feed: str, **about: str) -> None:
        fed = exchange(scored) if feed == FEEDS[1] else scored
        rows.append(about | {"feed": feed} | validate(prepare(fed, images[0].device))[0])

    for feed in FEEDS:
        score(network, feed, statistics="in the file")
    in_encoders = [image.flip(0) for image in images] if exchanged else images
    size = {"steps": steps, "batch": batch, "side": side}
    seen = {crops: last_steps(network, recipe, in_encoders, **size) for crops, recipe in recipes.items()}
    first, *others = recipes
    arms = [(first, DROPPED, FEEDS), (first, DROPPED[::-1], (trained,))]
    arms += [(crops, DROPPED, (trained,)) for crops in others]
    for crops, order, feeds in arms:
        fourth = DROPS[order[1 if exchanged else 0]]  # exchanged, the fourth drops what the fifth drops by its name
        last = [_in_order(step, order) for step in seen[crops]]
        for drawn in redrawn_statistics(network, last, draws=draws, batch=batch):
            for feed in feeds:
                score(drawn, feed, crops=crops, fourth=fourth, statistics="redrawn")
    for statistics, passes in SETTLED.items():
        for feed in FEEDS:
            score(settled(network, seen[first], passes), feed, crops=first, statistics=statistics)
    return pd.DataFrame(rows, columns=DRAWN)


def _in_order(step: Step, dropped: Sequence[str]) -> Step:
    """What a step saw, with the passes that drop a modality in another order."""
    places = [PASSES.index(name) for name in (*PASSES[: -len(DROPPED)], *dropped)]
    return {norm: [calls[place] for place in places] for norm, calls in step.items()}
