"""Settings of threads and memory: applied where the user has not, and handed on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from isfcore.machine import environment

ASK = (
    "import os, subprocess, sys; from isfcore.machine.environment import SETTINGS, prepare_process; prepare_process(); "
    "print([os.environ.get(name) for name in SETTINGS]); "
    "subprocess.run([sys.executable, '-c', 'import os; print(os.environ[\"OMP_WAIT_POLICY\"])'])"
)


def said(**variables: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if name not in environment.SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=clean | variables, capture_output=True, text=True, check=True
    )
    return sorted(done.stdout.split("\n"))


def test_what_is_not_set_is_set_for_the_process_and_its_children() -> None:
    assert said() == ["", str(list(environment.SETTINGS.values())), "passive"]


def test_what_the_user_has_set_stays() -> None:
    memory = list(environment.SETTINGS.values())[2:]
    assert said(OMP_WAIT_POLICY="active") == ["", str(["active", None, *memory]), "active"]


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_large_blocks_come_from_memory_that_stays() -> None:
    """Freed and asked for again, 64 MB cost page faults the first times only."""
    code = (
        "import resource; from isfcore.machine.environment import prepare_process; {prepare}import torch\n"
        "def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(15): torch.ones(2**24)\n"
        "before = faults()\n"
        "for _ in range(20): torch.ones(2**24)\n"
        "print(faults() - before)"
    )
    clean = {name: value for name, value in os.environ.items() if name not in environment.SETTINGS}
    found = {}
    for prepare in ("", "prepare_process(); "):
        command = [sys.executable, "-c", code.format(prepare=prepare)]
        done = subprocess.run(command, env=clean, capture_output=True, text=True, check=True)
        found[prepare] = int(done.stdout)
    assert found["prepare_process(); "] < 1000 and found["prepare_process(); "] < found[""] / 20, found
