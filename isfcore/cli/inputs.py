"""What the commands on images share: the options that say how names and levels are read, and what is to be fused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from isfcore.cli.exits import must_differ

if TYPE_CHECKING:
    from isfcore.pairs import Pair

EACH_KIND = "give the infrared images and the visible ones"
Jobs = tuple[list[tuple["Pair", Path]], dict[str, str]]  # what to fuse into which file, and what cannot be


def sixteen_bit_option(command: Callable) -> Callable:
    return click.option(
        "--16-bit",
        "sixteen_bit",
        type=click.Choice(["full", "stretch"]),
        default="full",
        show_default=True,
        help="16-bit images: divide by 65535, or stretch each over the levels it uses, dead pixels left aside.",
    )(command)


def naming_options(command: Callable) -> Callable:
    """How files of folders belong together."""
    command = click.option("--recursive", is_flag=True, help="Look into the folders in these folders too.")(command)
    return click.option(
        "--pair",
        "pair_by",
        metavar="IR:VI",
        callback=_patterns,
        help="How names differ, where they do: '*_ir:*_vi' for 01_ir.png and 01_vi.png; * is what they share.",
    )(command)


def part_option(command: Callable) -> Callable:
    return click.option(
        "--part",
        metavar="K/N",
        callback=_part,
        help="Do the K-th of N equal parts, for N processes or machines: 3/10. Each image is in one part.",
    )(command)


def _part(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    part, _, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r}: give K/N with K from 1 to N, as 3/10", context, parameter)
    return int(part), int(parts)


def _patterns(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, str]:
    parts = value.split(":") if value else []
    if value and (len(parts) not in (2, 3) or any(part.count("*") != 1 for part in parts)):
        raise click.BadParameter(f"{value!r}: give two patterns with one * each, as '*_ir:*_vi'", context, parameter)
    return dict(zip(("infrared", "visible", "fused"), parts, strict=False))


def file_job(infrared: Path, visible: Path, output: Path, pair_by: dict[str, str], recursive: bool) -> Jobs:
    from isfcore.images import image_format
    from isfcore.pairs import Pair, one_and_the_same

    if pair_by or recursive:
        raise click.UsageError("--pair and --recursive are for folders")
    must_differ("INFRARED", infrared, "VISIBLE", visible, cure=EACH_KIND)
    file = output / f"{visible.stem}.png" if output.is_dir() else output
    if any(one_and_the_same(file, image) for image in (infrared, visible)):
        raise click.UsageError(f"{file} is one of the images to be fused; give another name")
    try:
        image_format(file)
    except ValueError as error:
        raise click.UsageError(f"{error}; or give a folder that exists") from error
    return [(Pair(visible.stem, infrared, visible), file)], {}


def film_job(infrared: Path, visible: Path, output: Path) -> Jobs:
    from isfcore.pairs import Pair, one_and_the_same
    from isfcore.video import FORMATS

    must_differ("INFRARED", infrared, "VISIBLE", visible, cure="give the infrared film and the visible one")
    file = output / f"{visible.stem}.mp4" if output.is_dir() else output
    if any(one_and_the_same(file, film) for film in (infrared, visible)):
        raise click.UsageError(f"{file} is one of the films to be fused; give another name")
    if file.suffix.lower() not in FORMATS:
        raise click.UsageError(f"{file}: a film is written as {', '.join(FORMATS)} (without loss): give such a name")
    return [(Pair(visible.stem, infrared, visible), file)], {}


def folder_jobs(infrared: Path, visible: Path, output: Path, pair_by: dict[str, str], recursive: bool) -> Jobs:
    from isfcore.names import together
    from isfcore.pairs import Pair, one_and_the_same

    if len(pair_by) == 3:
        raise click.UsageError("--pair takes two patterns here, as '*_ir:*_vi'")
    if len(set(pair_by.values())) < 2:
        cure = f"{EACH_KIND}, or say by which names to tell them apart, as --pair '*_T:*_W'"
        must_differ("INFRARED", infrared, "VISIBLE", visible, cure=cure)
    if output.is_file():
        raise click.UsageError(f"{output} is a file; for folders, give a folder")
    for folder in (infrared, visible):
        within = recursive and Path(os.path.realpath(output)).is_relative_to(os.path.realpath(folder))
        if within or one_and_the_same(output, folder):
            raise click.UsageError(f"{output} holds the images to be fused, or lies among them; give another folder")
    matched = together({"infrared": infrared, "visible": visible}, pair_by, recursive=recursive)
    problems = dict(matched.twice) | {str(path): "is not named as --pair says" for path in matched.unlike}
    for there in matched.alone.values():
        problems |= {str(path): "has no partner of the same name in the other folder" for path in there.values()}
    return [(Pair(name, *files), output / f"{name}.png") for name, files in matched.found.items()], problems


def must_be_a_table(csv: Path) -> None:
    """UsageError when a table would take the name of an image, or its place."""
    from isfcore.images import IMAGE_EXTENSIONS

    if csv.suffix.lower() in IMAGE_EXTENSIONS:
        raise click.UsageError(f"--csv {csv} is the name of an image: give a name that ends in .csv")
