"""The comparison as one HTML page that needs nothing beside it: the table, and some images side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from isfcore.cli.exits import printable
from isfcore.fusion import unit_luma
from isfcore.images import read_image
from isfstudy import report
from isfstudy.comparison.opening import evenly
from isfstudy.comparison.statistics import LOWER_IS_BETTER
from isfstudy.ranking.folders import Files
from isfstudy.ranking.ranks import LEVEL, Ranking
from isfstudy.ranking.tables import table_of
from isfstudy.report.html import finish
from isfstudy.report.slider import embedded, slider_box

SHOWN = 4  # images, evenly spread: enough to see what methods do, in a page that a mail takes
CSS = Path(report.__file__).parent / "html_template" / "report.css"


def page(
    ranking: Ranking,
    stems: Sequence[str],
    files: Mapping[str, Mapping[str, Files]],
    *,
    sixteen_bit: str,
    notes: Sequence[str],
    left_out: Sequence[str],
    problems: Mapping[str, str],
    made: Sequence[str],
) -> str:
    """The page as HTML.

    Args:
        stems: the images that are compared.
        files: by method and image.
        sixteen_bit: how 16-bit sources are shown, as `isfcore.fusion.unit_luma` takes it.
        notes: what has to be known of the table.
        left_out, problems: what is not compared, and why.
        made: what the page was made with.

    Raises:
        ValueError: for an image that cannot be read any more.
    """
    summary = ranking.summary
    best_first = list(dict.fromkeys(summary["method"]))
    images, metrics = len(stems), summary["metric"].nunique()
    some = evenly(stems, SHOWN)
    said = "All images" if len(some) == images else f"{len(some)} of the {images} images, evenly spread by name"
    content = _template().render(
        title=f"{len(best_first)} method{'s' * (len(best_first) != 1)} on {images} image{'s' * (images != 1)}",
        answers=_answers(ranking),
        cautions=ranking.cautions,
        table=table_of(ranking, "html"),
        notes=notes,
        pairs=wins(ranking.tests, best_first) if len(ranking.tests) else None,
        metrics=metrics,
        chosen=f"{said}: sources first, then the methods in the order of the table.",
        pictures=[_pictures(stem, files, best_first, sixteen_bit) for stem in some],
        left_out=left_out,
        problems=problems,
        made=made,
    )
    made_page = BeautifulSoup(content, "html.parser")
    finish(made_page)
    return str(made_page)


def _template() -> Any:
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    environment.globals["css"] = CSS.read_text(encoding="utf-8")
    return environment.get_template("page.html.j2")


def _answers(ranking: Ranking) -> list[tuple[str, str]]:
    """What came out: over all metrics, and in each; metrics of which the same is to be said stand together."""
    summary = ranking.summary
    first = list(dict.fromkeys(summary["method"][summary["place"] == 1]))
    said: dict[str, list[str]] = {}
    if first:
        rank = summary[summary["method"] == first[0]]["rank"].mean()
        said[f"{', '.join(first)} first by average rank, {rank:.2f}"] = ["over all metrics"]
    for metric, rows in summary.groupby("metric", sort=False):
        best = rows["best"].iloc[0]
        rivals = rows[rows["method"] != best]
        alike = list(rivals["method"][rivals["p_holm"] >= LEVEL])
        apart = "not tested" if rivals["p_holm"].isna().all() else f"set apart from {_each(alike, len(rivals))}"
        said.setdefault(f"{best} has the best mean, {apart}", []).append(str(metric))
    return [(", ".join(metrics), text) for text, metrics in said.items()]


def _each(alike: list[str], rivals: int) -> str:
    if not alike:
        return "every other method"
    return "no other" if len(alike) == rivals else f"all but {', '.join(alike)}"


def wins(tests: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """In how many metrics each method is significantly better and worse than each other, as `3 / 1`.

    Args:
        tests: of `isfstudy.ranking.ranks.Ranking`.
    """
    better = pd.DataFrame(0, methods, methods)
    for row in tests[tests["p_holm"] < LEVEL].itertuples():
        up = (row.difference > 0) != (row.metric in LOWER_IS_BETTER)
        one, other = (row.method, row.competitor) if up else (row.competitor, row.method)
        better.loc[one, other] += 1
    cells = {
        other: [f"{better.at[one, other]} / {better.at[other, one]}" if one != other else "" for one in methods]
        for other in methods
    }
    return pd.DataFrame(cells, index=list(methods))


def _pictures(stem: str, files: Mapping[str, Mapping[str, Files]], methods: list[str], way: str) -> dict[str, Any]:
    """One image of all methods beside its sources, and the first two methods with an edge between them."""
    sources = next(iter(files.values()))[stem][1:]
    shown = list(zip(("infrared", "visible"), (_levels(file, way) for file in sources), strict=True))
    shown += [(method, _levels(files[method][stem][0], "full")) for method in methods]
    elements = {name: embedded(image, printable(f"{stem}, {name}")) for name, image in shown}
    left, right = shown[1:3] if len(methods) < 2 else shown[2:4]
    box = slider_box(*((printable(f"{stem}, {name}"), image) for name, image in (left, right)))
    caption = f"{left[0]} on the left of the edge, {right[0]} on its right."
    return {"name": printable(stem), "slider": box, "images": elements, "caption": caption}


def _levels(file: Path, way: str) -> np.ndarray:
    """An image in 8 bits; of one with 16 the grey levels that are scored."""
    image = read_image(file)
    return image if image.dtype == np.uint8 else np.rint(unit_luma(image, sixteen_bit=way) * 255).astype(np.uint8)
