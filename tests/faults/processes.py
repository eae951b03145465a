"""`isf` in processes that start at once, to be killed: forked from one that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.faults.preloaded"])
PATIENCE = 240  # seconds


def _command(arguments: list[str], said: Path, folder: Path, clock: float, largest: int) -> None:
    import resource
    import signal

    from isfcore.cli.main import main

    os.chdir(folder)
    stream = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    if clock:
        real = time.time
        time.time = lambda: real() + clock
    if largest:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    main(arguments, prog_name="isf")


def start(
    *arguments: object, said: Path, folder: Path | None = None, clock: float = 0, largest: int = 0
) -> ForkServerProcess:
    """Start `isf` with these arguments.

    Args:
        said: file that standard output and error go to.
        folder: to be in.
        clock: seconds by which the command's clock is wrong.
        largest: bytes that a file may have, as on a disk that is full; 0 for no limit.
    """
    words = [str(argument) for argument in arguments]
    process = _SERVER.Process(target=_command, args=(words, said, folder or Path.cwd(), clock, largest))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for a process to end: its exit code."""
    process.join(PATIENCE)
    assert process.exitcode is not None, "it has not ended"
    return process.exitcode


def done(*arguments: object, said: Path, **how: object) -> str:
    """Run `isf` to its end, which has to be a good one: what it said."""
    code = ended(start(*arguments, said=said, **how))  # type: ignore[arg-type]
    assert code == 0, said.read_text(errors="replace")
    return said.read_text(errors="replace")


def killed_after(process: ForkServerProcess, seconds: float) -> bool:
    """Kill a process with SIGKILL after so many seconds: whether it was still at work."""
    process.join(seconds)
    process.kill()
    process.join(PATIENCE)
    return process.exitcode != 0
