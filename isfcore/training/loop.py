"""Training a fusion network by a recipe: one step, and a run of many that survives being killed.

A run is a folder: `run.json` says what is trained on what, `log.csv` has a row a step, `validation.csv` one each time
the network was tried on other pairs, `gates/` what its invariance gates looked like then, `checkpoint.pt` all that is
needed to go on, and `weights.safetensors` appears when the run is complete. Whatever is drawn at random follows from
the seed and the step's number (`isfcore.training.crops`), so a checkpoint needs no more than weights, statistics, the
optimiser's state and that number; a run that goes on from it gives the same bits, on a processor, as one that was not
stopped.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from isfcore.inference import prepare
from isfcore.machine import processes
from isfcore.machine.code import code_digest
from isfcore.machine.devices import choose_device, computing_type
from isfcore.machine.files import file_sha256
from isfcore.machine.lower_precision import lower_precision
from isfcore.machine.provenance import commit, machine
from isfcore.machine.seeds import generator
from isfcore.network import FusionNetwork
from isfcore.training.crops import draw_batch, steps_per_epoch
from isfcore.training.options import Schedule
from isfcore.training.passes import settle_statistics
from isfcore.training.recipe import Recipe
from isfcore.training.replay import replayed
from isfcore.training.run_folder import (
    LOG,
    VALIDATION,
    WEIGHTS,
    append_row,
    drop_rows_after,
    load_checkpoint,
    open_run,
    save_checkpoint,
    save_gates,
)
from isfcore.training.step import (
    Gradients,
    Objective,
    Views,
    draw_views,
    gradients,
    new_network,
    new_optimiser,
    train_step,
)
from isfcore.training.validation import Validate
from isfcore.weights import describe_weights, find_weights, load_weights, save_weights

SETTLING = 64  # batches
CODE = ("isfcore.training.step", "isfcore.training.crops")  # what decides what a step computes: a run goes on with it
NOTED = ("start_from", "device", "precision", "watched")  # of a run's description, in its weights


def describe(
    recipe: Recipe,
    schedule: Schedule,
    *,
    data: str,
    watched: str,
    start_from: str,
    device: torch.device,
    precision: str,
) -> dict:
    """What a run's results follow from, as `isfcore.training.run_folder.open_run` takes it; not how long it is, for it
    can go on.

    Args:
        data: what it is trained on, such as `200 of 1083 pairs of MSRS train, pixels 3f2a...`.
        watched: what it is validated on, likewise.
        start_from: the weights it starts from, if not those of the seed.
        device: which draws the masks.
        precision: as `isfcore.machine.devices.computing_type` takes it.
    """
    lasting = {name: value for name, value in asdict(schedule).items() if name != "steps"}
    start = f"{start_from} {file_sha256(find_weights(start_from))[:16]}" if start_from else "the seed"
    return {
        "recipe": asdict(recipe),
        "schedule": lasting,
        "data": data,
        "watched": watched,
        "start_from": start,
        "device": device.type,
        "precision": precision,
        "code": code_digest(CODE, files="none"),
    }


def train(
    recipe: Recipe,
    schedule: Schedule,
    images: Sequence[Tensor],
    folder: Path,
    *,
    description: dict,
    start_from: str,
    validate: Validate | None,
    validate_at: Collection[int],
    checkpoint_every: int,
    statistics: str,
    settling: int = SETTLING,
) -> Path:
    """Train a network, or go on with a run that was stopped or is to be longer; shows a progress bar with losses.

    Each of several processes (`isfcore.machine.processes`) calls this with the same arguments; the first one writes.

    Args:
        images: from `isfcore.training.crops.read_pairs`.
        folder: of the run.
        description: from `describe`; device and precision are taken from it.
        start_from: weights to go on from, as `isfcore.weights.load_weights` takes them; empty for those of the seed.
        validate: from `isfcore.training.validation.validator`, or None.
        validate_at: after which steps it is called, 0 being before the first; it is called after the last one too.
        checkpoint_every: steps between two checkpoints.
        statistics: see `isfcore.training.options.Options`.
        settling: batches that `settled` statistics rest on.

    Returns:
        The file of weights.

    Raises:
        ValueError: when the folder holds another or a longer run, the batch does not fit the pairs or the processes, or
            the weights to start from are of another reading.
        FloatingPointError: when a loss is not finite, naming the step and the checkpoint that is left.
        OSError: when a checkpoint cannot be written.
    """
    place = choose_device(description["device"])
    precision = computing_type(description["precision"], place)
    steps_per_epoch(len(images), schedule.batch)
    processes.share(schedule.batch)
    network = _first_network(recipe, schedule.seed, start_from).to(place)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # which its types lack
    optimiser = new_optimiser(network, schedule.learning_rate)
    if processes.is_first():
        open_run(folder, description)
    first = resume(folder, schedule.steps, network, optimiser)
    weights = folder / WEIGHTS
    trained = asdict(schedule) | {"statistics": statistics} | {name: description[name] for name in NOTED}
    if processes.from_first(lambda: first == schedule.steps and _are_of(weights, trained)):
        return weights
    if processes.is_first():
        weights.unlink(missing_ok=True)  # those of an earlier end
        drop_rows_after(folder / LOG, first)
        drop_rows_after(folder / VALIDATION, first - 1)  # what was measured at the checkpoint is measured again
    objective = Objective(network, recipe, precision)
    together = DistributedDataParallel(objective) if processes.count() > 1 else objective
    network.train()

    def draw(step: int) -> Views:
        size = {"batch": schedule.batch, "side": schedule.side}
        crops = draw_batch(images, step=step, **size, crop=recipe.crop, seed=schedule.seed)
        infrared, visible = (part.to(place) for part in crops)
        return draw_views(infrared, visible, recipe, generator(schedule.seed, 2, step, device=place))

    def finished(step: int) -> FusionNetwork:
        if statistics == "running":
            return network
        settled = copy.deepcopy(network)
        with lower_precision(place, precision):
            settle_statistics(settled, (draw(step + later) for later in range(settling)))
        return settled

    compute: Gradients = gradients
    if place.type == "cuda" and processes.count() == 1 and first < schedule.steps:
        compute = replayed(objective, draw(first))
    bar = tqdm(
        range(first, schedule.steps),
        desc=recipe.name,
        initial=first,
        total=schedule.steps,
        unit="step",
        disable=not processes.is_first(),
    )
    for step in bar:
        if validate and step in validate_at:
            _validate(folder, step, finished(step), validate)
        began = time.perf_counter()
        try:
            losses = train_step(together, network, optimiser, draw(step), gradients=compute)
        except FloatingPointError as error:
            raise FloatingPointError(
                f"step {step + 1} of {folder}: {error}. {_last_checkpoint(folder)} Lower the learning rate, or train "
                "in float32"
            ) from error
        if processes.is_first():
            append_row(folder / LOG, {"step": step + 1} | losses | {"seconds": time.perf_counter() - began})
        bar.set_postfix(loss=f"{losses['total']:.4f}", fidelity=f"{losses['fidelity_total']:.4f}", refresh=False)
        if (step + 1) % checkpoint_every == 0 or step + 1 == schedule.steps:
            checkpoint(folder, step + 1, network, optimiser)
    network = finished(schedule.steps)
    if processes.is_first():
        figures = _validate(folder, schedule.steps, network, validate)
        save_weights(
            weights,
            network,
            recipe=recipe.name,
            schedule=trained,
            data=description["data"],
            commit=commit(),
            metrics=figures,
            machine=machine(),
        )
    return weights


def _first_network(recipe: Recipe, seed: int, start_from: str) -> FusionNetwork:
    if not start_from:
        return new_network(recipe, seed)
    network, _ = load_weights(start_from)
    wanted = {choice: getattr(recipe, choice) for choice in network.reading}
    if network.reading != wanted:
        raise ValueError(f"weights {start_from!r} are of {network.reading}, recipe {recipe.name} is of {wanted}")
    return network


def resume(folder: Path, steps: int, network: FusionNetwork, optimiser: torch.optim.Optimizer) -> int:
    """Load the last checkpoint, where there is one: the steps it has seen."""
    state = processes.from_first(lambda: load_checkpoint(folder))
    if not state:
        done = 0
    elif (done := state["step"]) > steps:
        raise ValueError(f"{folder} has been trained for {done} steps already: ask for more, or for another folder")
    else:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
    return done


def _are_of(weights: Path, trained: dict) -> bool:
    """Whether weights are there and are those of this end of the run."""
    return weights.is_file() and describe_weights(weights)["schedule"] == trained


def checkpoint(folder: Path, step: int, network: FusionNetwork, optimiser: torch.optim.Optimizer) -> None:
    """Keep what `resume` goes on from; of several processes the first does."""
    if processes.is_first():
        state = {"step": step, "network": network.state_dict(), "optimiser": optimiser.state_dict()}
        save_checkpoint(folder, state)


def _last_checkpoint(folder: Path) -> str:
    state = load_checkpoint(folder)
    return f"The checkpoint of step {state['step']} is kept." if state else "There is no checkpoint yet."


def _validate(folder: Path, step: int, network: FusionNetwork, validate: Validate | None) -> dict[str, float]:
    if validate is None or not processes.is_first():
        return {}
    figures, gates = validate(prepare(network, network.output.weight.device))
    append_row(folder / VALIDATION, {"step": step} | figures)
    save_gates(folder, step, gates)
    return figures
