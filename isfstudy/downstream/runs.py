"""What a downstream network is trained on and tested on, and results that are kept by all they depend on.

A run's folder is named after its description: the network, the budget, the pairs and labels by their content, and how
the images were made (the SHA-256 of weights, the content of a folder, the name of a rule). A changed fused method so
trains anew, and nothing else does. Finished runs are looked for in `records/downstream`, which holds the predictions
that come with the study, and in `runs/downstream`, which holds those of this machine, weights included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from isfcore.datasets.fingerprints import digest
from isfcore.machine.devices import choose_device
from isfcore.machine.files import replacing
from isfcore.machine.provenance import commit, machine, versions
from isfcore.pairs import Pair
from isfcore.training.run_folder import CHECKPOINT, LOG, WEIGHTS, run_lock
from isfstudy.downstream.inputs import Input, images, slug
from isfstudy.downstream.labels import Labelled
from isfstudy.downstream.training import Budget, Sample, Task, new_network, predict, resized, sample, train
from isfstudy.places import DOWNSTREAM_RECORDS, repository

# Raise it with a change to `training`, `segmenter`, `detector` or `inputs` that moves results. It is no digest of the
# code: trainings here take hours, most edits move no number, and every one of them would call all records stale.
REVISION = 1
RUNS = "runs/downstream"
MADE = "made.json"  # of a finished run: minutes, machine, commit, versions


class Run(NamedTuple):
    """One training: on the images that these inputs make of these pairs, from drawn weights or from another run's."""

    inputs: tuple[Input, ...]
    labelled: Labelled
    budget: Budget
    start: Run | None = None


class Bench(NamedTuple):
    """What all runs of a comparison share: the task, where it computes, and how."""

    task: Task
    device: str = "auto"
    precision: str = "auto"


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]


def _content(labels: dict[str, np.ndarray]) -> str:
    parts = (f"{stem} {labels[stem].shape} ".encode() + labels[stem].tobytes() for stem in sorted(labels))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def description_of(bench: Bench, run: Run) -> dict[str, Any]:
    """All that a run's result depends on, as JSON holds it; machine and versions are noted where it was made."""
    return {
        "revision": REVISION,
        "task": bench.task.name,
        "network": bench.task.network,
        "classes": list(run.labelled.names),
        "budget": {name: list(v) if isinstance(v, tuple) else v for name, v in run.budget._asdict().items()},
        "precision": bench.precision,
        "inputs": {each.name: each.made_by for each in run.inputs},
        "pairs": f"{len(run.labelled.pairs)} pairs, pixels {digest(run.labelled.pairs)}",
        "labels": _content({pair.stem: run.labelled.label[pair.stem] for pair in run.labelled.pairs}),
        "start": folder_name(bench, run.start) if run.start else "drawn from the seed",
    }


def folder_name(bench: Bench, run: Run) -> str:
    """What a run's folder is called: what it is in words, and a digest of its description."""
    names = "-".join(slug(each.name) for each in run.inputs)
    return f"{bench.task.name}-{names}-seed{run.budget.seed}-{_hash(description_of(bench, run))}"


def trained_network(bench: Bench, run: Run, *, progress: str = "") -> nn.Module:
    """The network of a run, in evaluation mode: as it was trained on this machine, or trained now.

    A run that was killed goes on from its last checkpoint.

    Raises:
        ValueError: for images that cannot be had, where another process trains the same, and what
            `isfstudy.downstream.training.train` refuses.
        FloatingPointError, OSError: as `isfstudy.downstream.training.train` does.
    """
    place, folder = choose_device(bench.device), repository() / RUNS / folder_name(bench, run)
    labels = list(run.labelled.label.values())
    network = new_network(bench.task, len(run.labelled.names), labels, run.budget.seed)
    if (folder / WEIGHTS).is_file():
        network.load_state_dict(load_file(folder / WEIGHTS))
        return network.to(place, memory_format=torch.channels_last).eval()
    if run.start:
        network.load_state_dict(trained_network(bench, run.start, progress=progress).state_dict())
    with run_lock(folder):  # two processes in one folder would write into each other's log and checkpoint
        train(
            bench.task,
            network,
            _samples(run, progress),
            run.budget,
            folder,
            description=description_of(bench, run),
            device=place,
            precision=bench.precision,
            progress=progress,
        )
        with replacing(folder / MADE) as partial:
            made = {"machine": machine(), "commit": commit(), "versions": versions()}
            partial.write_text(json.dumps(made, indent=1) + "\n")
        with replacing(folder / WEIGHTS) as partial:  # last: where it is, the run is complete
            save_file({name: value.contiguous().cpu() for name, value in network.state_dict().items()}, partial)
        (folder / CHECKPOINT).unlink(missing_ok=True)
    return network


def _samples(run: Run, progress: str) -> list[Sample]:
    label, size = run.labelled.label, run.budget.test_size
    return [
        sample(image, label[stem], size)
        for each in run.inputs
        for stem, image in images(each, run.labelled.pairs, progress=progress and f"{progress}: images").items()
    ]


def predictions(
    bench: Bench, run: Run, tested: Input, pairs: Sequence[Pair], *, progress: str = ""
) -> dict[str, np.ndarray]:
    """What a run's network finds in an input's images of these pairs, by stem; see
    `isfstudy.downstream.training.Task.predict`.

    Taken from a file where they were found before, else found now.

    Raises:
        What `trained_network` raises.
    """
    name = folder_name(bench, run)
    tested_on = {"made by": tested.made_by, "pairs": digest(pairs)}
    file = f"{slug(tested.name)}-{_hash(tested_on)}.npz"
    for place in (DOWNSTREAM_RECORDS, RUNS):
        if (path := repository() / place / name / file).is_file():
            return _load(path)
    network = trained_network(bench, run, progress=progress)
    made = images(tested, pairs)
    shown = [resized(torch.from_numpy(np.array(image)), run.budget.test_size) for image in made.values()]
    found = dict(zip(made, predict(bench.task, network, shown), strict=True))
    with replacing(repository() / RUNS / name / file) as partial:
        with partial.open("wb") as stream:
            np.savez_compressed(stream, **{stem: _kept(each) for stem, each in found.items()})
    return _load(repository() / RUNS / name / file)


def _kept(found: np.ndarray) -> np.ndarray:
    """Class maps as they are; boxes with four digits, a tenth of a pixel, so that files stay small."""
    return found if found.dtype == np.uint8 else np.round(found, 4).astype(np.float32)


def _load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def made(bench: Bench, run: Run) -> dict[str, Any]:
    """How a finished run was made: steps, epochs, first and last loss (means of a twentieth), machine, commit, place.

    Raises:
        FileNotFoundError: when it is not finished.
    """
    name = folder_name(bench, run)
    for place in (DOWNSTREAM_RECORDS, RUNS):
        folder = repository() / place / name
        if (folder / MADE).is_file():
            log, known = pd.read_csv(folder / LOG), json.loads((folder / MADE).read_text())
            part = max(1, len(log) // 20)
            here = known["machine"]
            size = len(run.labelled.pairs) * len(run.inputs)
            return {
                "trained on": " + ".join(each.name for each in run.inputs),
                "images": size,
                "steps": run.budget.steps,
                "epochs": run.budget.steps * min(run.budget.batch, size) / size,
                "seed": run.budget.seed,
                "first loss": log["loss"].iloc[:part].mean(),
                "last loss": log["loss"].iloc[-part:].mean(),
                "machine": f"{here['processor']}, {here['cores']} cores, GPU {here['gpu']}",
                "commit": known["commit"],
                "record": f"{place}/{name}",
            }
    raise FileNotFoundError(f"{name}: this run is not finished")
