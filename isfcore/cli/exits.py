"""How the commands of `isf` say what went wrong, and end: one clear line, an exit code, nothing half-written.

Exit codes: 0 all went well, 1 something could not be done (named), 2 the command was misused. Results go to standard
output, progress and everything that is said about them to standard error.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from isfcore.machine.files import cure_of, remove_leftovers, replacing
from isfcore.machine.remarks import Remark
from isfcore.training.options import WrongOption

if TYPE_CHECKING:
    import pandas as pd


class NewPath(click.Path):
    """A file or folder to be written, of which there may be none yet.

    An empty name, as of a variable of the shell that is not set, is refused: it would stand for the current folder.
    """

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not os.fspath(value):
            self.fail("the name is empty: is a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)
NEW, NEW_FILE, NEW_FOLDER = NewPath(), NewPath(dir_okay=False), NewPath(file_okay=False)
REFUSED = (ValueError, OSError, FloatingPointError, MemoryError)  # what functions refuse, naming it
SEVERAL = 5  # names that are said of those that share a reason
OURS = Path(__file__).parents[1]
TRACEBACK = "ISF_TRACEBACK"  # the variable that shows where an error came from


class Commands(click.Group):
    """Commands of which none ends in a traceback, whatever is typed, and whose words any terminal can show."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; what nobody foresaw becomes one line and exit code 1."""
        escape_what_cannot_be_shown()
        with hints():
            try:
                return super().invoke(context)
            except (click.ClickException, click.exceptions.Exit, click.Abort):
                raise
            except Exception as error:
                if isinstance(error, BrokenPipeError):
                    raise  # `isf ... | head`: click ends in silence
                if TRACEBACK in os.environ:
                    traceback.print_exc()
                fail(_unforeseen(error))


def _unforeseen(error: Exception) -> str:
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return "there is not enough memory: use smaller images or batches, or a larger machine"
    if isinstance(error, OSError):
        return f"{error.filename or 'the output could not be written'}: {error.strerror or error}{cure_of(error)}"
    said = (str(error) or "no more is known").splitlines()[0]
    return f"{type(error).__name__}: {said} (a defect of isf: please report it with what {TRACEBACK}=1 shows)"


def escape_what_cannot_be_shown() -> None:
    """Print characters that a terminal's encoding lacks as escapes from here on, and nothing where a stream is closed,
    instead of ending the command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the rest of the process
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


_HEARD: dict[str, list[str]] = {}  # what warnings said, with the files that each is about


@contextmanager
def hints() -> Iterator[None]:
    """Within the block our warnings are kept, for `say_hints`; what nobody has said by its end is said then."""
    show = warnings.showwarning

    def hear(message: Warning | str, category: type[Warning], filename: str, lineno: int, *place: Any) -> None:
        if category.__name__ == "DecompressionBombWarning":
            return  # Pillow's, of large images, which are welcome here
        if not isinstance(message, Remark) and OURS not in Path(filename).parents:
            return show(message, category, filename, lineno, *place)
        files = _HEARD.setdefault(getattr(message, "said", str(message).splitlines()[0]), [])
        if (file := getattr(message, "file", "")) and file not in files:
            files.append(file)

    _HEARD.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("always", Remark)
        warnings.showwarning = hear  # type: ignore[assignment]  # takes the rest as it comes
        try:
            yield
        finally:
            say_hints()


def say_hints() -> None:
    """Say each kind of warning that was heard once, in one line."""
    for said, files in _HEARD.items():
        first = min(files, default="")  # by name, as threads hear them in any order
        some = f"{first} and {len(files) - 1} more" if len(files) > 1 else first
        say("hint: " + (said.format(some) if files else said))
    _HEARD.clear()


def printable(text: str) -> str:
    """A text with control characters and bytes that are no text, which names of files may hold, as escapes."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def say(text: str) -> None:
    """One message on standard error, printable."""
    click.echo("\n".join(map(printable, text.split("\n"))), err=True)


def fail(text: str) -> None:
    """One clear line on standard error, and exit code 1."""
    say_hints()
    say(f"isf: {text}")
    sys.exit(1)


def finish(problems: dict[str, str], summary: str, done: int) -> None:
    """Name what could not be done, say what was, and let the exit code tell whether that is all and anything."""
    say_hints()
    sharing: dict[str, list[str]] = {}
    for name, problem in problems.items():
        sharing.setdefault(problem, []).append(name)
    for problem, names in sharing.items():  # one line a reason where many have it, as of folders of which one is empty
        if len(names) > SEVERAL:
            say(f"{', '.join(names[:SEVERAL])} and {len(names) - SEVERAL} more: {problem}")
        else:
            for name in names:
                say(f"{name}: {problem}")
    if problems:
        fail(f"{summary}; {len(problems)} could not be done (see above)")
    if not done:
        fail(f"{summary}: there are no images in these folders")
    say(summary)


def why(error: Exception) -> str:
    """What to say of an error of `REFUSED`."""
    if isinstance(error, MemoryError):
        return _unforeseen(error)
    if isinstance(error, WrongOption):
        return error.as_typed()
    if isinstance(error, OSError) and error.strerror and error.filename:
        cure = ": change its permissions" if isinstance(error, PermissionError) else cure_of(error)
        return f"{os.fsdecode(error.filename)}: {error.strerror}{cure}"
    return str(error) or type(error).__name__


def or_exit(function: Callable[[], Any]) -> Any:
    """Call a function; what it refuses becomes one clear line and exit code 1 instead of a traceback."""
    try:
        return function()
    except REFUSED as error:
        fail(why(error))


def must_differ(first: str, one: Path, second: str, other: Path, *, cure: str) -> None:
    """UsageError when two paths lead to one file or folder."""
    if one.exists() and other.exists() and one.samefile(other):
        raise click.UsageError(f"{first} and {second} are one and the same, {one}: {cure}")


def make_folder(folder: Path) -> None:
    """Make the folder that results go to; asked before any work, so that none is lost.

    What runs that were killed a day ago or more have left half-written there is removed.

    Raises:
        OSError: when it cannot be made or written to, naming it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = "it is a file" if folder.is_file() else error.strerror
        raise OSError(f"{folder}: this folder cannot be made ({cause}); choose another output") from error
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder}: this folder cannot be written to; choose another output")
    remove_leftovers(folder)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; the file appears whole or not at all.

    Names of files that are no text are written with escapes.
    """
    with replacing(path) as partial:
        table.to_csv(partial, index=False, errors="backslashreplace")
