"""How long public networks take beside this one: measured once, side by side in one run, and kept in a file.

Their code does not run in this study. Times are of the machine of that run; what carries over is the ratio between two
rows, and with another processor that less and less.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from isfstudy.paper.printed import NETWORK, OURS, printed_table
from isfstudy.places import PEER_TIMINGS, repository

FORMS = {  # of the authors' network, and the row that is it
    "as released": "ISF (released), the authors' code",
    "as this study runs it": "ISF (released), as this study runs it",
}
THREADS = (2, 1)
# Seven processes with one and the same network had medians a factor of 1.33 apart, with either number of threads: what
# lies nearer than that may be chance.
SPREAD = 1.33
FASTER, SLOWER, UNDECIDED = "faster", "slower", "undecided"
AXES = {"seconds": "seconds", "gflops": "GFLOPs", "parameters": "parameters"}


def timings() -> pd.DataFrame:
    """The rows of the file, the fastest first: `method`, `year`, `repository`, `commit`, `weights` (`official`, or
    `random` where the official ones were out of reach), `parameters`, `gflops`, `seconds_2_threads`,
    `seconds_1_thread`, the ratios of these to `FORMS`' second row, and a `note`."""
    return pd.read_csv(repository() / PEER_TIMINGS, comment="#")


def conditions() -> str:
    """On which machine, how and when they were timed: the first line of the file."""
    first = (repository() / PEER_TIMINGS).read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("#").strip()


def compared() -> list[str]:
    """The methods that the paper's Table 1 compares with."""
    return [name for name in printed_table("table1_ivif")["method"].unique() if name != OURS]


def against(table: pd.DataFrame, rivals: Sequence[str]) -> pd.DataFrame:
    """Is each rival faster than the authors' network, in each of `FORMS` and with each of `THREADS`?

    Args:
        table: from `timings`.
        rivals: methods in it; those that it lacks are left out.

    Returns:
        One row a form, number of threads and rival: `form`, `threads`, `method`, its `seconds`, `ours`, `ratio` (its
        seconds over ours) and `verdict`: `FASTER` or `SLOWER` by more than `SPREAD`, else `UNDECIDED`.
    """
    rows = []
    for form, name in FORMS.items():
        for threads in THREADS:
            seconds = table.set_index("method")[_column(threads)]
            for method in [rival for rival in rivals if rival in seconds]:
                ratio = seconds[method] / seconds[name]
                verdict = FASTER if ratio < 1 / SPREAD else SLOWER if ratio > SPREAD else UNDECIDED
                rows.append((form, threads, method, seconds[method], seconds[name], ratio, verdict))
    return pd.DataFrame(rows, columns=["form", "threads", "method", "seconds", "ours", "ratio", "verdict"])


def _column(threads: int) -> str:
    return f"seconds_{threads}_thread{'s' if threads > 1 else ''}"


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """`timings` for reading: seconds and images a second with `THREADS`, parameters, GFLOPs, and the ratio to this
    study's own row."""
    shown = table[["method", "year", "weights", "parameters", "gflops"]].copy()
    shown["year"] = [f"{year:.0f}" if year == year else "–" for year in table["year"]]
    for threads in THREADS:
        seconds = table[_column(threads)]
        shown[f"s, {threads} thread{'s' if threads > 1 else ''}"] = [f"{value:.3g}" for value in seconds]
    shown["images/s"] = [f"{1 / value:.3g}" for value in table[_column(THREADS[0])]]
    return shown.assign(ratio=[f"{value:.3g}" for value in table["ratio_to_ours_2_threads"]], note=table["note"])


def networks(table: pd.DataFrame) -> pd.DataFrame:
    """`timings` of networks with two threads: `method` and `AXES`; rules that are no networks have a time alone."""
    return table.rename(columns={_column(THREADS[0]): "seconds"})[["method", *AXES]].dropna(ignore_index=True)


def sentences(judged: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Who is faster, for each of `FORMS` with two threads, as HTML.

    Args:
        judged: from `against`.
        table: from `timings`.
    """
    lines = []
    for form, rows in judged[judged["threads"] == THREADS[0]].groupby("form", sort=False):
        names = {word: rows.loc[rows["verdict"] == word, "method"].to_list() for word in (FASTER, UNDECIDED, SLOWER)}
        ours = rows["ours"].iloc[0]
        said = [f"faster {', '.join(names[FASTER]) or 'none'}"]
        said += [f"too near to tell {', '.join(names[UNDECIDED])}"] if names[UNDECIDED] else []
        said += [f"slower {len(names[SLOWER])} of {len(rows)}"]
        lines.append(f"<b>Highest FPS, {form}:</b> {1 / ours:.2f} images a second; {'; '.join(said)}.")
    eager, fast = (table.set_index("method").loc[name, _column(THREADS[0])] for name in FORMS.values())
    others = table[~table["method"].str.startswith(NETWORK) & table["parameters"].notna()]
    others = others.drop_duplicates("repository")  # of each its fastest row
    quicker = others[others[_column(THREADS[0])] < fast / SPREAD]["method"]
    lines.append(
        f"The same network runs {eager / fast:.1f} times as fast here as in the authors' code. Of all {len(others)} "
        f"other networks that were timed, faster than that: {', '.join(quicker) or 'none'}."
    )
    return lines
