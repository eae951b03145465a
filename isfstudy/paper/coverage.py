"""How much of what a claim is about a run has measured, and what its result rests on: rules that hold for all claims.

A claim says in `about` what it is about: `pairs` (a number, or one by set), `methods` (how many it compares with); and
in `limits` what of it no run of this study covers. Result files say it in columns `pairs` or `images`, `method`,
`seeds`, `steps`, `batch` and `side`.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from isfstudy.paper.verdicts import SAMPLE, Coverage

LEAST = {"steps": 3350, "batch": 16, "side": 256}  # of a training: 50 epochs of 1,083 pairs, as printed
SEEDS = 6  # with fewer a sign-flip test cannot reach 5 %: 2 / 2^5 is 6 %
OURS_TRAINED = "ours-"  # in the names of networks that were trained here
NAMES = ("method", "network", "reference", "weights", "run")  # columns that name networks
UNITS = {"PSNR": " dB", "lost_complementary": " dB", "lost_random": " dB"}  # of metrics and figures of the grid


def covered(claim: dict[str, Any], rows: pd.DataFrame) -> tuple[pd.DataFrame, Coverage]:
    """The rows that a conclusion may rest on, and how much of the claim they are.

    Sets of which less than a fifth of the pairs was measured are left out, and said to be. Networks trained here decide
    about training only where they were trained as long as printed, or in a comparison over `SEEDS` seeds or more.
    """
    about, said, whole, enough = claim.get("about", {}), [], True, True
    if "pairs" in about:
        kept, counts, whole, enough = _pairs(about["pairs"], rows, claim["test"] == "printed")
        rows = kept if len(kept) else rows
        said += counts
    if "methods" in about:
        here = rows["method"].nunique()
        whole &= here >= about["methods"]
        said.append(f"{here} of {about['methods']} methods")
    if lacking := _lacking(claim, rows):
        whole = False
        said.append(f"without {', '.join(lacking)}")
    if _trained_here(rows):
        of_training = _training(rows)
        whole, enough = whole and of_training.whole, enough and of_training.enough
        said.append(of_training.says)
    if "limits" in claim:
        whole = False
        said.append(claim["limits"])
    return rows, Coverage("; ".join(said) or "all of it", whole, enough)


def _pairs(about: int | dict[str, int], rows: pd.DataFrame, digits: bool) -> tuple[pd.DataFrame, list[str], bool, bool]:
    """Rows of sets with enough pairs, what is said of all, whether all is there, and whether anything is enough."""
    if not isinstance(about, dict):
        here = int(rows["pairs"].min())
        return rows, [f"{here} of {about} pairs"], here >= about, here >= about * (1 if digits else SAMPLE)
    said, good, whole = [], [], True
    for name, all_pairs in about.items():
        of_set = rows[rows["dataset"] == name]
        here = int(of_set["pairs"].min()) if len(of_set) else 0
        whole &= here >= all_pairs
        few = here < all_pairs * SAMPLE
        good += [] if few else [name]
        said.append(f"{name} {here} of {all_pairs} pairs{', too few and left out' if few else ''}")
    return rows[rows["dataset"].isin(good)], said, whole, bool(good)


def _lacking(claim: dict[str, Any], rows: pd.DataFrame) -> list[str]:
    """What the claim names and no row has; sets are counted with their pairs."""
    where = claim["evidence"].get("where", {})
    lists = {column: each for column, each in where.items() if isinstance(each, list) and column in rows}
    if "methods" in claim.get("about", {}):
        lists.pop("method", None)
    return [str(one) for column, each in lists.items() for one in each if str(one) not in {*rows[column].astype(str)}]


def _trained_here(rows: pd.DataFrame) -> bool:
    named = any(rows[column].astype(str).str.contains(OURS_TRAINED).any() for column in NAMES if column in rows)
    return named or "variant" in rows or "seeds" in rows


def _training(rows: pd.DataFrame) -> Coverage:
    if "seeds" in rows:
        seeds = int(rows["seeds"].min())
        said = f"{seeds} seed{'s' if seeds > 1 else ''}"
        few = seeds < SEEDS
        return Coverage(f"{said}, where {SEEDS} can decide" if few else said, True, not few)
    if unknown := [name for name in LEAST if name not in rows]:
        return Coverage(f"how long its networks were trained ({', '.join(unknown)}) is not said", False, False)
    here = rows[list(LEAST)].min()
    enough = all(here[name] >= least for name, least in LEAST.items())
    size = [f"{name} {here[name]:g} of {least:,}" for name, least in LEAST.items()]
    return Coverage(f"one seed, trained with {', '.join(size)}", False, enough)


def power(rows: pd.DataFrame) -> str:
    """What a result rests on, and half the width of its interval, by metric, in the metric's unit.

    An effect as large as that is seen every second time, a smaller one less often. It is the column `smallest` where
    the file has one.
    """
    said = []
    for column, name in (("pairs", "pairs"), ("seeds", "seeds")):
        if column in rows and rows[column].notna().any():
            low, high = int(rows[column].min()), int(rows[column].max())
            said.append(f"{low} {name}" if low == high else f"{low} to {high} {name}")
    if "method" in rows and rows["method"].nunique() > 1:
        said.append(f"{rows['method'].nunique()} methods")
    said = said or [f"{len(rows)} row{'s' if len(rows) > 1 else ''}"]
    if seen := smallest_seen(rows):
        said.append(f"to within {seen}")
    return ", ".join(said)


def smallest_seen(rows: pd.DataFrame) -> str:
    """`PSNR 0.34 dB, CC 0.02`: of each metric the largest of its rows', or empty where the file does not tell."""
    if "smallest" in rows:
        width = rows["smallest"]
    elif {"lead_low", "lead_high"} <= {*rows.columns}:
        width = (rows["lead_high"] - rows["lead_low"]) / 2
    elif {"mean", "low", "high"} <= {*rows.columns}:
        width = (rows["high"] - rows["low"]) / 2
    else:
        return ""
    named = next((name for name in ("metric", "figure") if name in rows), None)
    by = rows[named] if named else pd.Series("", index=rows.index)
    largest = width.groupby(by, sort=False).max().dropna()
    said = {
        name: f"{value:.2g}{UNITS.get(name, '')}" if value < math.inf else "nothing" for name, value in largest.items()
    }
    return ", ".join(f"{name} {text}".strip() for name, text in said.items())
