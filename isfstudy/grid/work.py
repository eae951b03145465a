"""Doing the runs that are missing, one after the other, beside other processes that do the same.

A run is a folder as `isf train` makes it. Whoever works on one holds its lock, which the system takes away when the
process ends, however it ends; what is left goes on from the last checkpoint, with the same bits on a processor.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import torch
from tqdm import tqdm

from isfcore.machine.code import code_digest
from isfcore.machine.devices import choose_device
from isfcore.machine.provenance import commit, machine
from isfcore.network import FusionNetwork
from isfcore.training.crops import read_pairs
from isfcore.training.loop import CODE, describe, train
from isfcore.training.run_folder import DESCRIPTION, LOCK, LOG, WEIGHTS, read_description, run_lock
from isfstudy.grid.data import training_pairs
from isfstudy.grid.guessing import train_to_guess
from isfstudy.grid.json_lines import append_lines
from isfstudy.grid.measures import Measure, measure
from isfstudy.grid.plan import Run
from isfstudy.scenes.counterfactuals import counterfactual_scenes

TRIALS = "trials.jsonl"
CHECKPOINT_EVERY = 50  # steps: minutes on a processor
LEAST_PRIORITY = 19
TASKS = {"fusion": functools.partial(train, start_from="", statistics="settled"), "guess_infrared": train_to_guess}


def missing(runs: Sequence[Run], folder: Path) -> list[Run]:
    """The runs that have no weights yet."""
    return [run for run in runs if not (folder / run.name / WEIGHTS).is_file()]


def steps_done(runs: Sequence[Run], folder: Path) -> int:
    """Steps that the runs have behind them, those that a killed one has to repeat from its checkpoint among them."""
    unfinished = missing(runs, folder)
    of_unfinished = sum(_rows(folder / run.name / LOG) for run in unfinished)
    return sum(run.schedule.steps for run in runs) - sum(run.schedule.steps for run in unfinished) + of_unfinished


def _rows(log: Path) -> int:
    try:
        return max(log.read_bytes().count(b"\n") - 1, 0)  # less the header
    except FileNotFoundError:  # not begun, or just being begun anew
        return 0


def work_together(runs: Sequence[Run], folder: Path, *, workers: int, device: str, root: str) -> None:
    """Do what is missing in some processes side by side, one thread each where there are several.

    Raises:
        FileNotFoundError: where a set to train on is not here, with the cure, before anything is trained.
        ChildProcessError: when a run failed; its process has said why, and the others have done what they could.
    """
    ahead = missing(runs, folder)
    for wanted in {(run.data, run.measured, run.training_scenes, run.test_scenes): run for run in ahead}.values():
        _prepare(wanted, folder / "scenes", root)  # before several processes would do the same, or find nothing
    spawn = multiprocessing.get_context("spawn")
    threads = torch.get_num_threads() if workers == 1 else 1
    arguments = (runs, folder, device, root, threads)
    processes = [spawn.Process(target=_work, args=arguments) for _ in range(workers)]
    with _no_bars():
        for process in processes:
            process.start()
    between = 1 if sys.stderr.isatty() else 60  # seconds: in a file every line stays
    total, done = sum(run.schedule.steps for run in runs), steps_done(runs, folder)
    with tqdm(total=total, initial=done, desc="grid", unit="step", mininterval=between, miniters=0) as bar:
        while any(process.is_alive() for process in processes):
            time.sleep(1)
            bar.update(steps_done(runs, folder) - bar.n)
            bar.set_postfix_str(f"{len(missing(runs, folder))} of {len(runs)} runs to go", refresh=False)
    if failed := sum(process.exitcode != 0 for process in processes):
        raise ChildProcessError(f"{failed} of {workers} processes failed; what they said stands above")


@contextmanager
def _no_bars() -> Iterator[None]:
    """Processes that start within the block show no progress bars: those of runs side by side overwrite each other."""
    before = os.environ.get("TQDM_DISABLE")
    os.environ["TQDM_DISABLE"] = "1"
    try:
        yield
    finally:
        os.environ.pop("TQDM_DISABLE")
        os.environ.update({} if before is None else {"TQDM_DISABLE": before})


def _work(runs: Sequence[Run], folder: Path, device: str, root: str, threads: int) -> None:
    if hasattr(os, "nice"):
        os.nice(LEAST_PRIORITY)
    torch.set_num_threads(threads)
    work(runs, folder, device=device, root=root)


def work(runs: Sequence[Run], folder: Path, *, device: str = "auto", root: str = "") -> None:
    """Do the runs that nobody has done or is doing, in order.

    Args:
        folder: of the grid, which holds a folder a run.
        device: as `isfcore.machine.devices.choose_device` takes it.
        root: of the image sets.

    A run whose loss is not finite any more, or that finds no memory beside the others, is written down as failed and
    does not keep the others from being done.

    Raises:
        ChildProcessError: at the end, naming the runs that failed.
        What else training raises, see `isfcore.training.loop.train`; at once, the trial being written down as failed.
    """
    place = choose_device(device)
    failed = []
    scenes = folder / "scenes"
    read = functools.cache(functools.partial(_read, scenes, root))
    measures = functools.cache(lambda parts, count: measure(parts, scenes, root, place, count))
    for run in runs:
        here = folder / run.name
        with ExitStack() as held:
            try:
                held.enter_context(run_lock(here))
            except ValueError:
                continue  # somebody else is at it
            if missing([run], folder):
                images, data = read(run.data, run.schedule.side, run.training_scenes)
                try:
                    _train(run, here, place, images, data, measures(run.measured, run.test_scenes))
                except (FloatingPointError, torch.OutOfMemoryError) as error:
                    failed.append(f"{run.name}: {error}")
    if failed:
        raise ChildProcessError(f"{len(failed)} runs failed and can be started again. {' '.join(failed)}")


def _read(scenes: Path, root: str, data: str, side: int, count: int) -> tuple[list[torch.Tensor], str]:
    pairs, name = training_pairs(data, scenes, root, count)
    return read_pairs(pairs, side=side), name


def _prepare(run: Run, scenes: Path, root: str) -> None:
    training_pairs(run.data, scenes, root, run.training_scenes)
    if "counterfactuals" in run.measured:
        counterfactual_scenes(scenes, count=run.test_scenes)


def _give_up_if_other(folder: Path, description: dict) -> None:
    """Start a run anew that was begun by other code, or on other data, and not finished: it cannot go on."""
    if not (folder / DESCRIPTION).is_file() or read_description(folder) == description:
        return
    tqdm.write(f"{folder}: begun by other code or on other data, so that it starts anew", file=sys.stderr)
    last = folder / DESCRIPTION  # as files without one are nobody's
    for path in [*(path for path in folder.iterdir() if path.name not in (LOCK, TRIALS, DESCRIPTION)), last]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _train(
    run: Run, folder: Path, place: torch.device, images: list[torch.Tensor], data: str, measured: Measure
) -> None:
    description = describe(
        run.recipe,
        run.schedule,
        data=data,
        watched=", ".join(run.measured),
        start_from="",
        device=place,
        precision=precision_on(place, run.precision),
    )
    description |= {"experiment": run.experiment, "settling": run.settling}
    if run.task != "fusion":
        description |= {"task": run.task, "code": code_digest([*CODE, TASKS[run.task].__module__], files="none")}

    _give_up_if_other(folder, description)

    def look(network: FusionNetwork) -> tuple[dict[str, float], dict]:
        figures = measured(network)
        if place.type == "cuda":
            torch.cuda.empty_cache()  # a look takes several times a step's memory, which others on this GPU need
        return figures, {}

    began = time.time()
    outcome = "failed"
    try:
        TASKS[run.task](
            run.recipe,
            run.schedule,
            images,
            folder,
            description=description,
            validate=look,
            validate_at=run.looks,
            checkpoint_every=CHECKPOINT_EVERY,
            settling=run.settling,
        )
        outcome = "finished"
    finally:
        trial = {"began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"), "outcome": outcome}
        trial |= {"seconds": round(time.time() - began, 1), "commit": commit(), "machine": machine()}
        append_lines(folder / TRIALS, [trial])


def precision_on(place: torch.device, precision: str) -> str:
    """The precision of a run on a device: as was asked for, but float32 where the device has no tf32.

    Raises:
        ValueError: for another name than `tf32`, `bfloat16` and `float32`.
    """
    if precision not in ("tf32", "bfloat16", "float32"):
        raise ValueError(f"precision must be tf32, bfloat16 or float32, not {precision!r}")
    return "float32" if precision == "tf32" and place.type != "cuda" else precision
