"""Training runs as the command line and the notebooks start them: which pairs, how long, in how many processes."""

from __future__ import annotations

import subprocess
import sys
import warnings
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch

from isfcore.datasets.fingerprints import digest, named
from isfcore.datasets.local import pairs
from isfcore.machine.devices import choose_device, choose_precision
from isfcore.machine.processes import is_first, join, launched, leave
from isfcore.names import together
from isfcore.pairs import Pair, one_and_the_same
from isfcore.training.crops import read_pairs, steps_per_epoch
from isfcore.training.loop import describe, train
from isfcore.training.options import Options, Schedule, WrongOption, flag
from isfcore.training.recipe import Recipe, load_recipe
from isfcore.training.run_folder import folder_name, must_not_be_another, run_lock
from isfcore.training.validation import validator


class PlannedRun(NamedTuple):
    """A run that can begin: what it trains on, how long, what it is watched on, and a description of all that."""

    recipe: Recipe
    schedule: Schedule
    pairs: list[Pair]
    watched: list[Pair]
    description: dict


def train_recipe(recipe: str, folder: str | Path | None = None, **options: Any) -> Path:
    """Train a recipe in this process, or in several of this machine.

    Args:
        recipe: what `isfcore.training.recipe.load_recipe` takes.
        folder: of the run; by default `runs/<name>`, where the name follows from everything that the result does.
        options: fields of `isfcore.training.options.Options`, which names and explains them.

    Returns:
        The folder of the run.

    Raises:
        ValueError, FileNotFoundError: as `Options` and `plan` do, before any long work.
        ValueError: when another process is at work in the folder.
        FloatingPointError, OSError: see `isfcore.training.loop.train`.
        ChildProcessError: when one of several processes fails; it has said why.
    """
    asked = Options(**options)
    folder = Path(folder) if folder else None
    for place in filter(None, (asked.infrared, asked.visible)):
        if folder and one_and_the_same(folder, Path(place)):
            raise WrongOption(f"{folder} holds the images to train on: choose another folder for the run")
    planned = plan(recipe, asked)
    folder = folder or Path("runs") / folder_name(planned.description)
    if asked.processes > 1:
        _launch(recipe, folder, asked)
        return folder
    join(torch.device(planned.description["device"]))
    try:
        if is_first():
            must_not_be_another(folder, planned.description)  # before pairs are read
        images = read_pairs(planned.pairs, side=planned.schedule.side, progress="reading pairs" if is_first() else "")
        with run_lock(folder) if is_first() else nullcontext():
            train(
                planned.recipe,
                planned.schedule,
                images,
                folder,
                description=planned.description,
                start_from=asked.start_from,
                validate=validator(planned.watched) if planned.watched else None,
                validate_at=range(0, planned.schedule.steps, asked.validate_every),
                checkpoint_every=asked.checkpoint_every,
                statistics=asked.statistics,
            )
    finally:
        leave()
    return folder


def plan(recipe: str, asked: Options) -> PlannedRun:
    """What a training would do.

    Raises:
        ValueError: for options that contradict each other or the data.
        FileNotFoundError: where a set, a recipe or weights are not here, with the cure.
    """
    if asked.processes > 1 and launched():
        raise ValueError("torchrun has started the processes already: leave --processes away")
    known = load_recipe(recipe)
    found, data = _training_pairs(asked)
    each_epoch = steps_per_epoch(len(found), asked.batch)
    steps = asked.steps or (asked.epochs or 0) * each_epoch  # `Options` has one of them, and not 0
    schedule = Schedule(steps, asked.batch, asked.side, asked.seed, asked.learning_rate)
    if known.hole_size > schedule.side:
        said = (
            f"recipe {known.name} hides squares of {known.hole_size} pixels, and crops are {schedule.side} pixels wide"
        )
        raise ValueError(f"{said}: ask for larger crops, or for a smaller hole_size in the recipe")
    watched = _watched(asked)
    place = choose_device(asked.device)
    description = describe(
        known,
        schedule,
        data=data,
        watched=named(watched, asked.validation, "test"),
        start_from=asked.start_from,
        device=place,
        precision=str(choose_precision(asked.precision, place)).removeprefix("torch."),
    )
    return PlannedRun(known, schedule, found, watched, description)


def _watched(asked: Options) -> list[Pair]:
    if not asked.validation_pairs:
        return []
    try:
        return pairs(asked.validation, "test", asked.root)[: asked.validation_pairs]
    except FileNotFoundError as error:
        cure = f"or train without watching it: {flag('validation_pairs')} 0"
        raise FileNotFoundError(f"{str(error).removesuffix('.')}; {cure}") from error


def _training_pairs(asked: Options) -> tuple[list[Pair], str]:
    """The pairs to train on, and what to call them: a set's training pairs, or two folders of images."""
    if not asked.infrared or not asked.visible:
        found = pairs(asked.dataset, "train", asked.root)
        return found, named(found, asked.dataset, "train")
    infrared, visible = Path(asked.infrared), Path(asked.visible)
    if one_and_the_same(infrared, visible):
        raise WrongOption(
            f"{{infrared}} and {{visible}} are one and the same folder, {infrared}: give one of each kind"
        )
    matched = together({"infrared": infrared, "visible": visible}, has_options=False)
    if matched.twice:
        raise ValueError("; ".join(matched.twice.values()))
    found = [Pair(name, *files) for name, files in matched.found.items()]
    alone = [path for there in matched.alone.values() for path in there.values()]
    if alone:
        warnings.warn(f"{len(alone)} images have no partner and are left out, such as {alone[0]}", stacklevel=2)
    named_after = f"{infrared.name} and {visible.name}"
    return found, f"{len(found)} pairs of {named_after}, pixels {digest(found)}"


def _launch(recipe: str, folder: Path, asked: Options) -> None:
    values = asdict(asked) | {"processes": 1}
    given = [f"{flag(name)}={value}" for name, value in values.items() if value not in (None, "")]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={asked.processes}"]
    command = [*launcher, "-m", "isfcore", "train", recipe, str(folder.absolute()), *given]
    if subprocess.run(command).returncode:
        raise ChildProcessError(f"training {recipe} in {asked.processes} processes failed; what they said stands above")
