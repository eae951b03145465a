"""What `isf compare` leaves in a folder: tables as CSV, LaTeX and Markdown, and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from isfcore.cli.exits import printable, write_csv
from isfcore.machine.files import replacing
from isfcore.machine.provenance import commit, machine, versions
from isfstudy.ranking.folders import Files, left_out_said
from isfstudy.ranking.page import page
from isfstudy.ranking.ranks import Ranking
from isfstudy.ranking.scoring import Way
from isfstudy.ranking.tables import as_latex, as_markdown, notes_of

PAGE = "report.html"


def write_results(
    folder: Path,
    ranking: Ranking,
    per_image: pd.DataFrame,
    files: Mapping[str, Mapping[str, Files]],
    way: Way,
    *,
    scene: str,
    left_out: Mapping[str, str],
    problems: Mapping[str, str],
) -> None:
    """Write `summary.csv`, `per_image.csv`, `tests.csv`, `left_out.csv`, `table.tex`, `table.md` and the page.

    Each appears whole or not at all.

    Args:
        folder: which exists.
        per_image: the scores, a row a method and image.
        files: by method and image, of those in `per_image` and maybe others: fused, infrared, visible.
        left_out: by image, why it is not compared.
        problems: what went wrong, by file or image.

    Raises:
        OSError: when a file cannot be written.
        ValueError: for an image that cannot be read any more.
    """
    without = pd.DataFrame({"image": list(left_out), "why": list(left_out.values())}, dtype=object)
    for name, table in (("summary", ranking.summary), ("tests", ranking.tests), ("left_out", without)):
        write_csv(table.assign(convention=way.convention) if name != "left_out" else table, folder / f"{name}.csv")
    write_csv(per_image.assign(convention=way.convention), folder / "per_image.csv")
    texts = {"table.tex": as_latex(ranking, notes_of(ranking, way, scene, "latex"))}
    texts["table.md"] = as_markdown(ranking, notes_of(ranking, way, scene, "markdown"))
    texts[PAGE] = page(
        ranking,
        list(per_image["stem"].unique()),
        files,
        sixteen_bit=way.sixteen_bit,
        notes=notes_of(ranking, way, scene, "html"),
        left_out=left_out_said(left_out, most=20),
        problems={printable(name): printable(why) for name, why in problems.items()},
        made=_made(way, scene),
    )
    for name, text in texts.items():
        with replacing(folder / name) as partial:
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def _made(way: Way, scene: str) -> list[str]:
    options = {"convention": way.convention, "metrics": way.metrics, "sources": way.sources, "16-bit": way.sixteen_bit}
    options |= {"scene": scene} if scene else {}
    here, packages = (", ".join(f"{name} {value}" for name, value in each.items()) for each in (machine(), versions()))
    return [
        "isf compare " + " ".join(f"--{name} {value}" for name, value in options.items()),
        "Intervals: bias-corrected and accelerated bootstrap of the mean (Efron 1987), 9999 draws of observations, "
        "seed 0. Tests: Wilcoxon's signed-rank test of means of observations, two-sided, corrected by Holm's method. "
        "The best is chosen on the images it is tested on, so that its lead is flattered a little. Ranks: Demsar 2006.",
        f"Code: {commit()}. Machine: {here}; {packages}.",
    ]
