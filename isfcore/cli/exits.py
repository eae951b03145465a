"""How the commands of `isf` say what went wrong, and end: one clear line, an exit code, nothing half-written.

Exit codes: 0 all went well, 1 something could not be done (named), 2 the command was misused. Results go to standard
output, progress and everything that is said about them to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from isfcore.machine.files import replacing

if TYPE_CHECKING:
    import pandas as pd

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


def say(text: str) -> None:
    click.echo(text, err=True)


def fail(text: str) -> None:
    """One clear line on standard error, and exit code 1."""
    say(f"isf: {text}")
    sys.exit(1)


def finish(problems: dict[str, str], summary: str, done: int) -> None:
    """Name what could not be done, say what was, and let the exit code tell whether that is all and anything."""
    for name, problem in problems.items():
        say(f"{name}: {problem}")
    if problems:
        fail(f"{summary}; {len(problems)} could not be done (named above)")
    if not done:
        fail(f"{summary}: there are no images in these folders")
    say(summary)


def or_exit(function: Callable[[], Any]) -> Any:
    """Call a function; what it refuses becomes one clear line and exit code 1 instead of a traceback."""
    try:
        return function()
    except (ValueError, OSError, FloatingPointError) as error:
        fail(str(error))


def make_folder(folder: Path) -> None:
    """Make the folder that results go to; asked before any work, so that none is lost.

    Raises:
        OSError: when it cannot be made or written to, naming it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{folder}: this folder cannot be made ({error.strerror}); choose another output") from error
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder}: this folder cannot be written to; choose another output")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; the file appears whole or not at all."""
    with replacing(path) as partial:
        table.to_csv(partial, index=False)
