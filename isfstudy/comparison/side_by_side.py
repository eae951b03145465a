"""A table of the paper as the field prints it: a row a method, printed and measured numbers side by side.

The methods that are compared come first, and of these alone the best number of a column is bold and the second
underlined. Apart from them stand the paper's method on all pairs, methods with a printed row only, those with too few
images of the others (on their own), other weights of the same network, and rules that need no training.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.comparison.markup import MARKUP, PLACES, best_and_second, escaped, markdown_table
from isfstudy.comparison.scores import kind
from isfstudy.paper.printed import OURS

COMPARED, ALL_PAIRS, PRINTED_ONLY, FEW, OTHER_WEIGHTS, RULES = GROUPS = (
    "compared",
    "on all pairs",
    "printed only",
    "too few shared pairs",
    "other weights",
    "simple rules",
)
_COLUMNS = [f"{metric} {which}" for metric in METRICS for which in ("printed", "here")]


def side_by_side(common: pd.DataFrame, own: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """One data set of a printed table, with what was measured.

    Args:
        common: means (`isfstudy.comparison.scores.means`) of one data set under the paper's protocol, on the images
            that all methods have that take part.
        own: the same of every method on all images that it has; those that are here alone share too few with others.
        printed: rows of the printed table for this data set, as text.

    Returns:
        In the order of `GROUPS`, and in them of the printed table: `group`, `method`, `pairs` (missing without images),
        and for each metric `<metric> printed` (text, empty where nothing is printed), `<metric>` (measured, NaN without
        images) and `<metric> difference`, measured minus printed.
    """
    whole = own[(own["method"] == OURS) & (own["pairs"] > common.set_index("method")["pairs"].get(OURS, np.inf))]
    few = own[~own["method"].isin(common["method"])]
    measured = pd.concat(
        [common.assign(group=common["method"].map(_group)), whole.assign(group=ALL_PAIRS), few.assign(group=FEW)]
    )
    said = printed[["method", *METRICS]].rename(columns={metric: f"{metric} printed" for metric in METRICS})
    table = said.merge(measured[["group", "method", "pairs", *METRICS]], on="method", how="outer")
    table["group"] = table["group"].fillna(PRINTED_ONLY)
    table["pairs"] = table["pairs"].astype("Int64")
    columns = ["group", "method", "pairs"]
    for metric in METRICS:
        table[f"{metric} difference"] = table[metric] - table[f"{metric} printed"].astype(float)
        table[f"{metric} printed"] = table[f"{metric} printed"].fillna("")
        columns += [f"{metric} printed", metric, f"{metric} difference"]
    order = {"group": GROUPS, "method": list(dict.fromkeys([OURS, *printed["method"], *own["method"]]))}
    return table.sort_values(list(order), key=lambda each: each.map(order[each.name].index), ignore_index=True)[columns]


def _group(method: str) -> str:
    return COMPARED if method == OURS else {"network": OTHER_WEIGHTS, "classic": RULES}.get(kind(method), COMPARED)


def places(table: pd.DataFrame) -> pd.DataFrame:
    """Which numbers of `side_by_side` are the best (1) and the second (2) of their column; 0 elsewhere.

    Measured numbers are compared among the methods of `COMPARED`, rounded as they are shown; printed ones among all
    printed rows. Higher is better; equal numbers share a place. A column with one number has none.
    """
    found = pd.DataFrame(0, table.index, table.columns)
    for metric in METRICS:
        measured = table[metric].where(table["group"] == COMPARED).round(PLACES[metric])
        said = pd.to_numeric(table[f"{metric} printed"].where(table["group"] != ALL_PAIRS), errors="coerce")
        for column, values in ((metric, measured), (f"{metric} printed", said)):
            found[column] = best_and_second(values)
    return found


def as_text(table: pd.DataFrame, markup: str, *, heading: str = "") -> pd.DataFrame:
    """`side_by_side` for reading: `method`, `pairs`, and for each metric `<metric> printed` and `<metric> here`.

    The name of each group but the first stands in a row before its rows. In `html` the difference from the printed
    number stands below the measured one.

    Args:
        markup: of bold and underlined numbers, one of `MARKUP`.
        heading: of the whole, a row of its own.
    """
    bold, _, italic, none = MARKUP[markup]
    placed = places(table)
    rows = [{"method": bold.format(escaped(heading, markup))}] if heading else []
    for group, of_group in table.groupby("group", sort=False):
        if group != COMPARED:
            rows.append({"method": italic.format(group)})
        for at, row in of_group.iterrows():
            pairs = "" if pd.isna(row["pairs"]) else str(row["pairs"])
            shown = {"method": escaped(row["method"], markup), "pairs": pairs}
            for metric in METRICS:
                shown |= _both(row, placed.loc[at], metric, markup)
            rows.append(shown)
    return pd.DataFrame(rows, columns=["method", "pairs", *_COLUMNS]).fillna("")


def _both(row: pd.Series, placed: pd.Series, metric: str, markup: str) -> dict[str, str]:
    """The printed and the measured number of one metric."""
    bold, underlined, _, none = MARKUP[markup]
    forms = ("{}", bold, underlined)
    said, value, gap = row[f"{metric} printed"], row[metric], row[f"{metric} difference"]
    here = none if np.isnan(value) else f"{value:.{PLACES[metric]}f}"
    found = {f"{metric} printed": forms[placed[f"{metric} printed"]].format(said or none)}
    found[f"{metric} here"] = forms[placed[metric]].format(here)
    if markup == "html" and not np.isnan(gap):
        apart = f"{gap:+.{PLACES[metric]}f}".replace("-", "−")
        found[f"{metric} here"] += f"<br><small>{apart}</small>"
    return found


def as_latex(blocks: Mapping[str, pd.DataFrame]) -> str:
    """Some tables of `side_by_side` below each other, each under its heading, for a paper that loads booktabs."""
    table = pd.concat(as_text(block, "latex", heading=heading) for heading, block in blocks.items())
    both = [tuple(column.split(" ")) for column in _COLUMNS]
    table.columns = pd.MultiIndex.from_tuples([("", "method"), ("", "pairs"), *both])
    columns = "lr" + "rr" * len(METRICS)
    return table.to_latex(index=False, escape=False, column_format=columns, multicolumn_format="c")


def as_markdown(blocks: Mapping[str, pd.DataFrame]) -> str:
    """Some tables of `side_by_side` below each other, each under its heading, as one Markdown table."""
    return markdown_table(pd.concat(as_text(block, "markdown", heading=heading) for heading, block in blocks.items()))
