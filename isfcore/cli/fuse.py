"""The command `isf fuse`: two images, two folders of them, or two films. Heavy imports stand inside, as in `cli`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from isfcore.cli.entry_points import needs_extra
from isfcore.cli.exits import EXISTING, NEW, REFUSED, finish, make_folder, or_exit, say, why
from isfcore.cli.inputs import file_job, film_job, folder_jobs, naming_options, part_option, sixteen_bit_option


@click.command(short_help="Fuse two images, two folders of images, or two films.")
@click.argument("infrared", type=EXISTING)
@click.argument("visible", type=EXISTING)
@click.option("-o", "--output", type=NEW, required=True, help="File, or folder for folders.")
@click.option("--weights", default="released", show_default=True, help="`released`, a committed name, or a file.")
@click.option("--grey", is_flag=True, help="Write the fused luma alone; without it the visible image's colour is kept.")
@sixteen_bit_option
@click.option(
    "--depth",
    type=click.Choice(["8", "16"]),
    default="8",
    show_default=True,
    help="Bits of the fused image: 16 for PNG and TIFF, of the luma alone.",
)
@naming_options
@part_option
@click.option("--resume", is_flag=True, help="Leave those that are in OUTPUT already; they are not looked into.")
@click.option("--device", default="auto", show_default=True, help="`auto`, `cpu` or `cuda`.")
def fuse(
    infrared: Path,
    visible: Path,
    output: Path,
    weights: str,
    grey: bool,
    sixteen_bit: str,
    depth: str,
    pair_by: dict[str, str],
    recursive: bool,
    part: tuple[int, int] | None,
    resume: bool,
    device: str,
) -> None:
    """Fuse INFRARED with VISIBLE: two files, or two folders whose files belong together by name.

    The two images of a pair must be registered and of one size, which is also the size of the result. Of an infrared
    image with three channels the luma is used. In folders, what cannot be fused is named and the rest is done; results
    are PNG files. One folder may hold both kinds, where `--pair` tells them apart.

    Two films (needs the extra `video`) must have one frame rate, and lengths that differ by less than a second; OUTPUT
    is .mp4, .mov, or .mkv, which is without loss.

    \b
        isf fuse ir vi -o fused
        isf fuse flight flight --pair '*_T:*_W' -o fused
        isf fuse ir.mp4 vi.mp4 -o fused.mp4
    """
    from isfcore.names import share
    from isfcore.video import FILMS

    if infrared.is_dir() != visible.is_dir():
        raise click.UsageError("give two files or two folders, not one of each")
    films = [path.suffix.lower() in FILMS and path.is_file() for path in (infrared, visible)]
    how: dict[str, Any] = {"colour": "grey" if grey else "visible"}
    if any(films):
        if not all(films):
            raise click.UsageError("give two films or two images, not one of each")
        if pair_by or recursive or part or resume or depth != "8" or sixteen_bit != "full":
            raise click.UsageError("--pair, --recursive, --part, --resume, --depth and --16-bit are for images")
        jobs, problems = or_exit(lambda: film_job(infrared, visible, output))
    else:
        how |= {"sixteen_bit": sixteen_bit, "depth": int(depth)}
        find = folder_jobs if infrared.is_dir() else file_job
        jobs, problems = or_exit(lambda: find(infrared, visible, output, pair_by, recursive))
        if depth == "16" and jobs and jobs[0][1].suffix.lower() not in (".png", ".tif", ".tiff"):
            raise click.UsageError(f"--depth 16 is for .png and .tif, not for {output}")
    jobs, problems = share(jobs, part), dict(share(list(problems.items()), part))
    waiting = [job for job in jobs if not (resume and job[1].is_file())]
    if waiting:
        problems |= _fused(waiting, weights, device, how, films=any(films))
    done = len(jobs) - len(waiting) + sum(pair.stem not in problems for pair, _ in waiting)
    said = f"fused {done} of {len(jobs)} {'films' if any(films) else 'pairs'} with weights `{weights}` into {output}"
    if resume:
        said += f" ({len(jobs) - len(waiting)} were there)"
    finish(problems, said, done or bool(part and not jobs))


def _fused(jobs: list, weights: str, device: str, how: dict[str, Any], *, films: bool) -> dict[str, str]:
    """Do the jobs; what could not be done, by name, and why."""
    import torch

    from isfcore.fusion import fuse_files
    from isfcore.inference import prepare
    from isfcore.machine.devices import choose_device
    from isfcore.machine.threads import in_threads
    from isfcore.video import fuse_films
    from isfcore.weights import how_trained, load_weights

    loaded, described = or_exit(lambda: load_weights(weights))
    network = or_exit(lambda: prepare(loaded, choose_device(device)))
    say(f"weights {described['name']}: {how_trained(described)}")
    for folder in sorted({file.parent for _, file in jobs}):
        or_exit(partial(make_folder, folder))
    threads = torch.get_num_threads()

    def problem(job: tuple) -> str:
        pair, file = job
        try:
            if films:
                with needs_extra("video"):
                    fuse_films(network, pair, file, progress="fusing", **how)
            else:
                fuse_files(network, pair, file, threads=threads, **how)
        except REFUSED as error:
            return why(error)
        return ""

    # Alone an image has all cores, and of many each has one: which is faster, and others read and write meanwhile.
    said = {jobs[0]: problem(jobs[0])} if len(jobs) == 1 else in_threads(problem, jobs, progress="fusing")[0]
    return {pair.stem: reason for (pair, _), reason in said.items() if reason}
