"""How a table of methods is written down: for a page, as Markdown, and as LaTeX for a paper that loads booktabs."""

from __future__ import annotations

import re
from html import escape

import pandas as pd

from isfcore.metrics import METRICS

PLACES = dict.fromkeys(METRICS, 3) | {"PSNR": 2}  # decimals, as the paper prints them; 3 of every other metric
MARKUP = {  # of the best, the second, a heading, and a number that there is not
    "html": ("<b>{}</b>", "<u>{}</u>", "<i>{}</i>", "–"),
    "markdown": ("**{}**", "<u>{}</u>", "*{}*", "–"),
    "latex": (r"\textbf{{{}}}", r"\underline{{{}}}", r"\emph{{{}}}", "--"),
}
_LATEX = {character: rf"\{character}" for character in "&%$#_{}"}
_LATEX |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}


def escaped(text: str, markup: str) -> str:
    """A text that means itself in one of `MARKUP`."""
    if markup == "html":
        return escape(text)
    return text.translate(str.maketrans(_LATEX)) if markup == "latex" else re.sub(r"([\\`*_<>|\[\]])", r"\\\1", text)


def best_and_second(values: pd.Series, *, lower: bool = False) -> pd.Series:
    """1 for the best of a column, 2 for the second, 0 elsewhere; equal numbers share a place.

    A column with a single number has none.

    Args:
        values: as they are shown, rounded; NaN is no number.
        lower: whether lower is better.
    """
    ranks = values.rank(method="dense", ascending=lower)
    return ranks.where((ranks <= 2) & (values.count() > 1), 0).fillna(0).astype(int)


def markdown_table(table: pd.DataFrame) -> str:
    """A table of texts as Markdown; its first column on the left, all others on the right."""
    rule = ["---", *["---:"] * (len(table.columns) - 1)]
    rows = [list(table.columns), rule, *table.to_numpy().tolist()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
