"""Training runs as the command line and the notebooks start them: which pairs, how long, in how many processes."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch

from isfcore.datasets.local import pairs
from isfcore.datasets.manifest import digest, named
from isfcore.machine.devices import choose_device, choose_precision
from isfcore.machine.processes import is_first, join, launched, leave
from isfcore.pairs import Pair, pair_folders
from isfcore.training.crops import read_pairs, steps_per_epoch
from isfcore.training.loop import Schedule, at_least, describe, train
from isfcore.training.recipe import Recipe, load_recipe
from isfcore.training.run_folder import folder_name
from isfcore.training.validation import validator


def training_pairs(
    dataset: str, *, root: str | Path = "", infrared: Path | None = None, visible: Path | None = None
) -> tuple[list[Pair], str]:
    """The pairs to train on, and what to call them: a set's training pairs, or two folders of images.

    Raises:
        FileNotFoundError: where the set is not here, with the cure.
        ValueError: for one folder without the other, or folders without a pair.
    """
    if bool(infrared) != bool(visible):
        raise ValueError("give both an infrared and a visible folder, or neither")
    if infrared and visible:
        found, alone = pair_folders(infrared, visible)
        if not found:
            raise ValueError(f"{infrared} and {visible} hold no images of the same names")
        if alone:
            warnings.warn(f"{len(alone)} images have no partner and are left out, such as {alone[0]}", stacklevel=2)
        return found, f"{len(found)} pairs of {infrared.name} and {visible.name}, pixels {digest(found)}"
    found = pairs(dataset, "train", root)
    return found, named(found, dataset, "train")


class Plan(NamedTuple):
    """A run that can begin: what it trains on, how long, what it is watched on, and a description of all that."""

    recipe: Recipe
    schedule: Schedule
    pairs: list[Pair]
    watched: list[Pair]
    description: dict


def plan(
    recipe: str,
    *,
    dataset: str = "MSRS",
    root: str | Path = "",
    infrared: Path | None = None,
    visible: Path | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch: int = 16,
    crop: int = 256,
    seed: int = 0,
    learning_rate: float = 1e-4,
    start_from: str = "",
    validation: str = "RoadScene",
    validation_pairs: int = 20,
    device: str = "auto",
    precision: str = "auto",
) -> Plan:
    """What `isf train` would do with these options.

    Raises:
        ValueError: for options that contradict each other or the data.
        FileNotFoundError: where a set, a recipe or weights are not here, with the cure.
    """
    if (steps is None) == (epochs is None):
        raise ValueError("say how long to train: either steps or epochs")
    at_least(1, batch=batch)
    known = load_recipe(recipe)
    found, data = training_pairs(dataset, root=root, infrared=infrared, visible=visible)
    each_epoch = steps_per_epoch(len(found), batch)
    steps = steps if steps is not None else epochs * each_epoch
    schedule = Schedule(steps=steps, batch=batch, side=crop, seed=seed, learning_rate=learning_rate)
    watched = pairs(validation, "test", root)[:validation_pairs] if validation_pairs else []
    place = choose_device(device)
    description = describe(
        known,
        schedule,
        data=data,
        watched=named(watched, validation, "test"),
        start_from=start_from,
        device=place,
        precision=choose_precision(precision, place),
    )
    return Plan(known, schedule, found, watched, description)


def train_recipe(
    recipe: str,
    folder: Path | None = None,
    *,
    processes: int = 1,
    validate_every: int = 500,
    checkpoint_every: int = 100,
    statistics: str = "running",
    **options: Any,
) -> Path:
    """Train a recipe in this process, or in several of this machine.

    Args:
        folder: of the run; by default `runs/<name>`, where the name follows from everything that the result does.
        processes: of this machine, one a GPU; 1 in a process that `torchrun` started.
        validate_every, checkpoint_every, statistics: see `isfcore.training.loop.train`.
        options: of `plan`.

    Returns:
        The folder of the run.

    Raises:
        ValueError, FileNotFoundError: as `plan` does, before any long work.
        FloatingPointError, OSError: see `isfcore.training.loop.train`.
        ChildProcessError: when one of several processes fails; it has said why.
    """
    at_least(1, processes=processes, validate_every=validate_every, checkpoint_every=checkpoint_every)
    planned = plan(recipe, **options)
    if processes > 1 and launched():
        raise ValueError("torchrun has started the processes already: leave --processes away")
    if planned.schedule.batch % processes:
        raise ValueError(f"a batch of {planned.schedule.batch} cannot be shared evenly by {processes} processes")
    folder = folder or Path("runs") / folder_name(planned.description)
    every = {"validate_every": validate_every, "checkpoint_every": checkpoint_every, "statistics": statistics}
    if processes > 1:
        _launch(recipe, folder, processes, every | options)
        return folder
    join(torch.device(planned.description["device"]))
    try:
        train(
            planned.recipe,
            planned.schedule,
            read_pairs(planned.pairs, side=planned.schedule.side, progress="reading pairs" if is_first() else ""),
            folder,
            description=planned.description,
            start_from=options.get("start_from", ""),
            validate=validator(planned.watched) if planned.watched else None,
            **every,
        )
    finally:
        leave()
    return folder


def _launch(recipe: str, folder: Path, processes: int, options: dict[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value not in (None, "")]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [*launcher, "-m", "isfcore", "train", recipe, str(folder.absolute()), *given]
    if subprocess.run(command).returncode:
        raise ChildProcessError(f"training {recipe} in {processes} processes failed; what they said stands above")
