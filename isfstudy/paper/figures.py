"""Pictures of what the paper prints beside what was measured, and of verdicts."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS


def residuals(table: pd.DataFrame) -> Figure:
    """Measured minus printed in half widths of the measured mean's interval: a panel a data set, a colour and a
    marker a metric. Within the band the printed number lies inside the interval.

    Args:
        table: columns `dataset`, `method`, `metric` and `widths`; data sets in the order of panels.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    figure, axes = plt.subplots(1, len(datasets), figsize=(4.3 * len(datasets), 3.4), sharey=True, squeeze=False)
    order = dict(hue_order=METRICS, style_order=METRICS)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        rows = table[table["dataset"] == dataset]
        axis.axvspan(-1, 1, color="0.93")
        axis.axvline(0, color="0.3", linewidth=1)
        last = dataset == datasets[-1]
        sns.scatterplot(rows, x="widths", y="method", hue="metric", style="metric", s=70, ax=axis, legend=last, **order)
        axis.set(title=dataset, xlabel="measured − printed, half widths of the interval", ylabel="", xscale="symlog")
        ticks = [-10, -3, -1, 0, 1, 3, 10]
        axis.set_xticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_xlim(-30, 30)
    sns.move_legend(axes[0][-1], "upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def verdicts(counts: pd.DataFrame) -> Figure:
    """A stacked bar for each group of claims of how many of them have which verdict.

    Args:
        counts: a row a group, named in the index, the topmost first; a column a verdict, in the order of
            `isfstudy.paper.verdicts.MEANING`.
    """
    figure, axis = plt.subplots(figsize=(8, 0.5 + 0.36 * len(counts)), layout="constrained")
    left = pd.Series(0, index=counts.index)
    for verdict, colour in zip(counts, ("#0173b2", "#de8f05", "#b3403a", "#8172b2", "#949494"), strict=True):
        label = f"{counts[verdict].sum()} {verdict}"
        bars = axis.barh(counts.index, counts[verdict], left=left, color=colour, edgecolor="white", label=label)
        axis.bar_label(bars, [count or "" for count in counts[verdict]], label_type="center", color="white", fontsize=8)
        left += counts[verdict]
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.tick_params(length=0)
    axis.set_xticks([])
    for side in axis.spines.values():
        side.set_visible(False)
    columns = dict(ncols=len(counts.columns), columnspacing=1.2, handlelength=1)
    figure.legend(loc="outside upper center", frameon=False, **columns)  # as wide as the figure, not as its bars
    return figure
