"""Figure of notebook 04: what leaving a part away changes. Save it with `report.save_figure`."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS
from isfstudy.trainings.ablations import VARIANTS


def changes(table: pd.DataFrame) -> Figure:
    """A panel a metric, a row a variant: the printed change, and the measured one of each data set.

    Args:
        table: from `isfstudy.trainings.ablations.changes`.
    """
    datasets, variants = list(table["dataset"].unique()), list(table["variant"].unique())
    figure, axes = plt.subplots(1, len(METRICS), figsize=(12, 0.42 * len(variants) + 1.2), sharey=True)
    places = {variant: -place for place, variant in enumerate(variants)}
    colours = sns.color_palette("colorblind", len(datasets))
    for axis, metric in zip(axes, METRICS, strict=True):
        rows = table[table["metric"] == metric]
        axis.axvline(0, color="0.3", linewidth=1)
        said = rows.drop_duplicates("variant")
        axis.plot(said["printed"], said["variant"].map(places), "kx", markersize=8, label="printed")
        for dataset, colour, marker in zip(datasets, colours, "osD^v", strict=False):
            of_set = rows[rows["dataset"] == dataset]
            axis.plot(of_set["measured"], of_set["variant"].map(places), marker, color=colour, alpha=0.8, label=dataset)
        axis.set(title=metric, xlabel="variant − full")
    axes[0].set_yticks(list(places.values()), [VARIANTS[variant] for variant in variants])
    axes[-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
