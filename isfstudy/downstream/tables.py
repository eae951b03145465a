"""The tables of notebooks 06 and 07: scores of all inputs under all regimes, on parts of the images, beside print."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_whole
from isfstudy.comparison.fuse_all import fuse_all
from isfstudy.comparison.methods import Method
from isfstudy.downstream.inputs import Input
from isfstudy.downstream.intervals import agreement_over_methods, agreement_within_images, resampled
from isfstudy.downstream.regimes import night
from isfstudy.downstream.scoring import Columns, Scores
from isfstudy.downstream.setting import Setting

SOURCES = ("Visible", "Infrared")  # whose quality as fused images means nothing
TRAINED = ("steps", "batch", "side")  # how long fusion networks were trained
WITH, WITHOUT = "ISF (ours-full)", "ISF (ours-without_interventions)"  # trained alike but for the interventions


def values(columns: Columns, images: int, *, only: np.ndarray | None = None) -> pd.DataFrame:
    """A row a regime and input: `protocol`, `method`, `pairs` (how many were scored) and the columns.

    Args:
        images: how many were tested on.
        only: (images,) bool, the images to score on; all without it.
    """
    weights = np.ones((1, images), int) if only is None else only[None].astype(int)
    rows = [
        {"protocol": regime, "method": method, "pairs": int(weights.sum())}
        | {name: float(of(weights)[0]) for name, of in each.items()}
        for (regime, method), each in columns.items()
    ]
    return pd.DataFrame(rows)


def against(
    columns: Columns,
    column: str,
    clusters: Sequence[str],
    *,
    reference: str,
    resamples: int,
    methods: Sequence[str] = (),
) -> pd.DataFrame:
    """`isfstudy.downstream.intervals.resampled` of one column under each regime, after `protocol`, `metric`,
    `reference`, `pairs` and `clusters`, how many were scored and drawn.

    Args:
        clusters: of each test image, see there.
        methods: to compare; all without it.
    """
    tables = []
    for regime in dict.fromkeys(key[0] for key in columns):
        scores = {
            name: each[column] for (of, name), each in columns.items() if of == regime and name in (methods or [name])
        }
        table = resampled(scores, clusters, reference=reference, resamples=resamples)
        facts = {"protocol": regime, "metric": column, "reference": reference}
        facts |= {"pairs": len(clusters), "clusters": len(set(clusters))}
        tables.append(pd.DataFrame([facts] * len(table)).join(table))
    return pd.concat(tables, ignore_index=True)


def effect_of_interventions(setting: Setting, scores: Scores, *, resamples: int) -> pd.DataFrame:
    """The network trained with interventions against the same without, under each regime; no rows without both.

    What `against` gives, and `steps`, `batch` and `side`: how long both were trained.
    """
    if not {WITH, WITHOUT} <= {*setting.comparison.everywhere}:
        return pd.DataFrame(
            columns=["protocol", "pairs", "clusters", "score", "lead", "lead_low", "lead_high", "verdict", *TRAINED]
        )
    columns, about = scores.columns, {"reference": WITHOUT, "resamples": resamples, "methods": (WITH, WITHOUT)}
    table = against(columns, scores.of_set, setting.clusters, **about)
    return table[table["method"] == WITH].assign(**setting.fusion_trained[WITH])


def night_and_day(columns: Columns, stems: Sequence[str]) -> pd.DataFrame:
    """What `values` gives, by day and at night, in a column `time`."""
    dark = np.array([night(stem) for stem in stems])
    parts = [("day", ~dark), ("night", dark)]
    return pd.concat(
        [values(columns, len(dark), only=mask).assign(time=time) for time, mask in parts if mask.any()],
        ignore_index=True,
    )


def side_by_side(by_time: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """`night_and_day`, of two regimes, with a column a score and time."""
    rows = by_time[by_time["protocol"].isin(["own", "adapted"])]
    wide = rows.pivot_table(index=["protocol", "method"], columns="time", values=list(names), sort=False)
    wide.columns = [f"{name}, {time}" for name, time in wide.columns]
    return wide.reset_index()


def beside_print(
    measured: pd.DataFrame, printed: pd.DataFrame, names: dict[str, str], order: Sequence[str]
) -> pd.DataFrame:
    """Printed and measured rows of a table, method by method.

    Args:
        measured: from `values`, of one regime.
        printed: from `isfstudy.paper.printed.printed_table`, whose numbers are text.
        names: printed column -> measured column.
        order: of the columns after `method`, `row` and `pairs`.

    Returns:
        `method`, `row` (`printed`, or `measured`), `pairs` (empty in printed rows) and the columns, NaN where a row
        lacks one.
    """
    said = printed.rename(columns=names).astype(dict.fromkeys(names.values(), float)).assign(row="printed", pairs="")
    table = pd.concat([said, measured.assign(row="measured")])
    place = {name: index for index, name in enumerate(dict.fromkeys([*measured["method"], *printed["method"]]))}
    table = table.sort_values(["method", "row"], key=lambda column: column.map(place | {"printed": 0, "measured": 1}))
    return table[["method", "row", "pairs", *order]].reset_index(drop=True)


def interval_text(table: pd.DataFrame, digits: int = 3) -> pd.Series:
    """`score [low, high]` of each row of `against`."""
    return table.apply(
        lambda row: f"{row['score']:.{digits}f} [{row['low']:.{digits}f}, {row['high']:.{digits}f}]", axis=1
    )


def quality(inputs: Sequence[Input], pairs: Sequence[Pair], *, progress: str = "") -> pd.DataFrame:
    """The five metrics of each input's images, of their luma, under the standard convention: a row an image.

    Returns:
        `method`, `stem` and `METRICS`.

    Raises:
        ValueError: naming the images that cannot be scored.
    """

    def measure(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[dict]:
        return [score(fused, infrared, grey(visible), convention="standard")]

    methods = {each.name: _luma_of(each) for each in inputs}
    rows, problems = fuse_all(pairs, methods, measure, read=read_whole, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{which}: {text}" for which, text in problems.items()))
    return pd.DataFrame(rows, columns=["method", "stem", *METRICS])


def _luma_of(source: Input) -> Method:
    return lambda stem, infrared, visible: grey(source.make(stem, infrared, visible))


def every_image(scores: Scores, stems: Sequence[str], clusters: Sequence[str], quality: pd.DataFrame) -> pd.DataFrame:
    """A row a regime, input and test image: its cluster, its score and, where `quality` has it, its quality."""
    about = {"stem": stems, "cluster": clusters}
    rows = [
        pd.DataFrame({"protocol": regime, "method": method} | about | {scores.of_image: each})
        for (regime, method), each in scores.per_image.items()
    ]
    return pd.concat(rows).merge(quality, on=["method", "stem"], how="left")


def seed_spread(columns: Columns, names: Sequence[str], images: int) -> pd.DataFrame:
    """How far a seed alone moves a score: a row an input with `seeds`, and `mean` and `range` of each column.

    Args:
        columns: by input and seed.
        names: of the columns to show.
    """
    weights = np.ones((1, images), int)
    rows = []
    for method in dict.fromkeys(name for name, _ in columns):
        each = [found for (name, _), found in columns.items() if name == method]
        row: dict[str, object] = {"method": method, "seeds": len(each)}
        for name in names:
            scores = [float(of[name](weights)[0]) for of in each]
            row |= {f"{name} mean": np.mean(scores), f"{name} range": np.ptp(scores)}
        rows.append(row)
    return pd.DataFrame(rows)


def agreement(
    per_image: pd.DataFrame, table: pd.DataFrame, scores: Scores, *, resamples: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Does what a machine sees in fused images follow their quality? Under the regime `adapted`, sources left out.

    Args:
        per_image: from `every_image`.
        table: from `values`.
        scores: for the names of the scores in both.

    Returns:
        A row a metric: what `agreement_over_methods` and `agreement_within_images` of `isfstudy.downstream.intervals`
        give, the latter's columns beginning with `within `; and a row a method with mean metrics and score.
    """
    fused = per_image[(per_image["protocol"] == "adapted") & ~per_image["method"].isin(SOURCES)]
    of_set = table[(table["protocol"] == "adapted") & ~table["method"].isin(SOURCES)].set_index("method")[scores.of_set]
    by_method = fused.groupby("method", sort=False)[list(METRICS)].mean().join(of_set).reset_index()
    over = agreement_over_methods(by_method, METRICS, scores.of_set)
    within = agreement_within_images(fused, METRICS, scores.of_image, resamples=resamples)
    renamed = within.rename(columns={name: f"within {name}" for name in within.columns[1:]})
    return over.merge(renamed, on="quality"), by_method


def matters_more(agreed: pd.DataFrame) -> pd.DataFrame:
    """Whether AG and SF go with a machine's score more closely than PSNR does: a row for each of the two.

    Args:
        agreed: the first of what `agreement` gives.

    Returns:
        `quality`, `pairs` (images), their `clusters`, `rho` within images of it and of PSNR, the mean `difference` of
        the two on an image with `low` and `high`, `smallest` (half that interval), and `verdict`: `yes` or `no` where
        the interval of the difference excludes zero, else `undecided`.
    """
    rows, known = [], agreed.set_index("quality")
    for quality in ("AG", "SF"):
        own = known.loc[quality]
        low, high = own["within over low"], own["within over high"]
        row = {"quality": quality, "pairs": own["within images"], "clusters": own["within clusters"]}
        row |= {
            "rho": own["within rho"],
            "rho of PSNR": known.loc["PSNR", "within rho"],
            "difference": own["within over"],
        }
        row |= {"low": low, "high": high, "smallest": (high - low) / 2}
        rows.append(row | {"verdict": "yes" if low > 0 else "no" if high < 0 else "undecided"})
    return pd.DataFrame(rows)
