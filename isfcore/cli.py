"""The command `isf`: fuse your own images, score a folder of fused images, look after the data."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pandas as pd
from tqdm import tqdm

from isfcore import __version__

# Exit codes: 0 all went well, 1 something could not be done (named), 2 the command was misused.
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="isf")
def main() -> None:
    """Infrared and visible image fusion: the reference reproduction of Intervention-Stable Feature Learning."""


def _report_problems(problems: dict[str, str], done: str) -> None:
    """Name what could not be done on standard error, and let the exit code say so."""
    for name, problem in problems.items():
        click.echo(f"{name}: {problem}", err=True)
    if problems:
        click.echo(f"{done}; {len(problems)} could not be done (named above)", err=True)
        sys.exit(1)
    click.echo(done, err=True)


@main.command()
@click.argument("infrared", type=EXISTING)
@click.argument("visible", type=EXISTING)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File, or folder for folders.")
@click.option("--weights", default="released", show_default=True, help="`released`, a committed name, or a file.")
@click.option("--grey", "colour", flag_value="grey", help="Write the fused luma alone.")
@click.option("--colour", "colour", flag_value="visible", default="visible", help="Keep the visible chroma (default).")
@click.option(
    "--16-bit",
    "sixteen_bit",
    type=click.Choice(["full", "stretch"]),
    default="full",
    show_default=True,
    help="16-bit images: divide by 65535, or stretch each from its least to its greatest value.",
)
@click.option("--device", default="auto", show_default=True, help="`auto`, `cpu` or `cuda`.")
def fuse(infrared: Path, visible: Path, output: Path, weights: str, colour: str, sixteen_bit: str, device: str) -> None:
    """Fuse INFRARED with VISIBLE: two files, or two folders whose files belong together by name.

    The two images of a pair must be registered and of one size, which is also the size of the result. Of an infrared
    image with three channels the luma is used. In folders, what cannot be fused is named and the rest is done.
    """
    from isfcore.data import Pair, pair_folders
    from isfcore.fusion import fuse_files
    from isfcore.inference import choose_device, prepare
    from isfcore.weights import load_weights

    if infrared.is_dir() != visible.is_dir():
        raise click.UsageError("give two files or two folders, not one of each")
    if infrared.is_dir():
        if output.is_file():
            raise click.UsageError(f"{output} is a file; for folders, give a folder")
        pairs, alone = _or_exit(pair_folders, infrared, visible)
        jobs = [(pair, output / f"{pair.stem}.png") for pair in pairs]
        problems = {str(path): "has no partner of the same name in the other folder" for path in alone}
    else:
        file = output / f"{visible.stem}.png" if output.is_dir() or not output.suffix else output
        jobs, problems = [(Pair(visible.stem, infrared, visible), file)], {}
    network = _or_exit(lambda: prepare(load_weights(weights)[0], choose_device(device)))
    for _, file in jobs[:1]:
        file.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    for pair, file in tqdm(jobs, desc="fusing", unit="pair", disable=None if len(jobs) > 1 else True):
        try:
            fuse_files(network, pair, file, colour=colour, sixteen_bit=sixteen_bit)
            done += 1
        except (ValueError, OSError) as error:
            problems[pair.stem] = str(error)
    _report_problems(problems, f"fused {done} of {len(jobs)} pairs with weights `{weights}` into {output}")


@main.command()
@click.argument("fused", type=FOLDER)
@click.option("--ir", "infrared", type=FOLDER, required=True, help="Folder of infrared images.")
@click.option("--vi", "visible", type=FOLDER, required=True, help="Folder of visible images.")
@click.option("--convention", type=click.Choice(["paper", "standard"]), default="standard", show_default=True)
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Also write the table to this file.")
def evaluate(fused: Path, infrared: Path, visible: Path, convention: str, csv: Path | None) -> None:
    """Score every image in the folder FUSED with AG, SF, PSNR, CC and Qabf: a row an image, and the mean.

    Files belong together by name, whatever their extensions; colour images count by their luma. `paper` is what the
    paper's Table 1 was computed with, `standard` the textbook definition: never compare numbers of different
    conventions.
    """
    from isfcore.evaluation import score_folder

    table, problems = _or_exit(
        lambda: score_folder(fused, infrared, visible, convention=convention, progress="scoring")
    )
    if not table.empty:
        table.loc["mean"] = table.mean()
        click.echo(table.to_string(float_format="{:.4f}".format))
        if csv:
            partial = csv.with_name(f".{csv.name}.partial")
            _or_exit(lambda: (table.to_csv(partial), partial.replace(csv)))
    _report_problems(problems, f"{max(len(table) - 1, 0)} images scored, convention `{convention}`")


@main.group()
def data() -> None:
    """The study's image sets: what is here, whether it is right, and how to get it."""


def _show(frame: pd.DataFrame) -> None:
    click.echo(frame.to_string(index=False))


@data.command("status")
@click.option("--root", default="", help="Folder of the sets; by default ISF_DATA, else `data`.")
def data_status(root: str) -> None:
    """What is there, by name only."""
    from isfcore.data import data_root
    from isfcore.manifest import status

    click.echo(f"in {data_root(root)}:")
    _show(status(root))


@data.command("verify")
@click.argument("datasets", nargs=-1)
@click.option("--root", default="", help="Folder of the sets; by default ISF_DATA, else `data`.")
def data_verify(datasets: tuple[str, ...], root: str) -> None:
    """Compare every image of DATASETS (all that are here) with the published pixels, file by file."""
    from isfcore.manifest import status, summary, verify

    here = status(root)
    names = datasets or tuple(here.loc[here["found"] > 0, "dataset"].unique())
    problems = {}
    for name in names:
        found = _or_exit(lambda name=name: verify(name, root))
        _show(summary(name, found).assign(dataset=name))
        wrong = found[found["status"].isin(["wrong pixels", "unreadable"])]
        problems |= dict(zip(wrong["file"].astype(str), wrong["status"], strict=True))
    _report_problems(problems, f"verified {', '.join(names) or 'nothing: there is no data'}")


@data.command("fetch")
@click.argument("datasets", nargs=-1, required=True)
@click.option("--root", default="", help="Where to put them; by default ISF_DATA, else `data`.")
@click.option("--source", default="", help="A mirror's URL, or a local archive or folder, instead of the public host.")
def data_fetch(datasets: tuple[str, ...], root: str, source: str) -> None:
    """Bring DATASETS (or `weights`, the authors' checkpoint) from their public sources; what is here stays."""
    from isfcore import fetch

    problems = {}
    for name in datasets:
        if name == "weights":
            click.echo(f"weights: {_or_exit(lambda: fetch.fetch_weights(root, source=source))}", err=True)
            continue
        found = _or_exit(lambda name=name: fetch.fetch(name, root, source=source))
        missed = found[found["status"] == "failed"]
        problems |= dict(zip(missed["file"].astype(str), missed["reason"], strict=True))
    _report_problems(problems, f"fetched {', '.join(datasets)}")


def _or_exit(function, *arguments):
    """Call a function; what it refuses becomes one clear line and exit code 1 instead of a traceback."""
    try:
        return function(*arguments)
    except (ValueError, OSError) as error:
        click.echo(f"isf: {error}", err=True)
        sys.exit(1)
