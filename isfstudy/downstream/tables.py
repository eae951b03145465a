"""The tables of notebooks 06 and 07: scores of all inputs under all protocols, on parts of the images, beside print."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.machine.threads import in_threads
from isfcore.metrics import METRICS
from isfcore.pairs import Pair, read_whole
from isfstudy.downstream.inputs import Input
from isfstudy.downstream.intervals import Score, agreement_over_methods, agreement_within_images, resampled

SOURCES = ("Visible", "Infrared")  # whose quality as fused images means nothing
Columns = dict[
    tuple[str, str], dict[str, Score]
]  # by protocol and input the columns of a table, as functions of weights


def values(columns: Columns, images: int, *, only: np.ndarray | None = None) -> pd.DataFrame:
    """A row a protocol and input: `protocol`, `method`, `pairs` (how many were scored) and the columns.

    Args:
        images: how many were tested on.
        only: (images,) bool, the images to score on; all without it.
    """
    weights = np.ones((1, images), int) if only is None else only[None].astype(int)
    rows = [
        {"protocol": protocol, "method": method, "pairs": int(weights.sum())}
        | {name: float(of(weights)[0]) for name, of in each.items()}
        for (protocol, method), each in columns.items()
    ]
    return pd.DataFrame(rows)


def against(
    columns: Columns, column: str, images: int, *, reference: str, resamples: int, methods: Sequence[str] = ()
) -> pd.DataFrame:
    """`isfstudy.downstream.intervals.resampled` of one column under each protocol, after `protocol`, `metric`,
    `reference` and `pairs`, how many were scored.

    Args:
        methods: to compare; all without it.
    """
    tables = []
    for protocol in dict.fromkeys(key[0] for key in columns):
        scores = {
            name: each[column] for (of, name), each in columns.items() if of == protocol and name in (methods or [name])
        }
        table = resampled(scores, images, reference=reference, resamples=resamples)
        facts = {"protocol": protocol, "metric": column, "reference": reference, "pairs": images}
        tables.append(pd.DataFrame([facts] * len(table)).join(table))
    return pd.concat(tables, ignore_index=True)


def beside_print(
    measured: pd.DataFrame, printed: pd.DataFrame, names: dict[str, str], order: Sequence[str]
) -> pd.DataFrame:
    """Printed and measured rows of a table, method by method.

    Args:
        measured: from `values`, of one protocol.
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
        ValueError: naming the pairs that cannot be scored.
    """

    def one(pair: Pair) -> list[dict]:
        infrared, visible = read_whole(pair)
        rows = []
        for each in inputs:
            fused = grey(each.make(pair.stem, infrared, visible))
            found = score(fused, infrared, grey(visible), convention="standard")
            rows.append({"method": each.name, "stem": pair.stem} | found)
        return rows

    found, problems = in_threads(one, pairs, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{pair.stem}: {text}" for pair, text in problems.items()))
    return pd.DataFrame([row for pair in pairs for row in found[pair]], columns=["method", "stem", *METRICS])


def seed_spread(columns: dict[tuple[str, int], dict[str, Score]], names: Sequence[str], images: int) -> pd.DataFrame:
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
    per_image: pd.DataFrame, table: pd.DataFrame, score_of_image: str, score_of_set: str, *, resamples: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Does what a machine sees in fused images follow their quality? Under the protocol `adapted`, sources left out.

    Args:
        per_image: `protocol`, `method`, `stem`, the metrics and a score of each image.
        table: from `values`, with a score of the set.

    Returns:
        A row a metric: what `agreement_over_methods` and `agreement_within_images` of `isfstudy.downstream.intervals`
        give, the latter's columns beginning with `within `; and a row a method with mean metrics and score.
    """
    fused = per_image[(per_image["protocol"] == "adapted") & ~per_image["method"].isin(SOURCES)]
    whole = table[(table["protocol"] == "adapted") & ~table["method"].isin(SOURCES)].set_index("method")[score_of_set]
    by_method = fused.groupby("method", sort=False)[list(METRICS)].mean().join(whole).reset_index()
    over = agreement_over_methods(by_method, METRICS, score_of_set)
    within = agreement_within_images(fused, METRICS, score_of_image, resamples=resamples)
    renamed = within.rename(columns={name: f"within {name}" for name in within.columns[1:]})
    return over.merge(renamed, on="quality"), by_method


def matters_more(agreed: pd.DataFrame) -> pd.DataFrame:
    """Whether AG and SF go with a machine's score more closely than PSNR does: a row for each of the two.

    Args:
        agreed: the first of what `agreement` gives.

    Returns:
        `quality`, `rho` within images of it and of PSNR, and `verdict`: `yes` or `no` where the two intervals do not
        overlap, else `undecided`.
    """
    rows, known = [], agreed.set_index("quality")
    other = known.loc["PSNR"]
    for quality in ("AG", "SF"):
        own = known.loc[quality]
        above, below = own["within low"] > other["within high"], own["within high"] < other["within low"]
        verdict = "yes" if above else "no" if below else "undecided"
        both = {"rho": own["within rho"], "rho of PSNR": other["within rho"]}
        rows.append({"quality": quality} | both | {"verdict": verdict})
    return pd.DataFrame(rows)


def findings(
    compared: pd.DataFrame,
    agreed: pd.DataFrame,
    spread: pd.DataFrame,
    effect: pd.DataFrame,
    reference: str,
    metric: str,
) -> list[str]:
    """What a page closes with, as sentences built from its tables.

    Args:
        compared: from `against`, all inputs; `effect`: the same, with interventions against without.
        agreed: from `agreement`.
        spread: from `seed_spread`.
        metric: the score they are about.
    """
    lines = []
    for protocol, rows in compared.groupby("protocol", sort=False):
        order = rows.sort_values("score", ascending=False, ignore_index=True)
        best = order.iloc[0]
        place = order.index[order["method"] == reference][0] + 1
        own = order.iloc[place - 1]
        count = order["verdict"].value_counts()
        lines.append(
            f"<b>{protocol}:</b> {metric} is highest for {best['method']} ({best['score']:.3f}); {reference} takes "
            f"place {place} of {len(order)} ({own['score']:.3f}, 95 % {own['low']:.3f} to {own['high']:.3f}). Of the "
            "others "
            f"{count.get('better', 0)} are better by more than chance, {count.get('worse', 0)} worse, "
            f"{count.get('undecided', 0)} not apart."
        )
    for _, row in effect.iterrows():
        lines.append(
            f"<b>Interventions, {row['protocol']}:</b> {row['lead']:+.3f} {metric} with them "
            f"(95 % {row['lead_low']:+.3f} to {row['lead_high']:+.3f}): {row['verdict']}."
        )
    if len(spread):
        widest = spread[f"{metric} range"].max()
        lines.append(f"<b>A seed alone</b> moves {metric} by up to {widest:.3f} here: smaller leads are no evidence.")
    for _, row in matters_more(agreed).iterrows():
        lines.append(
            f"<b>{row['quality']} or PSNR?</b> Within images the score goes with {row['quality']} by "
            f"{row['rho']:+.2f}, with PSNR by {row['rho of PSNR']:+.2f} (rank correlation). {row['quality']} matters "
            f"more: {row['verdict']}."
        )
    return lines
