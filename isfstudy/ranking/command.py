"""The command `isf compare`: an entry point of `isf.commands`. Heavy imports stand inside, as in `isfcore.cli`."""

from __future__ import annotations

from pathlib import Path

import click

from isfcore.cli.entry_points import needs_extra
from isfcore.cli.exits import FOLDER, NEW_FOLDER, finish, make_folder, must_differ, or_exit, say
from isfcore.cli.inputs import EACH_KIND, naming_options, sixteen_bit_option

KEPT = "scores.jsonl"  # in the folder of the results


@click.command(short_help="Rank methods by their fused images: the table for a paper.")
@click.argument("methods", metavar="METHOD_DIR...", nargs=-1, required=True, type=FOLDER)
@click.option("--ir", "infrared", type=FOLDER, required=True, help="Folder of infrared images.")
@click.option("--vi", "visible", type=FOLDER, required=True, help="Folder of visible images.")
@click.option("-o", "--output", type=NEW_FOLDER, help="Also write tables and a page with images into this folder.")
@click.option("--convention", type=click.Choice(["paper", "standard"]), default="standard", show_default=True)
@click.option(
    "--metrics",
    type=click.Choice(["five", "all"]),
    default="five",
    show_default=True,
    help="AG, SF, PSNR, CC, Qabf; or also EN, SD, MI, SCD, VIF, SSIM, MS-SSIM, Nabf.",
)
@click.option(
    "--scene",
    default="",
    metavar="REGEX",
    help="What names of one observation share, as frames of one film: '(.*)_' for day1_0001, day1_0002.",
)
@click.option(
    "--sources",
    type=click.Choice(["rounded", "unrounded"]),
    default="rounded",
    show_default=True,
    help="How the luma of coloured sources is read: in whole levels, or as it comes out.",
)
@sixteen_bit_option
@naming_options
def compare(
    methods: tuple[Path, ...],
    infrared: Path,
    visible: Path,
    output: Path | None,
    convention: str,
    metrics: str,
    scene: str,
    sources: str,
    sixteen_bit: str,
    pair_by: dict[str, str],
    recursive: bool,
) -> None:
    """Score the fused images of several methods, a folder each, and rank them.

    Compared are the images that all methods have; those left out are named. The table has means with bootstrap
    intervals, marks what is not set apart from the best (Wilcoxon, Holm), and is ordered by average ranks. With `-o` it
    is written as CSV, LaTeX, Markdown and one HTML page with images side by side; started again with the same folder,
    the command scores only what is new or has changed.

    Images count as independent. Frames of one film are not: say with `--scene` which belong together.

    \b
        isf compare fused/A fused/B mine --ir ir --vi vi -o compared
    """
    if len(set(pair_by.values())) < 2:
        must_differ("--ir", infrared, "--vi", visible, cure=EACH_KIND)
    with needs_extra("study"):
        from isfstudy.ranking.folders import gather, left_out_said, method_names
        from isfstudy.ranking.ranks import observations_by, ranked
        from isfstudy.ranking.scoring import Way, score_methods
        from isfstudy.ranking.tables import as_text, notes_of

        if output:  # what it takes to make a page takes seconds to load
            from isfstudy.ranking.results import PAGE, write_results

    way = Way(convention, sources, sixteen_bit, metrics)
    folders = or_exit(lambda: method_names(methods))
    gathered = or_exit(lambda: gather(folders, infrared, visible, patterns=pair_by, recursive=recursive))
    stems = list(next(iter(gathered.files.values())))
    observations = or_exit(lambda: observations_by(stems, scene))
    if output:
        or_exit(lambda: make_folder(output))
    say(f"{len(folders)} methods, {len(stems)} images that all have: {', '.join(folders)}")
    scored = or_exit(lambda: score_methods(gathered.files, way, kept=output / KEPT if output else None))
    if scored.known:
        say(f"{scored.known} of {len(stems) * len(folders)} scores were known from an earlier run")
    if scored.unkept:
        say(f"hint: {scored.unkept}: a later run will score these images again")
    left_out = gathered.left_out | dict.fromkeys(scored.incomplete, "not every method could be scored on it")
    problems = gathered.problems | scored.problems
    said = f"compared {len(folders)} methods on {scored.per_image['stem'].nunique()} images, convention `{convention}`"
    if len(scored.per_image):
        ranking = ranked(scored.per_image, observations)
        if output:
            about = {"scene": scene, "left_out": left_out, "problems": problems}
            or_exit(lambda: write_results(output, ranking, scored.per_image, gathered.files, way, **about))
        click.echo(as_text(ranking))
        for line in [*notes_of(ranking, way, scene, "text"), *ranking.cautions, *left_out_said(left_out)]:
            say(line)
    finish(problems, said + (f"; see {output / PAGE}" if output else ""), len(scored.per_image))
