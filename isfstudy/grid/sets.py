"""Figures of the grid's runs by test set: those of a set in parts are the mean of its parts."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from isfcore.metrics import METRICS

SETS = {"TNO": ("TNO",), "MSRS": ("MSRS_day", "MSRS_night"), "RoadScene": ("RoadScene",), "M3FD": ("M3FD",)}
SETS |= {"scenes": ("scenes",)}  # of a trial
LOST = ("lost_complementary", "lost_random")  # dB of PSNR under masks, on TNO
UNITS = {"PSNR": " dB"} | dict.fromkeys(LOST, " dB")
TITLES = {  # of figures whose names do not say enough
    "PSNR": "PSNR (dB)",
    "lost_complementary": "lost to complementary masks (dB)",
    "lost_random": "lost to random masks (dB)",
    "fidelity": "fidelity loss",
    "gate": "mean gate",
    "decided": "gates decided",
}


def by_arm(runs: pd.DataFrame, dataset: str, figure: str) -> pd.DataFrame:
    """A figure on a set: a row a seed, a column an arm, NaN for runs that are missing; empty where no run has it.

    Args:
        runs: a row a run, from `isfstudy.grid.records.looks`; those of one arm and seed that differ in what they were
            trained on are averaged.
        dataset: of `SETS`.
        figure: one that `isfstudy.grid.measures` gives for each of the set's parts.
    """
    columns = [f"{part}.{figure}" for part in SETS[dataset]]
    if not set(columns) <= set(runs) or runs[columns].isna().all(axis=None):
        return pd.DataFrame()
    values = runs[columns].mean(axis=1, skipna=False)
    return runs.assign(value=values).pivot_table(index="seed", columns="arm", values="value")


def measured(runs: pd.DataFrame, datasets: Iterable[str] = SETS, figures: Iterable[str] = METRICS) -> list[tuple]:
    """The pairs of set and figure that runs have, in order."""
    return [(dataset, figure) for dataset in datasets for figure in figures if len(by_arm(runs, dataset, figure))]
