"""Least squares over runs: what differs between arms, each seed with a level of its own.

Runs of one seed share initial weights, crops and masks, so that a seed moves all arms alike. What the arms and the
seeds leave over is the error, from which intervals come; it is taken to be of one size in all arms.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import t as student
from statsmodels.regression.linear_model import RegressionResults

LEVEL = "level"  # in combinations: the mean over the seeds, every column of the design being 0
SEED = "seed "  # begins the name of a seed's level


def fit(table: pd.DataFrame, design: pd.DataFrame) -> RegressionResults:
    """Fit a figure by columns of a design and a level for each seed.

    Args:
        table: a row a seed, a column an arm, NaN for runs that are missing, as `isfstudy.grid.sets.by_arm` gives it.
        design: a row an arm, a column a quantity; arms of `table` that it lacks are left out.
    """
    arms = [arm for arm in design.index if arm in table]
    values = table[arms].stack()  # by seed and arm; runs that are missing are left out
    values = values[values.notna()]
    columns = design.loc[values.index.get_level_values(1)].reset_index(drop=True)
    seeds = pd.get_dummies(values.index.get_level_values(0), dtype=float).rename(columns=lambda one: f"{SEED}{one}")
    return sm.OLS(values.to_numpy(), pd.concat([seeds, columns], axis=1)).fit()


def estimates(fitted: RegressionResults, wanted: pd.DataFrame, *, together: int = 1) -> pd.DataFrame:
    """Combinations of what was fitted, with 95 % intervals of Student's t.

    Args:
        fitted: from `fit`.
        wanted: a row a combination, a column a weight: of a column of the design, or `LEVEL`.
        together: how many intervals hold together with 95 % (Bonferroni).

    Returns:
        By combination: `mean`, `low`, `high` (NaN where no degree of freedom is left) and `degrees`.
    """
    seeds = [name for name in fitted.params.index if name.startswith(SEED)]
    weights = wanted.reindex(columns=fitted.params.index, fill_value=0.0).astype(float)
    for seed in seeds if LEVEL in wanted else []:
        weights[seed] = wanted[LEVEL] / len(seeds)
    mean = weights.to_numpy() @ fitted.params.to_numpy()
    degrees = int(fitted.df_resid)
    half = np.full(len(wanted), np.nan)
    if degrees > 0:
        variance = np.einsum("ij,jk,ik->i", weights, fitted.cov_params(), weights)
        half = np.sqrt(variance) * student.isf(0.025 / together, degrees)
    found = {"mean": mean, "low": mean - half, "high": mean + half, "degrees": degrees}
    return pd.DataFrame(found, index=wanted.index)
