"""How much interventions harm: average treatment effects (section 4.2.3, Figure 6).

The effect of an intervention t on a quality Q is Q(fused from the clean pair) - Q(fused from the pair under t), image
by image; positive means harm. Q always compares with the clean sources. AG and SF look at the fused image alone, so
that the edges of holes raise them: a negative effect on them is no gain. An image that did not depend on its sources
would show no effect at all: effects say what is lost, not what is left.

Tables of this room hold many images, as files of notebook 05 do: `dataset`, `network` (any method, also one that was
never trained), `intervention`, `draw` of its masks, `stem` and the metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.mixed import mean_over_images
from isfstudy.intervention_effects.treatments import CLEAN

KEYS = ["network", "dataset", "intervention"]


def effects(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Quality lost by each treatment, image by image.

    Args:
        outcomes: from `isfstudy.intervention_effects.treatments.outcomes`, with a column `dataset`.

    Returns:
        Its rows without the clean ones, with clean minus treated in place of each metric.

    Raises:
        ValueError: for rows without a clean one of the same data set, method and image.
    """
    keys = ["dataset", "network", "stem"]
    is_clean = outcomes["intervention"] == CLEAN
    clean = outcomes[is_clean].set_index(keys)[list(METRICS)]
    table = outcomes[~is_clean].reset_index(drop=True)
    before = clean.reindex(pd.MultiIndex.from_frame(table[keys])).to_numpy()
    lacking = table[np.isnan(before).any(axis=1)]
    if len(lacking):
        raise ValueError(f"there is no clean score of {' '.join(lacking[keys].iloc[0])}")
    table[list(METRICS)] = before - table[list(METRICS)].to_numpy()
    return table


def average_effects(per_image: pd.DataFrame, *, by: Sequence[str] = KEYS) -> pd.DataFrame:
    """ATE, the mean effect over images, with its 95 % interval (`isfstudy.intervention_effects.mixed`).

    Args:
        per_image: from `effects`; with `cluster` where images have one.
        by: columns that make a group.

    Returns:
        One row a group and metric: these, `ate`, `low`, `high` and the number of `pairs` and `draws`.
    """
    rows = []
    for group, images in per_image.groupby(list(by), sort=False):
        for metric in METRICS:
            found = mean_over_images(images, metric)
            rows.append((*group, metric, found.mean, found.low, found.high, found.pairs, found.draws))
    return pd.DataFrame(rows, columns=[*by, "metric", "ate", "low", "high", "pairs", "draws"])


def psnr_lost(ate: pd.DataFrame) -> dict[str, str]:
    """What each intervention costs in dB, mean over the data sets, by method, such as `random 0.10, visible_only 0.05`:
    the dearest first.

    Args:
        ate: from `average_effects`.
    """
    lost = ate[ate["metric"] == "PSNR"].groupby(["network", "intervention"], sort=False)["ate"].mean()
    ranked = {method: lost[method].sort_values()[::-1] for method in ate["network"].unique()}
    return {method: ", ".join(f"{name} {value:.2f}" for name, value in row.items()) for method, row in ranked.items()}
