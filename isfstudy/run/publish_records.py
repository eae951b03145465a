"""Taking a training run over into the repository: its record, its weights, and the card that describes them.

The record (what was trained on what, the log of every step, validation, gates) goes to `records/fusion/<name>/`, of
which notebook 02 shows the curves; the weights go to `isfcore/trained/<name>.safetensors`, where
`isfcore.weights.load_weights` finds them by name.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from isfcore.machine.files import replacing
from isfcore.metrics import METRICS
from isfcore.training.run_folder import DESCRIPTION, GATES, LOG, VALIDATION, WEIGHTS, read_description
from isfcore.weights import TRAINED, describe_weights, find_weights, trained_names
from isfstudy.downstream.runs import MADE, RUNS
from isfstudy.places import DOWNSTREAM_RECORDS, FUSION_RECORDS, repository
from isfstudy.trainings.records import read_record

CARD = """# Weights that come with the package

Trained by this study; the authors' own checkpoint is not among them (`isf data fetch weights`). Use them by name:
`isf fuse ir/ vi/ -o fused/ --weights {example}`.

{table}

Each file is a safetensors file of the fusion network (192,388 parameters with separate encoders and CFI) with this
description in its metadata. Statistics are batch norm's: `running` as momentum leaves them, or `settled` over
64 more batches. Metrics are means over the pairs of `measured on`, under the `paper` convention and without JPEG; they
were not used to choose anything.

- **Meant for** judging the recipes of the paper, and for fusing registered 8- or 16-bit pairs of infrared and visible
  images. The paper trains for 50 epochs of 1,083 pairs, 3,350 steps or more, with 16 crops of 256 a step. Weights
  trained for less, as the table shows, do not stand for the paper's, and their images may be poor. `without_...`,
  `backbone` and `full` are the ablations of Table 2, trained alike (notebook 04).
- **Trained on** what the table says. Other cameras and scenes may come out worse.
- **Not for** decisions about people: a fused image can hide or invent contrast.
- **Licence** as this repository's for the weights; the images they were trained on state none.
- **Record** of every step: `records/fusion/<name>/`; curves and verdicts: notebook 02.
"""


def publish_fusion(folder: Path, name: str, *, part: str = "all") -> list[Path]:
    """Copy a complete training run into the repository and write the model card anew.

    Args:
        folder: of the run, see `isfcore.training.run_folder`.
        name: under which record and weights are kept.
        part: `all`, or `record` for a run whose weights are of no further use.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: when the folder holds no run, or one that is not complete.
        ValueError: for another part, a name that cannot be one, or a run that was made longer and has not ended yet.
    """
    if part not in ("all", "record"):
        raise ValueError(f"part must be 'all' or 'record', not {part!r}")
    if name == "released" or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise ValueError(f"{name!r} cannot be a name: use small letters, digits, - and _, and not `released` alone")
    read_description(folder)
    if not (folder / WEIGHTS).is_file():
        raise FileNotFoundError(f"{folder}: the run is not complete, there is no {WEIGHTS}")
    done = read_record(folder).summary["steps"]
    if describe_weights(folder / WEIGHTS)["schedule"]["steps"] != done:
        raise ValueError(f"{folder}: the run is at step {done} and not complete, its {WEIGHTS} are of an earlier end")
    record = repository() / FUSION_RECORDS / name
    shutil.rmtree(record, ignore_errors=True)
    written = []
    watched = [path for path in (folder / VALIDATION, *sorted((folder / GATES).glob("*.npz"))) if path.is_file()]
    for source in [folder / DESCRIPTION, folder / LOG, *watched]:
        written.append(_copy(source, record / source.relative_to(folder)))
    if part == "all":
        written.append(_copy(folder / WEIGHTS, TRAINED / f"{name}.safetensors"))
    if trained_names():
        with replacing(TRAINED / "README.md") as partial:
            partial.write_text(model_card())
        written.append(TRAINED / "README.md")
    return written


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial:
        shutil.copyfile(source, partial)
    return target


def model_card() -> str:
    """The card of all committed weights, of which there must be some, in Markdown, from what their files say."""
    rows = []
    for name in trained_names():
        known = describe_weights(find_weights(name))
        schedule = known["schedule"]
        rows.append(
            {
                "name": f"`{name}`",
                "recipe": known["recipe"],
                "encoder": known["encoder"],
                "gate": known["gate"],
                "integrator": known.get("integrator", "cfi"),
                "steps": schedule["steps"],
                "batch": schedule["batch"],
                "crop": schedule["side"],
                "seed": schedule["seed"],
                "trained on": known["data"],
                "precision": schedule.get("precision", ""),
                "statistics": schedule.get("statistics", ""),
                "machine": f"{known['machine']['processor']}, {known['machine']['cores']} cores, "
                f"GPU {known['machine']['gpu']}",
                "commit": known["commit"],
                "measured on": schedule.get("watched", "").split(", pixels")[0],
            }
            | {metric: f"{known['metrics'][metric]:.3f}" for metric in METRICS if metric in known["metrics"]}
        )
    longest = max(rows, key=lambda row: row["steps"])["name"].strip("`")
    return CARD.format(example=longest, table=_markdown(pd.DataFrame(rows)))


def _markdown(table: pd.DataFrame) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.fillna("").astype(str).itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def publish_downstream(names: Sequence[str]) -> list[Path]:
    """Copy finished runs, without weights, from `runs/downstream` to `records/downstream`, to be committed.

    Raises:
        FileNotFoundError: naming a run that is not finished, before anything is copied.
    """
    for name in names:
        if not (repository() / RUNS / name / WEIGHTS).is_file():
            raise FileNotFoundError(f"{RUNS}/{name}: this run is not finished, there is no {WEIGHTS}")
    written = []
    for name in names:
        source, target = repository() / RUNS / name, repository() / DOWNSTREAM_RECORDS / name
        target.mkdir(parents=True, exist_ok=True)
        for path in [source / DESCRIPTION, source / LOG, source / MADE, *sorted(source.glob("*.npz"))]:
            with replacing(target / path.name) as partial:
                partial.write_bytes(path.read_bytes())
            written.append(target / path.name)
    return written
