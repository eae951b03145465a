"""What the rows of a result file say of a claim, part by part: one small function a kind of test.

Each takes a claim and the rows that it is about, and gives its parts; see `isfstudy.paper.verdicts`. Columns that
result files share: `method`, `metric`, `dataset`, `pairs`, `difference` with `p_holm`, or `mean` with `low` and `high`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from isfstudy.paper.coverage import UNITS
from isfstudy.paper.printed import printed_table, rounded_as
from isfstudy.paper.standard_error import of_mean
from isfstudy.paper.verdicts import CONTRADICTS, LEVEL, SUPPORTS, UNDECIDED, Part, decided, direction

LABELS = ("protocol", "dataset", "metric", "variant", "comparison", "intervention", "infrared", "network", "method")
LABELS += ("arm", "figure", "weights", "encoder", "quality", "column")  # columns that tell the rows of a file apart
NUMBERS = ("difference", "measured", "lead", "mean")  # columns with the number that a judged row rests on
LEVELS = ("brightness", "value", "ratio")  # the same, of numbers that are no differences


class ClaimError(ValueError):
    """A claim that cannot be read, or does not fit its files: which one, and what is wrong with it."""


def chosen(table: pd.DataFrame, where: dict[str, Any]) -> pd.DataFrame:
    """Rows whose columns have the given values, or one of a list of values."""
    for column, value in where.items():
        wanted = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        table = table[table[column].astype(str).isin(wanted)]
    return table


def printed_rows(claim: dict[str, Any]) -> pd.DataFrame:
    """The rows of the paper's table that a claim is about, as text, since the printed digits are the claim."""
    rows = chosen(printed_table(claim["printed"]["table"]), claim["printed"]["where"])
    if rows.empty:
        raise ClaimError(f"claim {claim['id']}: no printed row")
    return rows


def printed(claim: dict[str, Any], rows: pd.DataFrame) -> list[Part]:
    """One measured row against one printed: `values` read the same as printed, or lie within `tolerance` of it.

    `offset` is added to a measured value first: a constant between two units.
    """
    expected = printed_rows(claim)
    if len(rows) > 1 or len(expected) > 1:
        raise ClaimError(f"claim {claim['id']}: {len(rows)} measured and {len(expected)} printed rows, not one of each")
    parts = []
    for name, said in expected.iloc[0][claim["values"]].items():
        value = rows.iloc[0][name] + claim.get("offset", {}).get(name, 0)
        if "tolerance" in claim:
            holds = abs(value - float(said)) <= claim["tolerance"][name]
        else:
            holds = rounded_as(value, said) == said
        found = f"{name} {rounded_as(value, said)}"
        text = found + ("" if rounded_as(value, said) == said else f" (printed {said})")
        parts.append(Part(text, SUPPORTS if holds else CONTRADICTS, f"{name} {said}", found))
    return parts


def compared(claim: dict[str, Any], rows: pd.DataFrame) -> list[Part]:
    """A method's difference from another, row by row, by its test: `expected` is its sign, 1 or -1.

    With `means: true` the claim is about printed means of named images: where all of these are here nothing is sampled,
    and the mean alone decides, a tie for the claim.
    """
    labels, asked = _labels(claim, rows), _side(claim["expected"])
    parts = []
    for label, (_, row) in zip(labels, rows.iterrows(), strict=True):
        gain = row["difference"] * claim["expected"]
        if claim.get("means") and row["pairs"] >= _all_pairs(claim, row):
            way = SUPPORTS if gain >= 0 else CONTRADICTS
        else:
            way = UNDECIDED if not row["p_holm"] < LEVEL else SUPPORTS if gain > 0 else CONTRADICTS
        parts.append(Part(f"{label} {_number(row['difference'], row)}".strip(), way, asked))
    return parts


def judged(claim: dict[str, Any], rows: pd.DataFrame) -> list[Part]:
    """Rows that were judged where they were measured: words in `column` that support and that contradict."""
    number = next((name for name in NUMBERS if name in rows), None)
    level = next((name for name in LEVELS if name in rows), None)
    parts = []
    for label, (_, row) in zip(_labels(claim, rows), rows.iterrows(), strict=True):
        word = str(row[claim["column"]])
        way = {**dict.fromkeys(map(str, claim["supports"]), SUPPORTS)}
        way |= dict.fromkeys(map(str, claim["contradicts"]), CONTRADICTS)
        value = _number(row[number], row) if number else f"{level} {row[level]:.3g}" if level else ""
        asked = _least(row, claim) if {"matters", "expected"} <= {*rows} else _in_words(claim["supports"])
        text = " ".join(filter(None, (label, value)))
        parts.append(Part(text or word, way.get(word, UNDECIDED), asked, f"{text}: {word}" if text else word))
    return parts


def effect(claim: dict[str, Any], rows: pd.DataFrame) -> list[Part]:
    """Effects with their intervals: `expected` is the sign that the claim says, `matters` the least of it that
    counts."""
    parts = []
    for label, (_, row) in zip(_labels(claim, rows), rows.iterrows(), strict=True):
        expected = claim["expected"][row["metric"]] if isinstance(claim["expected"], dict) else claim["expected"]
        way = decided(row["low"], row["high"], expected=expected, matters=claim.get("matters", 0))
        limits = ", ".join(_number(row[limit], row, "") for limit in ("low", "high"))
        limits = "" if pd.isna(row["low"]) else f"[{limits}]"  # of one seed there is no interval
        least = _number(expected * claim.get("matters", 0), row)
        asked = f"{least} or {'more' if expected > 0 else 'less'}" if claim.get("matters") else _side(expected)
        parts.append(Part(f"{label} {_number(row['mean'], row)} {limits}".strip(), way, asked))
    return parts


def differences(claim: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `effect` from a file with a row an image: `of` minus `than`, two values of the column `by` (`method`), in
    each of `values`, with Student's interval of the mean, corrected for the number of values. Images with one name in
    a column `cluster` are one observation."""
    by, values = claim.get("by", "method"), claim["values"]
    found = []
    for dataset, images in rows.groupby("dataset", sort=False):
        clusters = dict(zip(images["stem"], images.get("cluster", images["stem"]), strict=True))
        for metric in values:
            wide = images.pivot(index="stem", columns=by, values=metric)
            if not {claim["of"], claim["than"]} <= {*wide.columns}:
                continue
            each = (wide[claim["of"]] - wide[claim["than"]]).dropna()
            if len(each) < 2:
                continue
            error, observations = of_mean(each, clusters)
            half = error * student.isf(LEVEL / 2 / len(values), observations - 1)
            row = {"dataset": dataset, "metric": metric, "pairs": len(each), "mean": each.mean()}
            found.append(row | {"low": each.mean() - half, "high": each.mean() + half})
    return pd.DataFrame(found, columns=["dataset", "metric", "pairs", "mean", "low", "high"])


def between(claim: dict[str, Any], rows: pd.DataFrame) -> list[Part]:
    """Values between two limits, `between: {column: [low, high]}`, `null` for none, row by row.

    Of a file with a row an image (`stem`) or a batch (`step`) the interval of the mean has to lie between them; what
    lies wholly outside contradicts.
    """
    parts = []
    for column, (least, most) in claim["between"].items():
        values, labels, asked = rows[column].to_numpy(float), _labels(claim, rows), _limits(least, most)
        half = 0.0
        if {"stem", "step"} & {*rows.columns} and len(rows) > 1:
            half = values.std(ddof=1) / np.sqrt(len(values)) * student.isf(LEVEL / 2, len(values) - 1)
            values, labels = values.mean(keepdims=True), [""]
        least, most = (-math.inf if least is None else least), (math.inf if most is None else most)
        for value, label in zip(values, labels, strict=True):
            low, high = value - half, value + half
            way = (
                SUPPORTS if least <= low and high <= most else CONTRADICTS if high < least or low > most else UNDECIDED
            )
            said = f"{column} {value:,.3g}" if abs(value) < 1000 else f"{column} {value:,.0f}"
            parts.append(Part(f"{label} {said}".strip() + (f" ± {half:.2g}" if half else ""), way, asked))
    return parts


def joined(claim: dict[str, Any], rows: pd.DataFrame, parts: list[Part]) -> list[Part]:
    """Parts of rows that differ in the column `together` alone as one: the highest is who is above every other.

    Of a part that does not hold it is said which rows are against it.
    """
    if "together" not in claim:
        return parts
    names = [name for name in LABELS if name in rows and name != claim["together"] and rows[name].nunique() > 1]
    groups: dict[str, list[Part]] = {}
    for (_, row), part in zip(rows.iterrows(), parts, strict=True):
        label = " ".join(str(row[name]) for name in names)
        groups.setdefault(label, []).append(part._replace(says=part.says.removeprefix(label).strip()))
    found = []
    for label, each in groups.items():
        against = [part.says for part in each if part.direction != SUPPORTS]
        said = (
            f"{', '.join(against)}; {len(each) - len(against)} of {len(each)} hold" if against else f"all {len(each)}"
        )
        found.append(Part(f"{label} ({said})".strip(), direction(each), each[0].asked, f"{label} {said}".strip()))
    return found


KINDS = {  # by the `test` of a claim: its function, and what the claim has to say for it
    "printed": (printed, ("values", "printed", "about")),
    "compared": (compared, ("expected",)),
    "judged": (judged, ("column", "supports", "contradicts")),
    "effect": (effect, ("expected",)),
    "paired": (effect, ("of", "than", "values", "expected")),
    "between": (between, ("between",)),
}


def _all_pairs(claim: dict[str, Any], row: pd.Series) -> int:
    pairs = claim["about"]["pairs"]
    return pairs[row["dataset"]] if isinstance(pairs, dict) else pairs


def _labels(claim: dict[str, Any], rows: pd.DataFrame) -> list[str]:
    """What tells each row from the others, in few words."""
    names = [claim["label"]] if "label" in claim else [name for name in LABELS if name in rows]
    names = [name for name in names if "label" in claim or rows[name].nunique() > 1]
    return [" ".join(str(row[name]).split(" (Our reading")[0] for name in names) for _, row in rows.iterrows()]


def _side(expected: int) -> str:
    return "above 0" if expected > 0 else "below 0"


def _limits(least: float | None, most: float | None) -> str:
    """`0.1 to 10`, `at least 3`, `at most 1e-06`."""
    if least is None:
        return f"at most {most:g}"
    return f"at least {least:g}" if most is None else f"{least:g} to {most:g}"


def _in_words(supports: list[Any]) -> str:
    """The words of a judged column that support a claim."""
    return " or ".join({True: "yes", False: "no"}.get(word, str(word)) for word in supports)


def _least(row: pd.Series, claim: dict[str, Any]) -> str:
    """`-0.02 or less`: what a row was judged by; for a claim that this is not reached, `short of` it."""
    least = f"{row['expected'] * row['matters']:+.2g} or {'more' if row['expected'] > 0 else 'less'}"
    return least if "seen" in claim["supports"] else f"short of {least}"


def _number(value: float, row: pd.Series, unit: str | None = None) -> str:
    """A signed number with its unit: PSNR is in dB, and never a percentage."""
    said = UNITS.get(str(row.get("metric", row.get("figure", ""))), "") if unit is None else unit
    return f"{value:+.3g}{said}" if pd.api.types.is_number(value) and not pd.isna(value) else ""
