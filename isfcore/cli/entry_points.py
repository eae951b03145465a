"""Commands that come from elsewhere than `isfcore`, and what they need.

A package adds one to `isf` as an entry point of the group `isf.commands`. The study's `isf compare` is such a command:
the method knows nothing of the study, and does without its libraries. So that `isf --help` stays quick, the modules
that entry points name import what is heavy inside their commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, distributions

import click

from isfcore.cli.exits import Commands, fail

GROUP = "isf.commands"
OURS = ("isfcore", "isfstudy")


class CommandsAndMore(Commands):
    """The group's own commands, and those of entry points, which are loaded when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *_added()})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if found := super().get_command(context, name):
            return found
        point = _added().get(name)
        return _loaded(point) if point else None


def _added() -> dict[str, EntryPoint]:
    """The entry points of the group, by name.

    Of all distributions that are found: `importlib.metadata.entry_points` takes the first of one name, and that may be
    what an earlier `pip install .` has left in the clone that a command is run in.
    """
    every = (point for distribution in distributions() for point in distribution.entry_points)
    return {point.name: point for point in every if point.group == GROUP}


def _loaded(point: EntryPoint) -> click.Command:
    """An entry point's command; one that cannot be imported says so when it is called, and does not stop the others."""
    try:
        return point.load()
    except Exception as error:  # whatever a module of somebody else raises while it is imported
        said = f"`{point.name}` of {point.value} cannot be loaded: {error}; install its package again"
        settings = {"ignore_unknown_options": True, "allow_extra_args": True}
        return click.Command(point.name, callback=lambda: fail(said), short_help=said, context_settings=settings)


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Within the block imports may miss a library of an extra: one line says so, with the cure, and exit code 1."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library in OURS:
            raise
        fail(f"this command needs {library}, which is not installed: pip install 'isfcore[{name}]'")
