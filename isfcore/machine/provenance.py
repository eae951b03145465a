"""Where a number comes from: commit, packages, machine."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import psutil

from isfcore import __version__

PACKAGES: tuple[str, ...] = ("isfcore", "torch", "numpy", "scipy", "pandas", "scikit-image", "pillow", "PyWavelets")
PACKAGES += ("ultralytics-opencv-headless", "faster-coco-eval", "segmentation-models-pytorch")  # extras


@functools.cache
def commit() -> str:
    """The commit of the clone that this package lies in, with `+changes` where tracked files differ from it.

    Of a package that is installed elsewhere, its version: `isfcore 1.2.3`. The answer is fixed at the first call, so
    that a run names the code it started from.
    """

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", Path(__file__).name)  # an environment may lie in somebody else's clone
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short=10", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return f"isfcore {__version__}"


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
