"""The paper's tables against themselves, against its text, and against what its methods' weights give.

`paper/tables/` holds the printed numbers, `bold.csv` there which of them are printed bold, and `paper/sentences.yaml`
what the text says of them, with tests. No verdict is written down anywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from isfcore.datasets.catalogue import DATASETS
from isfcore.metrics import METRICS
from isfstudy.paper.printed import OURS, decimals, digits, printed_table
from isfstudy.paper.verdicts import CONTRADICTS, SUPPORTS, Part, verdict
from isfstudy.places import SENTENCES, repository

TABLES = ("table1_ivif", "table2_ablation", "table3_detection", "table4_segmentation", "table5_medical")
NAMES = ["method", "variant"]  # what a row of a table is named by
RELATIONS = ("higher", "lower", "within")


def class_means(table: str, mean: str) -> pd.DataFrame:
    """A printed mean over classes against the mean of the printed classes.

    They agree when they differ by no more than rounding allows: half a unit of the last printed digit for the mean, and
    as much for its classes.

    Args:
        table: one of `TABLES`; every column but the first and `mean` is a class.
        mean: the column that is said to be the mean of the others.

    Returns:
        A row a method: `table`, `method`, `printed`, `of_classes`, `difference` (printed minus mean of the classes),
        `allowed` and `agrees`.
    """
    text = printed_table(table).set_index("method")
    classes = text.drop(columns=mean).astype(float).mean(axis=1)
    units = [10.0 ** -text[column].map(decimals).min() for column in (mean, text.columns.drop(mean)[0])]
    found = pd.DataFrame({"printed": text[mean].astype(float), "of_classes": classes})
    found["difference"] = found["printed"] - found["of_classes"]
    found["allowed"] = sum(units) / 2
    found["agrees"] = found["difference"].abs() <= found["allowed"] + 1e-9
    found.insert(0, "table", table)
    return found.reset_index()[["table", "method", *found.columns[1:]]]


def _groups(table: str) -> dict[str, pd.DataFrame]:
    """A printed table in numbers, by data set (the empty name where it has none), its rows named."""
    text = printed_table(table)
    name = next(column for column in NAMES if column in text)
    sets = text.pop("dataset") if "dataset" in text else pd.Series("", index=text.index)
    return {dataset: rows.set_index(name).astype(float) for dataset, rows in text.groupby(sets, sort=False)}


def bold_marks() -> pd.DataFrame:
    """Every column of every table: is its bold number the highest one?

    Returns:
        A row a table, data set and column: `table`, `dataset`, `column`, `bold` and its `value`, `highest` (all rows
        with the highest number) and its `maximum`, and `verdict`: `right`, `shared` (others have the same number and
        are not bold) or `wrong`.

    Raises:
        ValueError: for a column without a bold number or with several, which is a mistake in `bold.csv`.
    """
    marks = printed_table("bold").fillna("").groupby(["table", "dataset", "column"])["method"].agg(list)
    rows = []
    for table in TABLES:
        for dataset, numbers in _groups(table).items():
            for column, values in numbers.items():
                bold = marks.get((table, dataset, column), [])
                if len(bold) != 1:
                    raise ValueError(f"paper/tables/bold.csv marks {len(bold)} rows of {table} {dataset} {column}")
                highest = list(values.index[values == values.max()])
                found = "wrong" if bold[0] not in highest else "right" if len(highest) == 1 else "shared"
                row = {"table": table, "dataset": dataset, "column": column, "bold": bold[0], "value": values[bold[0]]}
                rows.append(row | {"highest": ", ".join(highest), "maximum": values.max(), "verdict": found})
    return pd.DataFrame(rows)


def _holds(value: float, other: float, relation: str, by: float, *, in_decibels: bool = False) -> bool:
    """Whether a number stands to another as a relation says, by percent, or by dB."""
    change = value - other if in_decibels else (value / other - 1) * 100
    if relation == "within":
        return abs(change) <= by
    gain = change if relation == "higher" else -change
    return gain >= by if by else gain > 0


def _by(sentence: dict[str, Any], column: str) -> float:
    if column != "PSNR":
        return sentence["by"]
    if "decibels" not in sentence and sentence["by"]:
        raise ValueError(f"{sentence['says']!r}: PSNR is compared in dB (decibels), not in percent")
    return sentence.get("decibels", 0)


def _compared_with(sentence: dict[str, Any], values: pd.Series) -> tuple[str, float]:
    """The name and the number that a sentence compares with, in one column."""
    if sentence["than"] == "median":
        return "median", values.median()
    if sentence["than"] == "best other":
        others = values.drop(sentence["rows"])
        return str(others.idxmax()), others.max()
    return sentence["than"], values[sentence["than"]]


def sentences(path: Path | None = None) -> pd.DataFrame:
    """What the text says of the tables, and whether the printed numbers say the same.

    Args:
        path: of the sentences; the study's own by default.

    Returns:
        A row a sentence: `source`, `says` (with our reading), `table`, `printed` (the numbers compared), `failing`
        (those that say otherwise), `parts` that hold, as `2 of 4`, and `verdict`: `confirmed`, `partly` or
        `not confirmed`, as `isfstudy.paper.verdicts.MEANING` has them; printed numbers leave nothing undecided.

    Raises:
        ValueError: for a sentence with an unknown relation, row or column, or that would compare PSNR, which is in
        dB, in
            percent, naming it.
    """
    path = path or repository() / SENTENCES
    rows = []
    for sentence in yaml.safe_load(path.read_text(encoding="utf-8")):
        if sentence["relation"] not in RELATIONS:
            raise ValueError(f"{sentence['says']!r}: no relation {sentence['relation']!r}, only {', '.join(RELATIONS)}")
        by = {column: _by(sentence, column) for column in sentence["columns"]}
        parts = []
        for dataset, numbers in _groups(sentence["table"]).items():
            named = sentence["rows"] + [sentence["than"]] * (sentence["than"] not in ("median", "best other"))
            if unknown := {*named} - {*numbers.index} | {*sentence["columns"]} - {*numbers.columns}:
                raise ValueError(f"{sentence['says']!r}: {sentence['table']} has no {', '.join(sorted(unknown))}")
            for row in sentence["rows"]:
                for column in sentence["columns"]:
                    value, (name, other) = numbers.at[row, column], _compared_with(sentence, numbers[column])
                    holds = _holds(value, other, sentence["relation"], by[column], in_decibels=column == "PSNR")
                    subject = " ".join(filter(None, (dataset, row, column)))
                    text = f"{subject} {value:g} against {other:g} ({name})"
                    parts.append(Part(text, SUPPORTS if holds else CONTRADICTS))
        reading = f" (Our reading: {sentence['reading']}.)" if "reading" in sentence else ""
        rows.append(
            {
                "source": sentence["source"],
                "says": sentence["says"] + reading,
                "table": sentence["table"],
                "printed": "; ".join(part.says for part in parts),
                "failing": "; ".join(part.says for part in parts if part.direction == CONTRADICTS),
                "parts": f"{sum(part.direction == SUPPORTS for part in parts)} of {len(parts)}",
                "verdict": verdict(parts),
            }
        )
    return pd.DataFrame(rows)


def ablation_row() -> pd.DataFrame:
    """Table 2's full method against Table 1's, digit by digit on every data set: `Table 2 (Table 1)`.

    Columns as of `isfstudy.paper.printed.digits`.
    """
    printed = printed_table("table1_ivif")
    full = printed_table("table2_ablation").set_index("variant").loc["full", list(METRICS)].astype(float).to_dict()
    known = {"method": OURS, "protocol": "as printed", "pairs": ""}
    return digits(pd.DataFrame([{"dataset": name} | known | full for name in printed["dataset"].unique()]), printed)


def complete_sets(means: pd.DataFrame) -> list[str]:
    """The data sets of which a method was measured on all published test pairs, in order of appearance.

    Args:
        means: from `isfstudy.comparison.scores.means`.
    """
    most = means.groupby("dataset", sort=False)["pairs"].max()
    return [name for name, pairs in most.items() if name in DATASETS and pairs == DATASETS[name].pairs["test"]]


def against_intervals(residuals: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Printed numbers beside the interval of the measured mean, the farthest outside first.

    Columns `low`, `high`, `inside` and `widths` join the residuals. A printed number outside the interval is not what
    another draw of images like these would be expected to give; inside it, the images at hand do not speak against it.
    `widths` is the difference in half widths of the interval: one measure for all metrics, where a percentage would
    hide what happens to PSNR behind its level. NaN where the interval has no width.

    Args:
        residuals: from `isfstudy.paper.printed.residuals`.
        intervals: from `isfstudy.comparison.statistics.confidence_intervals`; a row of two images or more has one.
    """
    of_paper = intervals.loc[intervals["protocol"] == "paper", ["dataset", "method", "metric", "low", "high"]]
    table = residuals.merge(of_paper, on=["dataset", "method", "metric"])
    half = (table["high"] - table["low"]) / 2
    table["inside"] = table["printed"].between(table["low"], table["high"])
    table["widths"] = table["difference"] / half.where(half > 0)
    return table.sort_values("widths", key=abs, ascending=False)


def printed_rows(equal: pd.DataFrame, apart: pd.DataFrame) -> pd.DataFrame:
    """Which printed rows come out, one row a data set and method.

    Args:
        equal: from `isfstudy.paper.printed.digits`; rows of the paper's protocol count.
        apart: from `against_intervals`.

    Returns:
        `dataset`, `method`, `pairs`, `equal` (numbers that read the same), `inside` (numbers inside the interval of the
        mean), `farthest` (the metric that lies most half widths of its interval off), its `difference` in its own unit
        and its `widths`.
    """
    keys = ["dataset", "method"]
    worst = apart.drop_duplicates(keys).rename(columns={"metric": "farthest"})
    counts = apart.groupby(keys)["inside"].sum().reset_index()
    table = equal.loc[equal["protocol"] == "paper", [*keys, "pairs", "equal"]].merge(counts, on=keys)
    table = table.merge(worst[[*keys, "farthest", "difference", "widths"]], on=keys)
    return table.sort_values(["equal", "inside"], ascending=False, kind="stable")
