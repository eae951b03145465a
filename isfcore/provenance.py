"""Where a number comes from: commit, parameters, data, packages, machine.

Every table and figure of the study carries what `collect` returns, in a JSON file beside it and in its footer.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import psutil

PACKAGES = ("isfcore", "torch", "numpy", "scipy", "pandas", "scikit-image", "pillow", "PyWavelets")
PACKAGES += ("ultralytics-opencv-headless", "faster-coco-eval", "segmentation-models-pytorch")  # extras


def repository() -> Path:
    """The root of the study: the folder that holds `notebooks/`, `params/` and this package."""
    return Path(__file__).resolve().parent.parent


@functools.cache
def commit() -> str:
    """The commit of the working tree, with `+changes` where tracked files differ from it, or `unknown`.

    The answer is fixed at the first call, so that a run names the code it started from.
    """

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=repository(), capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short=10", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _processor() -> str:
    """The processor's marketing name; `platform.processor` is empty or just the architecture on Linux."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def machine() -> dict[str, str | int | float]:
    """Processor, usable cores, memory in GiB, operating system and, where CUDA is there, the GPU."""
    import torch  # here, because the commands that only read notebooks' headers should start at once

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "gpu": gpu,
    }


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def collect(*, notebook: str, parameters: dict, data: dict[str, str], weights: dict[str, str]) -> dict:
    """Everything needed to make a result again.

    Args:
        notebook: name of the notebook that writes the result, e.g. `03_ivif_benchmarks`.
        parameters: its parameters by name, as run (JSON-serialisable).
        data: for each data set, which pairs and which pixels, e.g. `{"TNO": "40 of 40 pairs, pixels 3f2a..."}`.
        weights: for each trained network, the SHA-256 of its file.
    """
    return {
        "notebook": notebook,
        "commit": commit(),
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "parameters": parameters,
        "data": data,
        "weights": weights,
        "machine": machine(),
        "versions": versions(),
    }
