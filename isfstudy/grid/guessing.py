"""Training a network to tell the infrared image from the visible one alone: a task in which a shortcut pays.

Equation 10 hides nothing, and between its two sources it is flat, so that nothing is gained by a guess. Here the
visible image stands in both places, and the infrared image is what is asked for. Whatever in the visible image goes
along with heat helps, and interventions act as they do in fusion: complementary masks leave every place to one of the
two, random masks take it from both, and one may be dropped. It is no method of fusion; it shows what a shortcut looks
like.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from isfcore.inference import prepare
from isfcore.machine.devices import choose_device, computing_type
from isfcore.machine.lower_precision import lower_precision
from isfcore.machine.provenance import commit, machine
from isfcore.machine.seeds import generator
from isfcore.network import FusionNetwork
from isfcore.training.crops import draw_batch
from isfcore.training.loop import checkpoint, resume
from isfcore.training.options import Schedule
from isfcore.training.passes import Statistics, run_passes, settle_statistics
from isfcore.training.recipe import Recipe
from isfcore.training.run_folder import (
    LOG,
    VALIDATION,
    WEIGHTS,
    append_row,
    drop_rows_after,
    open_run,
)
from isfcore.training.step import Views, draw_views, new_network, new_optimiser, train_step, weighted
from isfcore.training.validation import Validate
from isfcore.weights import save_weights


def train_to_guess(
    recipe: Recipe,
    schedule: Schedule,
    images: Sequence[Tensor],
    folder: Path,
    *,
    description: dict,
    validate: Validate,
    validate_at: Collection[int],
    checkpoint_every: int,
    settling: int,
) -> Path:
    """Train a network to guess infrared, or go on with a run that was stopped; arguments as of `isfcore.training.loop`.

    All of the recipe counts but what belongs to the fidelity loss, in whose place the mean absolute difference from the
    infrared image stands.

    Returns:
        The file of weights, with batch-norm statistics settled over `settling` batches.

    Raises:
        FloatingPointError, OSError: as there.
    """
    place = choose_device(description["device"])
    precision = computing_type(description["precision"], place)
    network = new_network(recipe, schedule.seed).to(place)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # which its types lack
    optimiser = new_optimiser(network, schedule.learning_rate)
    open_run(folder, description)
    first = resume(folder, schedule.steps, network, optimiser)
    drop_rows_after(folder / LOG, first)
    drop_rows_after(folder / VALIDATION, first - 1)  # what was measured at the checkpoint is measured again
    lower = partial(lower_precision, place, precision)

    def draw(step: int) -> tuple[Views, Tensor]:
        size = {"batch": schedule.batch, "side": schedule.side}
        crops = draw_batch(images, step=step, **size, crop=recipe.crop, seed=schedule.seed)
        infrared, visible = (part.to(place) for part in crops)
        return draw_views(visible, visible, recipe, generator(schedule.seed, 2, step, device=place)), infrared

    def look(step: int) -> tuple[FusionNetwork, dict[str, float]]:
        settled = copy.deepcopy(network)
        with lower():
            settle_statistics(settled, (draw(step + later)[0] for later in range(settling)))
        prepared = prepare(settled, place)
        prepared.register_forward_pre_hook(_visible_twice)
        figures, _ = validate(prepared)
        append_row(folder / VALIDATION, {"step": step} | figures)
        return settled, figures

    network.train()
    for step in tqdm(range(first, schedule.steps), desc=recipe.name, initial=first, total=schedule.steps, unit="step"):
        if step in validate_at:
            look(step)
        began = time.perf_counter()
        views, infrared = draw(step)

        def losses(views: Views, statistics: Statistics, infrared: Tensor = infrared) -> dict[str, Tensor]:
            with lower():
                passes = run_passes(network, views, statistics)
            return _losses(passes, infrared, recipe)

        terms = train_step(losses, network, optimiser, views)
        append_row(folder / LOG, {"step": step + 1} | terms | {"seconds": time.perf_counter() - began})
        if (step + 1) % checkpoint_every == 0 or step + 1 == schedule.steps:
            checkpoint(folder, step + 1, network, optimiser)
    settled, figures = look(schedule.steps)
    made = {"recipe": recipe.name, "schedule": vars(schedule) | {"statistics": "settled"}, "metrics": figures}
    save_weights(folder / WEIGHTS, settled, **made, data=description["data"], commit=commit(), machine=machine())
    return folder / WEIGHTS


def _visible_twice(network: FusionNetwork, images: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return images[1], images[1]


def _losses(passes: dict, infrared: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """The mean absolute difference from the infrared image, and what the recipe asks for beside it; `total`."""
    guess = functional.l1_loss(passes["clean"].luma, infrared)
    total, log = weighted(guess, passes, recipe, lambda luma: functional.l1_loss(luma, infrared))
    return {"guess": guess} | log | {"total": total}
