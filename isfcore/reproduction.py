"""How close networks trained here come to the authors' checkpoint: in metrics, in gates, in what they need."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfcore.network import SCALES

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
