"""How a process that computes waits and allocates: two settings of the system's libraries that long runs depend on.

Threads: beside another busy process OpenMP's threads spend their time spinning at barriers, and a training step takes
many times as long; `OMP_WAIT_POLICY=passive` lets them sleep instead. Sleeping at once costs small steps two fifths on
an idle machine, so that GNU's OpenMP, which torch brings, may spin a thousand times before (`GOMP_SPINCOUNT`).

Memory: glibc fetches each large tensor's memory from the system anew and gives it back, which costs a large part of a
step in clearing pages; kept, it is used again (`MALLOC_MMAP_MAX_=0` and a large `MALLOC_TRIM_THRESHOLD_`).
`python -m benchmarks.environment` measures both.

Whatever of this the user has set stays as it is.
"""

from __future__ import annotations

import ctypes
import os
import sys

SETTINGS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
SETTINGS |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**35)}
# What `mallopt` takes to set, in a process that runs, what the variables set at its start: no mappings, no trimming.
MALLOPT = {"MALLOC_MMAP_MAX_": (-4, 0), "MALLOC_TRIM_THRESHOLD_": (-1, -1)}


def prepare_process() -> None:
    """Apply the settings to this process and hand them to those it starts; before torch is imported, to work fully.

    The waiting policy is read when torch brings OpenMP in; memory is told at once. Elsewhere than with glibc the
    variables are set and mean nothing.
    """
    chosen = {name: value for name, value in SETTINGS.items() if name not in os.environ}
    if "OMP_WAIT_POLICY" not in chosen:  # the user's own, which a count would override
        chosen.pop("GOMP_SPINCOUNT", None)
    os.environ.update(chosen)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for name in MALLOPT.keys() & chosen.keys():
            mallopt(*MALLOPT[name])
