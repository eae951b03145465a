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
