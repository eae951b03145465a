"""The ranked table as it is read: in a terminal, on a page, as Markdown, and as LaTeX for a paper that loads booktabs.

A row a method, the best first; a column a metric. Below each mean stands its interval.
"""

from __future__ import annotations

import math

import pandas as pd

from isfcore.cli.exits import printable
from isfstudy.comparison.markup import MARKUP, PLACES, best_and_second, escaped, markdown_table
from isfstudy.comparison.statistics import LOWER_IS_BETTER
from isfstudy.ranking.ranks import LEVEL, Ranking
from isfstudy.ranking.scoring import Way

# Of the best, the second, a number that is not set apart from the best, a number that there is not, and an interval.
FORMS = {
    "text": ("{}*", "{} ", "{}~", "-", "{} "),
    "html": (*MARKUP["html"][:2], "{}<sup>†</sup>", MARKUP["html"][3], "<br><small>{}</small>"),
    "markdown": (*MARKUP["markdown"][:2], "{}<sup>†</sup>", MARKUP["markdown"][3], "<br><sub>{}</sub>"),
    "latex": (*MARKUP["latex"][:2], r"{}\rlap{{$^\dagger$}}", MARKUP["latex"][3], r"{{\scriptsize {}}}"),
}
ONE_CELL = ("html", "markdown")  # where a line can break within a cell


def table_of(ranking: Ranking, markup: str) -> pd.DataFrame:
    """The table as texts: `method`, `rank` (mean over the metrics of the average ranks) and the metrics.

    Where lines do not break within a cell, the intervals of a method are a row of their own.

    Args:
        markup: one of `FORMS`.
    """
    summary = ranking.summary
    none = FORMS[markup][3]
    rows = {}
    for method, of_method in summary.groupby("method", sort=False):
        rank = of_method["rank"].mean()
        name = method if markup == "text" else escaped(str(method), markup)
        shown = none if math.isnan(rank) else f"{rank:.2f}"
        rows[method] = [{"method": name, "rank": shown}, {"method": "", "rank": ""}]
    for metric, of_metric in summary.groupby("metric", sort=False):
        for method, (mean, interval) in _cells(of_metric.set_index("method"), str(metric), markup).items():
            rows[method][0][metric] = mean + (interval if markup in ONE_CELL else "")
            rows[method][1][metric] = interval
    lines = [line for both in rows.values() for line in both[: 1 if markup in ONE_CELL else 2]]
    intervals = summary["low"].notna().any()
    table = pd.DataFrame(lines if intervals or markup in ONE_CELL else lines[::2])
    return table.rename(columns=lambda name: _heading(name, markup))


def _cells(rows: pd.DataFrame, metric: str, markup: str) -> dict[str, tuple[str, str]]:
    """Mean and interval of each method in one metric."""
    best, second, alike, _, interval = FORMS[markup]
    places = PLACES.get(metric, 3)
    forms = best_and_second(rows["mean"].round(places), lower=metric in LOWER_IS_BETTER).map(
        {0: FORMS["text"][1] if markup == "text" else "{}", 1: best, 2: second}
    )
    cells = {}
    for method, row in rows.iterrows():
        form = forms[method]
        shown = f"{row['mean']:.{places}f}"
        if row["p_holm"] >= LEVEL:  # not NaN, as it is of the best
            cell = alike.format(shown if markup == "text" else form.format(shown))
        else:
            cell = form.format(shown)
        has = not math.isnan(row["low"])
        limits = f"[{row['low']:.{places}f}, {row['high']:.{places}f}]"
        cells[str(method)] = (cell, interval.format(limits) if has else "")
    return cells


def _heading(name: str, markup: str) -> str:
    arrow = {"latex": r" $\downarrow$", "text": " (less is better)"}.get(markup, " ↓")
    return name + arrow if name in LOWER_IS_BETTER else name


def as_text(ranking: Ranking) -> str:
    """The table for a terminal, of characters that any has."""
    return table_of(ranking, "text").to_string(index=False)


def as_latex(ranking: Ranking, notes: list[str]) -> str:
    """The table, and above it what has to be known as comments."""
    table = table_of(ranking, "latex")
    body = table.to_latex(index=False, escape=False, column_format="l" + "r" * (len(table.columns) - 1))
    return "".join(f"% {note}\n" for note in notes) + body


def as_markdown(ranking: Ranking, notes: list[str]) -> str:
    """The table, and below it what has to be known."""
    return markdown_table(table_of(ranking, "markdown")) + "".join(f"\n{escaped(note, 'markdown')}\n" for note in notes)


def notes_of(ranking: Ranking, way: Way, scene: str, markup: str) -> list[str]:
    """What has to be known of the table, a sentence each.

    Args:
        scene: the pattern that says which images are one observation; empty where each is.
        markup: of the table, one of `FORMS`.
    """
    summary = ranking.summary
    images, observations = summary[["images", "observations"]].iloc[0]
    alike = f"those with equal {printable(scene)} in their names are one" if scene else "each is one"
    counted = f"{images} images, {observations} observations ({alike})."
    further = "; the further metrics have one definition" if way.metrics == "all" else ""
    said = [f"Convention {way.convention}{further}, luma of sources {way.sources}: {counted}"]
    if summary["low"].notna().any():
        said.append(f"In brackets: {1 - LEVEL:.0%} intervals of the mean, bootstrap (BCa) over observations.")
    if len(ranking.tests):
        said.append(_marks(markup))
        said.append("Ranks are averages over observations, then over metrics; no test stands behind their order.")
    return said


def _marks(markup: str) -> str:
    """What the marks of a table mean."""
    alike = "~" if markup == "text" else "†"
    best = "*: the best of a column" if markup == "text" else "Bold: the best of a column; underlined: the second"
    return (
        f"{best}; {alike}: not set apart from the best (Wilcoxon's signed-rank test, two-sided, p >= {LEVEL:g} after "
        "Holm's correction over the best's rivals), which does not show that they are equal."
    )
