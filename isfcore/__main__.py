"""`python -m isfcore`: the steps that `run_all.sh` and the `Snakefile` call. For your own images there is `isf`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from isfcore.study import StudyError, listing, repository, snakemake_runs


@click.group()
def main() -> None:
    """Steps of the study; `./run_all.sh --help` explains what they are for."""


@main.command()
@click.argument("profile")
def check(profile: str) -> None:
    """Say what would stop a run (names and types of parameters, missing data), and what it will go without."""
    from isfcore.checks import left_out, problems

    if found := problems(profile):
        raise StudyError(f"Profile '{profile}' cannot run:\n  " + "\n  ".join(found))
    if absent := left_out(profile):
        print(f"Profile '{profile}' runs without:\n  " + "\n  ".join(absent))


@main.command("list")
@click.argument("profile")
def list_notebooks(profile: str) -> None:
    """Print question, inputs, outputs, minutes and report of each notebook."""
    print(listing(profile))


@main.command()
@click.argument("notebook")
@click.argument("profile")
def run(notebook: str, profile: str) -> None:
    """Execute one notebook and publish its results."""
    from isfcore.execution import run as execute

    started = time.monotonic()
    report = execute(notebook, profile)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"{notebook}: done in {minutes}:{seconds:02d}, {report.relative_to(repository())}")


@main.command()
@click.argument("profile")
def publish(profile: str) -> None:
    """Copy a finished run to published/."""
    from isfcore.publish import publish as copy

    print(f"published/{profile}: {len(copy(profile))} files")


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("name")
@click.option("--part", type=click.Choice(["all", "record"]), default="all", help="Weights and record, or the record.")
def adopt(folder: Path, name: str, part: str) -> None:
    """Commit a training run: its record to published/training/, its weights into the package, the model card."""
    from isfcore.adoption import adopt as copy

    try:
        for path in copy(folder, name, part=part):
            print(path.relative_to(repository()))
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def keep(folders: tuple[Path, ...]) -> None:
    """Commit finished trainings of detectors and segmentation networks: what they found, to published/downstream/."""
    from isfcore.downstream_study import PUBLISHED, publish_runs

    try:
        written = publish_runs([folder.name for folder in folders])
    except OSError as error:
        raise StudyError(str(error)) from error
    print(f"{PUBLISHED}: {len(folders)} runs, {len(written)} files")


@main.command()
def running() -> None:
    """Exit with 0 while a Snakemake is at work in this repository, with 1 otherwise."""
    sys.exit(0 if snakemake_runs() else 1)


if __name__ == "__main__":
    try:
        main(prog_name="python -m isfcore")
    except StudyError as error:
        sys.exit(str(error))
