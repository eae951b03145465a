"""How close networks trained here come to the authors' checkpoint: in metrics, in gates, in what they need."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.network import SCALES
from isfcore.records import Record

GATES = tuple(f"gate_{scale}" for scale in SCALES)
RESPONSES = ("without_infrared", "without_visible")
ASPECTS = {"metrics": METRICS, "gates": GATES, "dropped modality": RESPONSES}


def distances(behaviour: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Differences between the mean behaviour of each network and that of one of them, on each data set.

    Args:
        behaviour: rows of `isfcore.validation.behaviour` with columns `network` and `dataset`.
        reference: the network to compare with.

    Returns:
        A row a data set and network: `metrics`, the mean over the five metrics of the absolute difference in percent of
        the reference's value; `gates`, the mean over the three gates of the absolute difference of their means, in
        percent of the full range; `dropped modality`, as for metrics, of the change when a modality is dropped. No
        row for a data set on which the reference is missing.
    """
    means = behaviour.groupby(["dataset", "network"], sort=False)[[*METRICS, *GATES, *RESPONSES]].mean()
    rows = []
    for (dataset, network), values in means.iterrows():
        if network == reference or (dataset, reference) not in means.index:
            continue
        expected = means.loc[(dataset, reference)]
        difference = (values - expected).abs()
        relative = difference / expected.abs()
        row = {"dataset": dataset, "network": network}
        for aspect, names in ASPECTS.items():
            row[aspect] = 100 * (difference if aspect == "gates" else relative)[list(names)].mean()
        rows.append(row)
    return pd.DataFrame(rows, columns=["dataset", "network", *ASPECTS])


def ranking(distance: pd.DataFrame) -> pd.DataFrame:
    """Mean rank of each network over data sets, by aspect and over all: 1 is closest. Closest first.

    Args:
        distance: from `distances`.
    """
    ranks = distance.groupby("dataset")[list(ASPECTS)].rank()
    ranks.insert(0, "network", distance["network"])
    table = ranks.groupby("network", sort=False).mean()
    table["all"] = table.mean(axis=1)
    return table.sort_values("all").reset_index()


def swings(validation: pd.DataFrame) -> pd.Series:
    """How far each metric goes up and down from look to look: highest minus lowest, in percent of the mean.

    Args:
        validation: looks of a run, those before training left out.
    """
    looks = validation.loc[validation["step"] > 0, list(METRICS)]
    return (looks.max() - looks.min()) / looks.mean().abs() * 100


def drift(continued: dict[str, Record], reference: dict[str, float]) -> pd.DataFrame:
    """Where runs that went on from given weights have moved to, on the pairs they were watched on.

    Args:
        continued: the runs by name.
        reference: the metrics of the weights they started from on the same pairs; empty where they are not known.

    Returns:
        A row a run: `run`, its summary, `loss` (mean of the first 50 steps at most), the change of each metric from the
        first to the last look in percent, `off`, the greatest difference of a metric at the last look from the
        reference in percent of it, and `swing`, of `swings`, the greatest.
    """
    rows = []
    for name, record in continued.items():
        first, last = (record.validation[list(METRICS)].iloc[look] for look in (0, -1))
        off = (last / pd.Series(reference) - 1).abs().max() * 100 if reference else float("nan")
        moved = ((last / first - 1) * 100).to_dict()
        rows.append(
            {"run": name}
            | record.summary
            | {"loss": record.log["total"].iloc[:50].mean()}
            | moved
            | {"off": off, "swing": swings(record.validation).max()}
        )
    return pd.DataFrame(rows)
