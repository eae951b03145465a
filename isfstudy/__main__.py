"""`python -m isfstudy`: the steps that `run_all.sh` and the `Snakefile` call. For your own images there is `isf`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from isfcore.machine.environment import prepare_process
from isfstudy.notebooks import StudyError, listing, load_profile
from isfstudy.places import DOWNSTREAM_RECORDS, repository


@click.group()
def main() -> None:
    """Steps of the study; `./run_all.sh --help` explains what they are for."""


@main.command()
@click.argument("profile")
def check(profile: str) -> None:
    """Say what would stop a run (names and types of parameters, missing data), and what it will go without."""
    from isfstudy.run.checks import left_out, problems

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
    """Execute one notebook."""
    from isfstudy.run.execution import run as execute

    started = time.monotonic()
    execute(notebook, profile)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"{notebook}: done in {minutes}:{seconds:02d}")


@main.command()
@click.argument("notebook")
@click.argument("profile")
def render(notebook: str, profile: str) -> None:
    """Make the page of a notebook that has run."""
    from isfstudy.run.execution import render as make_page

    make_page(notebook, profile)


@main.command()
@click.argument("profile")
def index(profile: str) -> None:
    """Make the front door of a run, results/PROFILE/index.html, of the pages that are there."""
    from isfstudy.report.front_door import write_front_door

    load_profile(profile)
    try:
        print(write_front_door(repository() / "results" / profile).relative_to(repository()))
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


@main.group()
def publish() -> None:
    """Copy what a run made to where it is committed."""


@publish.command()
@click.argument("profile")
def pages(profile: str) -> None:
    """A finished run's pages, tables and figures: to results/published/."""
    from isfstudy.run.publish import publish_pages

    print(f"results/published/{profile}: {len(publish_pages(profile))} files")


@publish.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("name")
@click.option("--part", type=click.Choice(["all", "record"]), default="all", help="Weights and record, or the record.")
def fusion(folder: Path, name: str, part: str) -> None:
    """A training of a fusion network: its record to records/fusion/, its weights and their card into isfcore."""
    from isfstudy.run.publish import publish_fusion

    try:
        for path in publish_fusion(folder, name, part=part):
            print(path.relative_to(repository()))
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


@publish.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def downstream(folders: tuple[Path, ...]) -> None:
    """Trainings of detectors and segmentation networks: what they found, to records/downstream/."""
    from isfstudy.run.publish import publish_downstream

    try:
        written = publish_downstream(folders)
    except OSError as error:
        raise StudyError(str(error)) from error
    print(f"{DOWNSTREAM_RECORDS}: {len(folders)} runs, {len(written)} files")


@publish.command("grid")
@click.argument("folder", default="runs/grid", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="What else has to be known of these runs.")
def grid_records(folder: Path, note: str) -> None:
    """Finished runs of the grid: figures, losses and trials, to records/grid/."""
    from isfstudy.grid import records

    try:
        for experiment, count in records.publish(folder, records.committed(), note=note).items():
            print(f"{experiment}: {count} runs" if count else f"{experiment}: nothing new, records had all its runs")
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


def where_trained(command: Callable) -> Callable:
    """Where runs of the grid lie and are made."""
    for option in (
        click.option("--root", default="", help="Of the image sets; by default ISF_DATA, else data."),
        click.option("--device", default="auto", show_default=True),
        click.option("--folder", default="runs/grid", show_default=True, type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("experiments", nargs=-1)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Trainings side by side, one thread each; on a GPU more.",
)
@where_trained
@click.option("--dry-run", is_flag=True, help="Say what is missing.")
@click.option("--anew", is_flag=True, help="Also do what the records hold.")
def grid(
    experiments: tuple[str, ...], workers: int, folder: Path, device: str, root: str, dry_run: bool, anew: bool
) -> None:
    """Do the trainings of EXPERIMENTS (of paper/grid.yaml; all, in its order) that are missing.

    That is, of which neither FOLDER nor records/grid/ has a finished one from this kind of device.
    """
    from isfcore.machine.devices import choose_device
    from isfstudy.grid import plan, records, work

    try:
        asked = [run for name in experiments or plan.experiments() for run in plan.planned(name)]
        runs = asked if anew else records.unrecorded(records.committed(), asked, choose_device(device))
        if len(runs) < len(asked):
            click.echo(f"{len(asked) - len(runs)} of {len(asked)} runs are in records/grid/ and left out.", err=True)
        if dry_run:
            print("\n".join(run.name for run in work.missing(runs, folder)))
        else:
            work.work_together(runs, folder, workers=workers, device=device, root=root)
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


@main.command()
@click.option(
    "--evaluations",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Points at the most; each is a training.",
)
@click.option(
    "--schedule",
    type=click.Choice(["sensitivity", "sensitivity_short"]),
    default="sensitivity",
    show_default=True,
    help="Experiment of paper/grid.yaml whose schedule the trainings have.",
)
@where_trained
def search(evaluations: int, schedule: str, folder: Path, device: str, root: str) -> None:
    """Search for the best weights of the losses (page 19); goes on where it was cut off."""
    from isfstudy.sensitivity import search as of_weights

    try:
        of_weights.search(folder, schedule, evaluations=evaluations, device=device, root=root)
        done = f"{folder}/{of_weights.SEARCHES[schedule]}"
        print(f"{done}: done; python -m isfstudy publish grid {folder} keeps what was found")
    except (ValueError, OSError) as error:
        raise StudyError(str(error)) from error


@main.command()
def running() -> None:
    """Exit with 0 while a Snakemake is at work in this repository, with 1 otherwise."""
    from isfstudy.run.checks import snakemake_runs

    sys.exit(0 if snakemake_runs() else 1)


if __name__ == "__main__":
    prepare_process()
    try:
        main(prog_name="python -m isfstudy")
    except StudyError as error:
        sys.exit(str(error))
