"""The paper's printed tables, and measured means put beside them.

Printed numbers are kept as text: how many digits are printed is part of the claim.
"""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.places import PRINTED_TABLES, repository

NETWORK = "ISF ("  # rows of networks of the paper's architecture: `ISF (<weights>)`
OURS = f"{NETWORK}released)"  # the printed row "Ours" stands for the authors' weights


def is_network(method: str) -> bool:
    """Whether a row is of a network of the paper's architecture, with whatever weights."""
    return method.startswith(NETWORK)


def printed_table(name: str) -> pd.DataFrame:
    """One of the paper's tables as text, e.g. `table1_ivif`; its row "ISF" is named after the authors' weights."""
    table = pd.read_csv(repository() / PRINTED_TABLES / f"{name}.csv", dtype=str)
    return table.replace({"method": {"ISF": OURS}})


def decimals(printed: str) -> int:
    """How many digits follow the point of a printed number."""
    return len(printed.partition(".")[2])


def rounded_as(measured: float, printed: str) -> str:
    """A measured number with as many decimals as the printed one."""
    return f"{measured:.{decimals(printed)}f}"


def beside_printed(means: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Rows measured under the paper's protocol and printed rows together, in the order of the printed table.

    Columns as in `means`, with a column `row` in place of `protocol`: `printed`, `measured`, or `printed only` where a
    method has no measured row on that data set.

    Args:
        means: from `isfstudy.comparison.scores.means`.
        printed: from `printed_table`; rows of data sets that were not measured are left out.
    """
    measured = means[means["protocol"] == "paper"].assign(row="measured")
    keys = ["dataset", "method"]
    rows = printed[printed["dataset"].isin(means["dataset"])].astype(dict.fromkeys(METRICS, float))
    both = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(measured[keys]))
    rows = rows.assign(row=["printed" if each else "printed only" for each in both], pairs="")
    table = pd.concat([rows, measured])
    order = {
        "dataset": list(dict.fromkeys(means["dataset"])),
        "method": list(dict.fromkeys([OURS, *printed["method"], *means["method"]])),
        "row": ["printed", "printed only", "measured"],
    }
    table = table.sort_values(list(order), key=lambda column: column.map(order[column.name].index), ignore_index=True)
    return table[["row" if name == "protocol" else name for name in means.columns]]


def with_intervals(rows: pd.DataFrame, intervals: pd.DataFrame, places: dict[str, int]) -> pd.DataFrame:
    """Rows as they are shown: printed numbers as they are, measured means with the interval of the mean, as text.

    Args:
        rows: from `beside_printed`.
        intervals: from `isfstudy.comparison.statistics.confidence_intervals`; a measured row without one shows its
            mean alone.
        places: decimals of each metric.
    """
    of_paper = intervals[intervals["protocol"] == "paper"].set_index(["dataset", "method", "metric"])
    limits = of_paper[["low", "high"]].to_dict("index")

    def text(row: pd.Series, metric: str) -> str:
        digits = places[metric]
        limit = limits.get((row["dataset"], row["method"], metric)) if row["row"] == "measured" else None
        said = f"{row[metric]:.{digits}f}"
        return said if limit is None else f"{said} [{limit['low']:.{digits}f}, {limit['high']:.{digits}f}]"

    return rows.assign(**{metric: [text(row, metric) for _, row in rows.iterrows()] for metric in places})


def digits(means: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Measured against printed numbers, digit by digit: `measured (printed)`, and how many read the same.

    One row a data set, method and protocol that has both; columns `dataset`, `method`, `protocol`, `pairs`, `equal`
    (a count, of 5) and the metrics.
    """
    rows = []
    for ours in means.merge(printed, on=["dataset", "method"], suffixes=("", " printed")).to_dict("records"):
        said = {metric: ours[f"{metric} printed"] for metric in METRICS}
        read = {metric: rounded_as(ours[metric], said[metric]) for metric in METRICS}
        row = {name: ours[name] for name in ("dataset", "method", "protocol", "pairs")}
        row["equal"] = sum(read[metric] == said[metric] for metric in METRICS)
        rows.append(row | {metric: f"{read[metric]} ({said[metric]})" for metric in METRICS})
    return pd.DataFrame(rows, columns=["dataset", "method", "protocol", "pairs", "equal", *METRICS])


def residuals(means: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Measured minus printed, each metric in its own unit (PSNR in dB), under the paper's protocol.

    Columns `dataset`, `method`, `metric`, `measured`, `printed`, `difference`.
    """
    keys = ["dataset", "method"]
    measured = means[means["protocol"] == "paper"].melt(keys, list(METRICS), "metric", "measured")
    table = measured.merge(printed.melt(keys, list(METRICS), "metric", "printed"), on=[*keys, "metric"])
    table["printed"] = table["printed"].astype(float)
    return table.assign(difference=table["measured"] - table["printed"])
