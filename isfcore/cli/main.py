"""The command `isf`: fuse your own images, score a folder of fused images, train, look after the data.

Heavy imports stand inside the commands, so that `isf --help` answers at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from isfcore import __version__
from isfcore.cli.data import data
from isfcore.cli.entry_points import CommandsAndMore
from isfcore.cli.exits import (
    FOLDER,
    NEW_FILE,
    NEW_FOLDER,
    finish,
    make_folder,
    must_differ,
    or_exit,
    say,
    write_csv,
)
from isfcore.cli.export import export
from isfcore.cli.fuse import fuse
from isfcore.cli.inputs import EACH_KIND, must_be_a_table, naming_options, part_option, sixteen_bit_option
from isfcore.machine.environment import prepare_process
from isfcore.training.options import STATISTICS, Options, flag


def asked(name: str, **settings: Any) -> Callable:
    """An option of `isf train`, whose default is that of the field `name` of `Options`."""
    default = getattr(Options, name)
    return click.option(flag(name), name, default=default, show_default=default not in (None, ""), **settings)


@click.group(
    cls=CommandsAndMore,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all was done; 1 something could not be done, and is named; 2 the command was misused.",
)
@click.version_option(__version__, prog_name="isf")
def main() -> None:
    """Infrared and visible image fusion: the reference reproduction of Intervention-Stable Feature Learning."""
    prepare_process()


@main.command(short_help="Score a folder of fused images: AG, SF, PSNR, CC, Qabf.")
@click.argument("fused", type=FOLDER)
@click.option("--ir", "infrared", type=FOLDER, required=True, help="Folder of infrared images.")
@click.option("--vi", "visible", type=FOLDER, required=True, help="Folder of visible images.")
@click.option("--convention", type=click.Choice(["paper", "standard"]), default="standard", show_default=True)
@click.option(
    "--sources",
    type=click.Choice(["rounded", "unrounded"]),
    default="rounded",
    show_default=True,
    help="How the luma of coloured sources is read: in whole levels, or as it comes out.",
)
@sixteen_bit_option
@naming_options
@part_option
@click.option("--csv", type=NEW_FILE, help="Also write the table, with all digits, to this file.")
def evaluate(
    fused: Path,
    infrared: Path,
    visible: Path,
    convention: str,
    sources: str,
    sixteen_bit: str,
    pair_by: dict[str, str],
    recursive: bool,
    part: tuple[int, int] | None,
    csv: Path | None,
) -> None:
    """Score every image in the folder FUSED with AG, SF, PSNR, CC and Qabf: a row an image, and the mean.

    Files belong together by name, whatever their extensions; colour images count by their luma. `paper` is what the
    paper's Table 1 was computed with, `standard` the textbook definition: never compare numbers of different
    conventions. With `--pair`, fused images are named by what the names of the others share, as `isf fuse` names them;
    a third pattern says otherwise: '*_ir:*_vi:*_fused'. With `--part` there is no mean, so that tables can be joined.

    \b
        isf evaluate fused --ir ir --vi vi --csv scores.csv
    """
    import pandas as pd

    from isfcore.evaluation import score_folder
    from isfcore.metrics import METRICS

    if len(set(pair_by.values())) < 2:
        must_differ("--ir", infrared, "--vi", visible, cure=EACH_KIND)
    for name, folder in (("--ir", infrared), ("--vi", visible)):
        if not pair_by and fused.samefile(folder):
            say(f"hint: FUSED and {name} are one and the same, {fused}: these are the scores of a source")
    if csv:
        must_be_a_table(csv)
        or_exit(lambda: make_folder(csv.parent))
    scores, problems = or_exit(
        lambda: score_folder(
            fused,
            infrared,
            visible,
            convention=convention,
            sources=sources,
            sixteen_bit=sixteen_bit,
            patterns=pair_by,
            recursive=recursive,
            part=part,
            progress="scoring",
        )
    )
    scored = len(scores)
    table = pd.DataFrame.from_dict(scores, orient="index", columns=list(METRICS)).rename_axis("stem")
    if scored and not part:  # whose rows are to stand below those of the other parts
        table = pd.concat([table, table.mean().to_frame("mean").T]).rename_axis("stem")
    if csv:  # also where nothing was scored: an older table would pass for this one
        or_exit(lambda: write_csv(table.reset_index(), csv))
    if scored:
        click.echo(table.to_string(float_format="{:.4f}".format))
    finish(problems, f"{scored} images scored, convention `{convention}`", scored or bool(part))


@main.command(short_help="Train a network on pairs of your own, or of a data set.")
@click.argument("recipe")
@click.argument("folder", type=NEW_FOLDER)
@asked("dataset", help="The set to train on: its training pairs.")
@asked("root", help="Folder of the sets; by default ISF_DATA, else `data`.")
@asked("infrared", type=FOLDER, help="Train on the images of this folder instead, of 8 bits,")
@asked("visible", type=FOLDER, help="and on those of the same names in this one.")
@asked("steps", type=int, help="Steps of the optimiser.")
@asked("epochs", type=int, help="Or rounds through the pairs.")
@asked("batch", help="Samples a step, over all processes.")
@asked("side", help="Side of a crop in pixels.")
@asked("seed", help="Of weights, crops and masks.")
@asked("learning_rate", help="Of Adam.")
@asked("start_from", help="Weights to go on from: `released`, a committed name, or a file.")
@asked("validation", help="The set to watch it on:")
@asked("validation_pairs", help="its first pairs; 0 for none.")
@asked("validate_every", help="Steps.")
@asked("checkpoint_every", help="Steps.")
@asked("device", help="`auto`, `cpu` or `cuda`.")
@asked("precision", help="`auto`, `float32` or `bfloat16`.")
@asked(
    "statistics",
    type=click.Choice(STATISTICS),
    help="Batch norm's, in the weights: as momentum leaves them, or over 64 more batches.",
)
@asked("processes", help="Of this machine, one a GPU.")
def train(recipe: str, folder: Path, **options: Any) -> None:
    """Train by RECIPE (`released`, `paired`, `printed`, or a YAML file) into FOLDER.

    Started again with the same options it goes on from the last checkpoint in FOLDER. On several machines by torchrun:

    \b
        isf train paired runs/paired --epochs 50
        torchrun --nnodes 2 --nproc-per-node 4 ... -m isfcore train released runs/released --epochs 50

    The batch is shared out among the processes, and batch norm sees all of it.
    """
    infrared, visible = options["infrared"], options["visible"]
    if infrared and visible:
        must_differ("--infrared", infrared, "--visible", visible, cure=EACH_KIND)
    from isfcore.training.launch import train_recipe

    or_exit(lambda: train_recipe(recipe, folder, **options))
    if "RANK" not in os.environ:  # the processes of `torchrun` need not all say it
        say(f"weights: {folder / 'weights.safetensors'}")


main.add_command(data)
main.add_command(export)
main.add_command(fuse)

if __name__ == "__main__":
    main(prog_name="isf")
