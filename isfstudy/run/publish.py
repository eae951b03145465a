"""Publishing: copying what a run or a training left to where it is committed.

The pages of a finished run, with their tables and figures, go to `results/published/`, for those who run nothing. Of a
training of the fusion network the record (what was trained on what, the log of every step, validation, gates) goes to
`records/fusion/<name>/`, and the weights go to `isfcore/trained/<name>.safetensors`, where `isfcore.weights` finds them
by name. Of detectors and segmentation networks what they found goes to `records/downstream/`, and no weights.
`records/README.md` says who reads what.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from isfcore.machine.files import replacing
from isfcore.training.run_folder import DESCRIPTION, GATES, LOG, VALIDATION, WEIGHTS, read_description
from isfcore.weights import TRAINED, describe_weights, trained_names
from isfstudy.downstream.runs import MADE
from isfstudy.notebooks import StudyError, notebooks
from isfstudy.places import DOWNSTREAM_RECORDS, FUSION_RECORDS, repository
from isfstudy.report.front_door import write_front_door
from isfstudy.run.model_card import model_card
from isfstudy.trainings.records import read_record

LARGEST = 3 * 2**20  # bytes of one file
KINDS = ("report.html", "notebook.ipynb", "images.json", "tables/*.*", "figures/*.*")


def publish_pages(profile: str) -> list[Path]:
    """Replace `results/published/<profile>/` by what `results/<profile>/` holds: pages, notebooks, tables, figures.

    Embedded scenes are left out; they can be made anywhere. The front door is made there, of what was copied.

    Returns:
        The files written.

    Raises:
        StudyError: when a notebook has not run, a result comes from a changed working tree, or a file is too large.
    """
    source, target = (repository() / "results" / place for place in (profile, f"published/{profile}"))
    files = []
    for notebook in notebooks():
        if not (source / notebook / "report.html").is_file():
            raise StudyError(f"{notebook} has no results for '{profile}': run ./run_all.sh {profile} first")
        for kind in KINDS:
            files += sorted((source / notebook).glob(kind))
    for file in files:
        if file.stat().st_size > LARGEST:
            raise StudyError(f"{file.relative_to(repository())} is {file.stat().st_size / 2**20:.1f} MB, 3 MB at most")
        if file.name.endswith(".provenance.json"):
            made, where = json.loads(file.read_text())["commit"], file.relative_to(repository())
            if not made.isalnum():
                raise StudyError(f"{where} was made from commit {made}: commit the changes and run again")
    with _replaced(target) as staging:
        for file in files:
            _copy(file, staging / file.relative_to(source))
    return [*(target / file.relative_to(source) for file in files), write_front_door(target)]


def publish_fusion(folder: Path, name: str, *, part: str = "all") -> list[Path]:
    """Copy a complete training of the fusion network into the repository, and write the model card anew.

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
    watched = [path for path in (folder / VALIDATION, *sorted((folder / GATES).glob("*.npz"))) if path.is_file()]
    kept = [folder / DESCRIPTION, folder / LOG, *watched]
    with _replaced(record) as staging:
        for source in kept:
            _copy(source, staging / source.relative_to(folder))
    written = [record / source.relative_to(folder) for source in kept]
    if part == "all":
        written.append(_copy(folder / WEIGHTS, TRAINED / f"{name}.safetensors"))
    if trained_names():
        with replacing(TRAINED / "README.md") as partial:
            partial.write_text(model_card())
        written.append(TRAINED / "README.md")
    return written


def publish_downstream(folders: Sequence[Path]) -> list[Path]:
    """Copy finished trainings of detectors and segmentation networks, without weights, into the repository.

    Args:
        folders: of the trainings, as they lie in `runs/downstream`; records take their names.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: naming a training that is not finished, before anything is copied.
    """
    for folder in folders:
        if lacking := [name for name in (WEIGHTS, DESCRIPTION, LOG, MADE) if not (folder / name).is_file()]:
            raise FileNotFoundError(f"{folder}: this run is not finished, there is no {lacking[0]}")
    written = []
    for source in folders:
        target = repository() / DOWNSTREAM_RECORDS / source.resolve().name
        for path in [source / DESCRIPTION, source / LOG, source / MADE, *sorted(source.glob("*.npz"))]:
            written.append(_copy(path, target / path.name))
    return written


@contextmanager
def _replaced(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place at the end of the block, whole; what was there goes with it."""
    staging = target.with_name(f".{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)  # of one that was killed
    staging.mkdir(parents=True)
    yield staging
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial:
        shutil.copyfile(source, partial)
    return target
