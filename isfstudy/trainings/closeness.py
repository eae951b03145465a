"""How close networks trained here come to the authors' checkpoint: in metrics, in gates, in what they need."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.network import SCALES
from isfstudy.trainings.records import Record

GATES = tuple(f"gate_{scale}" for scale in SCALES)
RESPONSES = ("without_infrared", "without_visible")
ASPECTS = {"metrics": METRICS, "gates": GATES, "dropped modality": RESPONSES}


def distances(behaviour: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Differences between the mean behaviour of each network and that of one of them, on each data set.

    Args:
        behaviour: rows of `isfcore.training.validation.behaviour` with columns `network` and `dataset`.
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


def looks_apart(continued: dict[str, Record]) -> pd.DataFrame:
    """How far each look of runs that went on from given weights is from the look before their first step, in percent.

    Args:
        continued: the runs by name, watched from step 0 on.

    Returns:
        A row a run and look after the start: `run`, `step`, and the metrics' relative difference.
    """
    tables = [pd.DataFrame(columns=["run", "step", *METRICS], dtype=float)]
    for name, record in continued.items():
        values = record.validation.set_index("step")[list(METRICS)]
        apart = ((values / values.loc[0] - 1) * 100).drop(index=0)
        tables.append(apart.reset_index().assign(run=name))
    return pd.concat(tables, ignore_index=True)[["run", "step", *METRICS]]


def drift(continued: dict[str, Record]) -> pd.DataFrame:
    """Where runs that went on from given weights have moved to, on the pairs they were watched on.

    Returns:
        A row a run: `run`, its summary, `loss` (mean of the first 50 steps at most), each metric's mean difference from
        the look before the first step over the second half of the looks, in percent; `off`, the greatest of these; and
        `furthest`, the greatest difference of any metric at any look.
    """
    apart = looks_apart(continued)
    rows = []
    for name, record in continued.items():
        looks = apart.loc[apart["run"] == name, list(METRICS)]
        late = looks.iloc[len(looks) // 2 :].mean()
        rows.append(
            {"run": name}
            | record.summary
            | {"loss": record.log["total"].iloc[:50].mean()}
            | late.to_dict()
            | {"off": late.abs().max(), "furthest": looks.abs().max(axis=None)}
        )
    return pd.DataFrame(rows, columns=None if rows else ["run", "steps", "loss", *METRICS, "off", "furthest"])
