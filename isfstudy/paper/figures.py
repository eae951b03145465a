"""Pictures of what the paper prints beside what was measured, and of verdicts."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from isfcore.metrics import METRICS


def residuals(table: pd.DataFrame) -> Figure:
    """Measured over printed, minus one, in percent: a panel a data set, a colour and a marker a metric.

    Args:
        table: columns `dataset`, `method`, `metric` and `residual` (percent); data sets in the order of panels.
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    figure, axes = plt.subplots(1, len(datasets), figsize=(4.3 * len(datasets), 3.4), sharey=True, squeeze=False)
    order = dict(hue_order=METRICS, style_order=METRICS)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        rows = table[table["dataset"] == dataset]
        axis.axvline(0, color="0.3", linewidth=1)
        last = dataset == datasets[-1]
        sns.scatterplot(
            rows, x="residual", y="method", hue="metric", style="metric", s=70, ax=axis, legend=last, **order
        )
        axis.set(title=dataset, xlabel="measured − printed, % of printed", ylabel="", xscale="symlog")
        ticks = [-30, -5, -1, 0, 1, 5, 30]
        axis.set_xticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_xlim(-80, 80)
    sns.move_legend(axes[0][-1], "upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def verdicts(counts: pd.Series) -> Figure:
    """One stacked bar of how many claims have which verdict; verdicts in the index, of which none may be missing."""
    figure, axis = plt.subplots(figsize=(8, 1.2))
    left = 0
    for (verdict, count), colour in zip(counts.items(), ("#0173b2", "#de8f05", "#b3403a", "#949494"), strict=True):
        axis.barh(0, count, left=left, color=colour, edgecolor="white", label=f"{count} {verdict}")
        left += count
    axis.axis("off")
    axis.legend(ncols=len(counts), loc="lower center", bbox_to_anchor=(0.5, 0.95), frameon=False, handlelength=1)
    return figure
