"""Sentences whose numbers are read from the files of a run: the summary's, and the effects of deviations.

A sentence is a mapping: `says`, a text with names in braces; `numbers`, what each name stands for; and `so`, what has
to hold among the numbers for the words to be true. A run that lacks a file says so instead, and one whose numbers say
otherwise says that: words that were written once never stand above numbers that contradict them.

A number has `file` (of a run), `column`, `where` (its row: a column's value, or one of a list), `as` (a format, `.3f`
where nothing is said); and, where wanted, `less`, another row to subtract, and `take`, what is made of several rows
(`count`, `sum`, `mean`, `std`, `min`, `max`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from isfstudy.paper.evidence import ClaimError, chosen

NOT_SO = "Not so in this run:"
LACKS = "Not in this run:"


class Filled(NamedTuple):
    """A sentence with its numbers, and a row for each: `name`, `value`, `file`, `column`."""

    text: str
    numbers: pd.DataFrame


def load_sentences(path: Path, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The sentences of a YAML file, each with `keys`.

    Raises:
        ClaimError: when one lacks a key, or names a number that it does not define, or the reverse.
    """
    sentences = yaml.safe_load(path.read_text(encoding="utf-8"))
    for sentence in sentences:
        if lacking := [key for key in keys if key not in sentence]:
            raise ClaimError(f"{path.name}: {sentence} lacks {', '.join(lacking)}")
        defined = sentence.get("numbers", {})
        used = sentence["says"] + sentence.get("so", "")
        unused = [name for name in defined if not re.search(rf"\b{name}\b", used)]
        if unused:
            raise ClaimError(f"{path.name}: {sentence['says']!r} does not use {', '.join(unused)}")
        try:
            sentence["says"].format(**dict.fromkeys(defined, ""))
        except (KeyError, IndexError) as error:
            raise ClaimError(f"{path.name}: {sentence['says']!r} has no number {error}") from None
    return sentences


def filled(sentence: dict[str, Any], study: Path) -> Filled:
    """A sentence with its numbers from the files of a run; what stands instead where there are none, see the module."""
    rows, texts = [], {}
    for name, number in sentence.get("numbers", {}).items():
        value = _value(number, study)
        rows.append((name, value, number["file"], number.get("column", "")))
        texts[name] = "…" if value is None else format(value, number.get("as", ".3f"))
    text, table = sentence["says"].format(**texts), pd.DataFrame(rows, columns=["name", "value", "file", "column"])
    if table["value"].isna().any():
        files = ", ".join(dict.fromkeys(table["file"][table["value"].isna()]))
        return Filled(f"{LACKS} it needs {files}.", table)
    values = table.set_index("name")["value"].astype(float).to_frame().T
    if "so" in sentence and not values.eval(sentence["so"]).all():
        text = f"{NOT_SO} {text}"
    return Filled(text, table)


def _value(number: dict[str, Any], study: Path) -> float | None:
    """A number of a run; None where the run has no such file, column or row."""
    file = study / number["file"]
    if not file.is_file() or not file.read_bytes().strip():
        return None
    table = pd.read_csv(file)
    value = _of_rows(number, table, number.get("where", {}), file)
    if "less" not in number or value is None:
        return value
    other = _of_rows(number, table, number["less"], file)
    return None if other is None else value - other


def _of_rows(number: dict[str, Any], table: pd.DataFrame, where: dict[str, Any], file: Path) -> float | None:
    named = {*where, *([number["column"]] if "column" in number else [])}
    if not named <= {*table.columns}:
        return None
    rows = chosen(table, where)
    if number.get("take") == "count":
        return float(len(rows))
    if rows.empty:
        return None
    if "take" in number:
        return float(rows[number["column"]].agg(number["take"]))
    if len(rows) > 1:
        raise ClaimError(f"{file}: {len(rows)} rows are {where}, not one; say what to `take` of them")
    return float(rows[number["column"]].iloc[0])
