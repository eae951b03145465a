"""Training runs as the command line and the notebooks start them: which pairs, how long, in how many processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from isfcore.crops import read_pairs, steps_per_epoch
from isfcore.data import Pair, pair_folders, pairs
from isfcore.manifest import counted, digest
from isfcore.provenance import repository
from isfcore.recipes import load_recipe
from isfcore.training import Schedule, train
from isfcore.validation import validator


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
        found, _ = pair_folders(infrared, visible)
        if not found:
            raise ValueError(f"{infrared} and {visible} hold no images of the same names")
        return found, f"{len(found)} pairs of {infrared.name} and {visible.name}, pixels {digest(found)}"
    found = pairs(dataset, "train", root)
    return found, f"{counted(dataset, 'train', found)} of {dataset} train, pixels {digest(found)}"


def train_recipe(recipe: str, folder: Path, *, processes: int = 1, **options: str | int | float | Path | None) -> Path:
    """Train a recipe in this process, or in several of this machine; see `isf train` for the options.

    Returns:
        The file of weights.

    Raises:
        ValueError, OSError, FloatingPointError: as `train_here`, of which the first is raised before any long work.
        ChildProcessError: when one of several processes fails; it has said why.
    """
    if processes < 1:
        raise ValueError(f"processes must be at least 1, not {processes}")
    if processes == 1:
        return train_here(recipe, folder, **options)
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value not in (None, "")]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [*launcher, "-m", "isfcore.cli", "train", recipe, str(Path(folder).absolute()), *given]
    if subprocess.run(command, cwd=repository()).returncode:
        raise ChildProcessError(f"training {recipe} in {processes} processes failed; what they said stands above")
    return folder / "weights.safetensors"


def train_here(
    recipe: str,
    folder: Path,
    *,
    dataset: str = "MSRS",
    root: str = "",
    infrared: Path | None = None,
    visible: Path | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch: int = 16,
    crop: int = 256,
    seed: int = 0,
    learning_rate: float = 1e-4,
    validation: str = "RoadScene",
    validation_pairs: int = 20,
    validate_every: int = 500,
    checkpoint_every: int = 100,
    device: str = "auto",
    precision: str = "auto",
) -> Path:
    """Train a recipe as one process, which may be one of those that `torchrun` started.

    Returns:
        The file of weights.

    Raises:
        ValueError: for options that contradict each other or the data, before any long work.
        FileNotFoundError: where a set is not here, with the cure.
        FloatingPointError, OSError: see `isfcore.training.train`.
    """
    if (steps is None) == (epochs is None):
        raise ValueError("say how long to train: either steps or epochs")
    known = load_recipe(recipe)
    found, data = training_pairs(dataset, root=root, infrared=infrared, visible=visible)
    steps = steps if steps is not None else epochs * steps_per_epoch(len(found), batch)
    schedule = Schedule(steps=steps, batch=batch, side=crop, seed=seed, learning_rate=learning_rate)
    watched = pairs(validation, "test", root)[:validation_pairs] if validation_pairs else []
    return train(
        known,
        schedule,
        read_pairs(found, side=crop, progress="reading pairs"),
        folder,
        data=data,
        validate=validator(watched) if watched else None,
        validate_every=validate_every,
        checkpoint_every=checkpoint_every,
        device=device,
        precision=precision,
    )
