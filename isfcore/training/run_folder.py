"""The folder of a training run: what is trained, its log, and the checkpoint it can go on from.

Whatever a killed process leaves behind is either complete or recognisable: files appear whole, and of a log the rows
after the checkpoint, the last of which may be half a row, are dropped when the run goes on.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout

from isfcore.machine.files import cannot_write, damaged_part, remove_leftovers, replacing, what_it_is

DESCRIPTION, CHECKPOINT, WEIGHTS = "run.json", "checkpoint.pt", "weights.safetensors"
LOG, VALIDATION, GATES = "log.csv", "validation.csv", "gates"
LOCK = ".lock"


def folder_name(description: dict[str, Any]) -> str:
    """A name for a run's folder that says what it is, and differs where anything in the description does."""
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()[:8]
    return f"{description['recipe']['name']}-seed{description['schedule']['seed']}-{digest}"


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Within the block this process alone is at work in a run's folder, which is made where it is not there.

    The system holds the lock, so that a killed process leaves none.
    What such a process has left half-written is removed.

    Raises:
        ValueError: when another process is at work there.
        OSError: when the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise ValueError(f"{folder}: a run is at work here: wait for its end, or choose another folder") from error
    except NotImplementedError:
        pass
    try:
        remove_leftovers(folder, older_than=0)
        yield
    finally:
        lock.release()


def open_run(folder: Path, description: dict[str, Any]) -> None:
    """Make a run's folder, or check that the run there is the one described.

    Args:
        description: values that JSON can hold.

    Raises:
        ValueError: as `must_not_be_another`.
    """
    must_not_be_another(folder, description)
    path = folder / DESCRIPTION
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            partial.write_text(json.dumps(description, indent=1) + "\n")


def must_not_be_another(folder: Path, description: dict[str, Any]) -> None:
    """Nothing is written where there is nothing yet.

    Raises:
        ValueError: when the folder holds another run, naming what differs, or files of one and no description.
    """
    if not (folder / DESCRIPTION).is_file():
        if others := [name for name in (CHECKPOINT, WEIGHTS, LOG, VALIDATION) if (folder / name).exists()]:
            said = f"{folder} holds {', '.join(others)} and no {DESCRIPTION}, so what they are of cannot be told"
            raise ValueError(f"{said}: choose another folder, or move them away")
        return
    there, here = _flat(read_description(folder)), _flat(description)
    differing = [name for name in sorted(there.keys() | here.keys()) if there.get(name) != here.get(name)]
    if differing == ["code"]:
        raise ValueError(
            f"{folder} holds a run that other code began ({there.get('code')}, and here it is {here.get('code')}): go "
            "on with the version of then, or begin anew in another folder"
        )
    if differing:
        said = "; ".join(f"{name} is {there.get(name)} there and {here.get(name)} here" for name in differing[:5])
        raise ValueError(f"{folder} holds another run: {said}. Choose another folder, or delete this one")


def read_description(folder: Path) -> dict[str, Any]:
    """What `open_run` wrote.

    Raises:
        FileNotFoundError: when the folder holds no run.
        ValueError: when the description is damaged.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: no training run, there is no {DESCRIPTION}")
    try:
        description = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: damaged, or not a run's description ({error}): choose another folder") from error
    if not isinstance(description, dict):
        raise ValueError(f"{path}: not a run's description: choose another folder")
    return description


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, value in values.items():
        rows |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return rows


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint of tensors, numbers and texts; the one before it stays until this one is complete.

    Raises:
        OSError: naming the folder, when it cannot be written.
    """
    path = folder / CHECKPOINT
    try:
        with replacing(path) as partial:
            torch.save(state, partial)
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and folder.is_dir():  # what the archive writer makes of a full disk
            error = OSError(f"{path} could not be written ({error}): free some space and start again")
        raise OSError(f"{cannot_write(path, error)}; the run goes on from the checkpoint before") from error


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU and read without executing code, or None where there is none.

    Raises:
        ValueError: when the file is damaged.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        if part := damaged_part(path):
            raise ValueError(f"{part} is not what its checksum says")
        state = torch.load(path, map_location="cpu", weights_only=True)
        state["step"] + 0  # what every checkpoint has
        return state
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # what a damaged file makes the loader raise is not documented, and its advice unsafe
        what = what_it_is(path)
        said = f" (it is {what.split(':')[0]})" if what and not what.startswith("a zip") else ""
        raise ValueError(f"{path}: damaged, or not a checkpoint{said}: delete it to start the run again") from error


def append_row(path: Path, row: dict[str, float]) -> None:
    """Add a row to a log, with a header where it is the first; numbers that are not whole to 6 digits.

    Raises:
        OSError: naming the file, when it cannot be written.
    """
    values = {name: value if isinstance(value, int) else f"{value:.6g}" for name, value in row.items()}
    new = not path.is_file()
    try:
        with path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(values)
    except OSError as error:
        raise OSError(f"{cannot_write(path, error)}; the run goes on from its last checkpoint") from error


def drop_rows_after(path: Path, step: int) -> None:
    """Keep a log's header and complete rows of steps up to and including `step`; its first column is the step."""
    if not path.is_file():
        return
    header, *rows = path.read_text(errors="replace").splitlines(keepends=True) or [""]
    kept = [row for row in rows if row.endswith("\n") and _at_or_before(row.split(",")[0], step)]
    if not header.endswith("\n") or not kept:
        path.unlink()
        return
    with replacing(path) as partial:
        partial.write_text(header + "".join(kept))


def _at_or_before(written: str, step: int) -> bool:
    return written.isascii() and written.isdigit() and int(written) <= step


def save_gates(folder: Path, step: int, images: dict[str, np.ndarray]) -> None:
    """Keep what the gates looked like at a step: (H, W) uint8 images by scale."""
    (folder / GATES).mkdir(exist_ok=True)
    path = folder / GATES / f"{step:06d}.npz"
    with replacing(path) as partial:
        with partial.open("wb") as stream:
            np.savez_compressed(stream, **images)  # type: ignore[arg-type]  # of an option's name


def load_gates(folder: Path) -> dict[int, dict[str, np.ndarray]]:
    """What `save_gates` kept, by step, in order."""
    found = {}
    for path in sorted((folder / GATES).glob("*.npz")):
        with np.load(path, allow_pickle=False) as images:
            found[int(path.stem)] = dict(images)
    return found
