"""What a downstream network is trained on and tested on, and results that are kept by all they depend on.

A run's folder is named after its description: the network, the budget, the pairs and labels by their content, and how
the images were made (the SHA-256 of weights, the content of a folder, the name of a rule). A changed fused method so
trains anew, and nothing else does. Finished runs are looked for in `published/downstream`, which holds the predictions
that come with the study, and in `runs/downstream`, which holds those of this machine, weights included.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from isfcore.classic import average
from isfcore.comparison import Method, read_whole
from isfcore.data import Pair, grey, read_image
from isfcore.downstream import Budget, Sample, Task, new_network, predict, resized, sample, train
from isfcore.evaluation import in_threads
from isfcore.files import replacing
from isfcore.fusion import join_colour, write_image
from isfcore.inference import choose_device
from isfcore.labels import Labelled
from isfcore.manifest import digest
from isfcore.provenance import commit, machine, repository, versions
from isfcore.runs import CHECKPOINT, DESCRIPTION, LOG, WEIGHTS

REVISION = 1  # raise it with a change to `downstream`, `segmenter` or `detector` that moves results
RUNS, PUBLISHED, IMAGES = "runs/downstream", "published/downstream", "runs/fused"
MADE = "made.json"  # of a finished run: minutes, machine, commit, versions


class Input(NamedTuple):
    """A kind of image that machines are shown.

    Attributes:
        name: of its row in tables.
        made_by: what its images depend on besides the pair.
        make: the image of a pair, from its stem, infrared luma and visible image: (H, W, 3) RGB or (H, W), uint8.
    """

    name: str
    made_by: str
    make: Method


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


def source_inputs() -> dict[str, Input]:
    """The inputs that need no fusion network: each source alone, and the average in the visible image's colours."""
    return {
        "Visible": Input("Visible", "the visible image", lambda stem, infrared, visible: visible),
        "Infrared": Input("Infrared", "the infrared image", lambda stem, infrared, visible: infrared),
        "Average": Input("Average", "rule Average", coloured(lambda stem, one, other: average(one, grey(other)))),
    }


def coloured(method: Method) -> Method:
    """A method whose fused luma is given the visible image's chroma, as the paper's images are."""

    def make(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        fused = method(stem, infrared, visible)
        if fused.shape != infrared.shape:
            raise ValueError(f"{stem}: the fused image is {fused.shape}, its sources are {infrared.shape}")
        return join_colour(fused, visible)

    return make


def network_input(name: str, sha256: str, method: Method) -> Input:
    """A fusion network's images, which are kept below `runs/fused` by what they were made of, as fusing takes long."""
    place = repository() / IMAGES / f"{_slug(name)}-{sha256[:12]}"

    def kept(stem: str, infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        sources = hashlib.sha256(infrared.tobytes() + visible.tobytes()).hexdigest()
        path = place / f"{stem}-{sources[:12]}.png"
        if path.is_file():
            return grey(read_image(path))
        fused = method(stem, infrared, visible)
        place.mkdir(parents=True, exist_ok=True)
        write_image(fused, path)
        return fused

    return Input(name, f"weights {sha256}", coloured(kept))


def folder_input(name: str, images: dict[str, Path], method: Method) -> Input:
    """The images of a folder, by stem."""
    which = digest([Pair(stem, path, path) for stem, path in images.items()])
    return Input(name, f"{len(images)} images, pixels {which}", coloured(method))


def images(source: Input, pairs: Sequence[Pair], *, progress: str = "") -> dict[str, np.ndarray]:
    """An input's images of these pairs, by stem.

    Raises:
        ValueError: naming the pairs that cannot be read or fused.
    """

    def one(pair: Pair) -> np.ndarray:
        return source.make(pair.stem, *read_whole(pair))

    found, problems = in_threads(one, pairs, progress=progress)
    if problems:
        said = "\n".join(f"{pair.stem}: {text}" for pair, text in list(problems.items())[:10])
        raise ValueError(f"{source.name}: {len(problems)} of {len(pairs)} images cannot be had:\n{said}")
    return {pair.stem: found[pair] for pair in pairs}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]


def _content(labels: dict[str, np.ndarray]) -> str:
    parts = (f"{stem} {labels[stem].shape} ".encode() + labels[stem].tobytes() for stem in sorted(labels))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def describe(bench: Bench, run: Run) -> dict[str, Any]:
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
    names = "-".join(_slug(each.name) for each in run.inputs)
    return f"{bench.task.name}-{names}-seed{run.budget.seed}-{_hash(describe(bench, run))}"


def trained_network(bench: Bench, run: Run, *, progress: str = "") -> nn.Module:
    """The network of a run, in evaluation mode: as it was trained on this machine, or trained now.

    A run that was killed goes on from its last checkpoint.

    Raises:
        ValueError: for images that cannot be had, and what `isfcore.downstream.train` refuses.
        FloatingPointError, OSError: as `isfcore.downstream.train` does.
    """
    place, folder = choose_device(bench.device), repository() / RUNS / folder_name(bench, run)
    labels = list(run.labelled.label.values())
    network = new_network(bench.task, len(run.labelled.names), labels, run.budget.seed)
    if (folder / WEIGHTS).is_file():
        network.load_state_dict(load_file(folder / WEIGHTS))
        return network.to(place, memory_format=torch.channels_last).eval()
    if run.start:
        network.load_state_dict(trained_network(bench, run.start, progress=progress).state_dict())
    train(
        bench.task,
        network,
        _samples(run, progress),
        run.budget,
        folder,
        description=describe(bench, run),
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
    """What a run's network finds in an input's images of these pairs, by stem; see `isfcore.downstream.Task.predict`.

    Taken from a file where they were found before, else found now.

    Raises:
        What `trained_network` raises.
    """
    name = folder_name(bench, run)
    tested_on = {"made by": tested.made_by, "pairs": digest(pairs)}
    file = f"{_slug(tested.name)}-{_hash(tested_on)}.npz"
    for place in (PUBLISHED, RUNS):
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
    for place in (PUBLISHED, RUNS):
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


def publish_runs(names: Sequence[str]) -> list[Path]:
    """Copy finished runs, without weights, from `runs/downstream` to `published/downstream`, to be committed."""
    written = []
    for name in names:
        source, target = repository() / RUNS / name, repository() / PUBLISHED / name
        target.mkdir(parents=True, exist_ok=True)
        for path in [source / DESCRIPTION, source / LOG, source / MADE, *sorted(source.glob("*.npz"))]:
            with replacing(target / path.name) as partial:
                partial.write_bytes(path.read_bytes())
            written.append(target / path.name)
    return written
