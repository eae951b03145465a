"""What one may ask of a training, with the only defaults there are, and what the loop is told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path

STATISTICS = ("running", "settled")


class WrongOption(ValueError):
    """What was asked for cannot be; the command line names options as they are typed there.

    Attributes:
        said: the message, with the names of fields of `Options` in braces.
    """

    def __init__(self, said: str) -> None:
        super().__init__(re.sub(r"{(\w+)}", r"\1", said))
        self.said = said

    def as_typed(self) -> str:
        """The message with fields as options of `isf train`."""
        return re.sub(r"{(\w+)}", lambda name: flag(name[1]), self.said)


@dataclass(frozen=True)
class Options:
    """What `isf train` and the notebooks can ask for besides a recipe and a folder.

    Attributes:
        dataset: the set whose training pairs are used.
        root: folder of the sets; empty for ISF_DATA, else `data`.
        infrared, visible: two folders of images that are used instead.
        steps, epochs: how long to train: steps of the optimiser, or rounds through the pairs; one of the two.
        batch, side, seed, learning_rate: see `Schedule`.
        start_from: weights to go on from, as `isfcore.weights.load_weights` takes them; empty for those of the seed.
        validation: the set that the run is watched on.
        validation_pairs: how many of its first pairs; 0 for none.
        validate_every, checkpoint_every: steps between two looks at them, and between two checkpoints.
        device: what `isfcore.machine.devices.choose_device` takes.
        precision: what `isfcore.machine.devices.choose_precision` takes.
        statistics: batch norm's in validation and in the weights: `running`, as the released script leaves them, or
            `settled` over the 64 batches that would come next (`isfcore.training.passes.settle_statistics`).
        processes: of this machine, one a GPU; 1 in a process that `torchrun` started.

    Raises:
        WrongOption: for a number that is too small, another value of `statistics`, both steps and epochs or neither,
            one folder without the other, or a batch that the processes cannot share.
    """

    dataset: str = "MSRS"
    root: str | Path = ""
    infrared: Path | None = None
    visible: Path | None = None
    steps: int | None = None
    epochs: int | None = None
    batch: int = 16
    side: int = 256
    seed: int = 0
    learning_rate: float = 1e-4
    start_from: str = ""
    validation: str = "RoadScene"
    validation_pairs: int = 20
    validate_every: int = 500
    checkpoint_every: int = 100
    device: str = "auto"
    precision: str = "auto"
    statistics: str = "running"
    processes: int = 1

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise WrongOption("say how long to train: either {steps} or {epochs}")
        if bool(self.infrared) != bool(self.visible):
            raise WrongOption("give both an infrared and a visible folder, {infrared} and {visible}, or neither")
        if self.statistics not in STATISTICS:
            raise WrongOption(f"{{statistics}} must be one of {', '.join(STATISTICS)}, not {self.statistics!r}")
        _at_least(0, validation_pairs=self.validation_pairs)
        _at_least(1, batch=self.batch, processes=self.processes)
        _at_least(1, validate_every=self.validate_every, checkpoint_every=self.checkpoint_every)
        how_long = {"steps": self.steps} if self.epochs is None else {"epochs": self.epochs}
        _at_least(1, **how_long)
        Schedule(1, self.batch, self.side, self.seed, self.learning_rate)  # refuses what it refuses before any work
        if self.batch % self.processes:
            raise WrongOption(f"a {{batch}} of {self.batch} cannot be shared evenly by {self.processes} {{processes}}")


def flag(name: str) -> str:
    """What a field of `Options` is called on the command line: the one that gives a crop's side, `--crop`."""
    return "--" + {"side": "crop"}.get(name, name).replace("_", "-")


@dataclass(frozen=True)
class Schedule:
    """How long and on what a network is trained.

    Attributes:
        steps: of the optimiser.
        batch: samples a step, over all processes.
        side: of a crop, in pixels.
        seed: of the initial weights, the crops and the masks.
        learning_rate: of Adam.
    """

    steps: int
    batch: int
    side: int
    seed: int
    learning_rate: float

    def __post_init__(self) -> None:
        _at_least(1, steps=self.steps, batch=self.batch)
        _at_least(16, side=self.side)
        _at_least(0, seed=self.seed)
        if self.seed >= 2**63:
            raise WrongOption(f"{{seed}} must be less than 2**63, not {self.seed}")
        if not isinstance(self.learning_rate, Real) or not 0 < self.learning_rate < 1:
            raise WrongOption(f"{{learning_rate}} must lie between 0 and 1, not {self.learning_rate!r}")


def _at_least(least: int, **values: int) -> None:
    """WrongOption for the first of the named values that is less, or no whole number."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise WrongOption(f"{{{name}}} must be a whole number, not {value!r}")
        if value < least:
            raise WrongOption(f"{{{name}}} must be at least {least}, not {value}")
