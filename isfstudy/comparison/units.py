"""Differences between metrics in units that mean something: PSNR in dB, all others in percent.

PSNR is a logarithm with a constant in it: 2 % of 65 dB are 1.3 dB, and of the same images without the 48 dB that the
paper's convention adds, 0.3 dB.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from isfcore.metrics import METRICS

RELATIVE = tuple(metric for metric in METRICS if metric != "PSNR")


def difference(values: pd.DataFrame, reference: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Metrics minus a reference's, in percent of it; PSNR in dB.

    Args:
        values: with `METRICS` among its columns.
        reference: their values, one for all rows, or with a row for each of `values`, in the index of `values`.
    """
    both = values[list(METRICS)], reference[list(METRICS)]
    return (both[0].div(both[1]).sub(1).mul(100)).assign(PSNR=both[0]["PSNR"] - both[1]["PSNR"])


def said(changes: Mapping[str, float], *, signed: bool = True, digits: int = 1) -> str:
    """`AG +1.2 %, PSNR -0.33 dB` of differences by metric; PSNR with a digit more."""
    sign = "+" if signed else ""
    return ", ".join(
        f"{metric} {changes[metric]:{sign}.{digits + 1}f} dB"
        if metric == "PSNR"
        else f"{metric} {changes[metric]:{sign}.{digits}f} %"
        for metric in METRICS
        if metric in changes
    )
