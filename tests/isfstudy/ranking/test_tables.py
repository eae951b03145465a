"""The ranked table as text, Markdown, LaTeX and HTML."""

from __future__ import annotations

import pandas as pd
import pytest

from isfstudy.ranking.ranks import Ranking, observations_by, ranked
from isfstudy.ranking.scoring import Way
from isfstudy.ranking.tables import as_latex, as_markdown, as_text, notes_of, table_of


@pytest.fixture
def ranking() -> Ranking:
    """Ten images: `my_b` is ahead of `a` on nine of them and of `c` on all; of Nabf, `a` has the least."""
    scores = {"a": [1.0] * 10, "my_b": [*[1.25] * 9, 0.9], "c": [0.5] * 10}
    less = {"a": 0.125, "my_b": 0.25, "c": 0.5}
    rows = [
        {"method": method, "stem": str(place), "PSNR": value, "Nabf": less[method]}
        for method, values in scores.items()
        for place, value in enumerate(values)
    ]
    return ranked(pd.DataFrame(rows), observations_by(list(map(str, range(10))), ""))


def test_a_terminal_shows_marks_and_intervals(ranking: Ranking) -> None:
    lines = [line.split() for line in as_text(ranking).splitlines()]
    assert lines[0] == ["method", "rank", "PSNR", "Nabf", "(less", "is", "better)"]
    assert lines[1] == ["a", "1.45", "1.00", "0.125*"] and lines[3] == ["my_b", "1.55", "1.22*", "0.250"]
    assert " ".join(lines[2]) == "[1.00, 1.00] [0.125, 0.125]" and len(lines) == 7
    assert as_text(ranking).isascii()


def test_what_is_not_apart_from_the_best_is_marked() -> None:
    rows = [
        {"method": m, "stem": str(s), "AG": v}
        for m, vs in {"x": [2, 1, 2], "y": [1, 2, 1]}.items()
        for s, v in enumerate(vs)
    ]
    found = ranked(pd.DataFrame(rows).astype({"AG": float}), observations_by(["0", "1", "2"], ""))
    assert "1.333~" in as_text(found) and "1.667*" in as_text(found)
    assert table_of(found, "html")["AG"].tolist()[1].startswith("<u>1.333</u><sup>†</sup><br><small>[")
    assert r"\underline{1.333}\rlap{$^\dagger$}" in as_latex(found, [])
    for markup, mark in {"text": "~", "html": "†"}.items():
        notes = notes_of(found, Way("standard"), "", markup)
        assert notes[0] == "Convention standard, luma of sources rounded: 3 images, 3 observations (each is one)."
        assert any(f"{mark}: not set apart from the best" in line and "does not show" in line for line in notes)


def test_markdown(ranking: Ranking) -> None:
    lines = as_markdown(ranking, ["First.", "Second."]).splitlines()
    assert lines[0] == "| method | rank | PSNR | Nabf ↓ |" and lines[1] == "| --- | ---: | ---: | ---: |"
    assert lines[3].startswith(r"| my\_b | 1.55 | **1.22**<br><sub>[") and lines[-1] == "Second."
    assert all(line.count(" | ") == 3 for line in lines[:5])


def test_latex(ranking: Ranking) -> None:
    text = as_latex(ranking, ["A note."])
    assert text.startswith(
        "% A note.\n\\begin{tabular}{lrrr}\n\\toprule\nmethod & rank & PSNR & Nabf $\\downarrow$ \\\\"
    )
    assert r"my\_b & 1.55 & \textbf{1.22} & \underline{0.250} \\" in text and r"{\scriptsize [0.50, 0.50]}" in text


def test_names_mean_themselves(ranking: Ranking) -> None:
    named = ranking._replace(summary=ranking.summary.replace({"method": {"a": r"<i>|\~^&*"}}))
    assert table_of(named, "html")["method"][0] == r"&lt;i&gt;|\~^&amp;*"
    assert table_of(named, "markdown")["method"][0] == r"\<i\>\|\\~^&\*"
    expected = r"\textless{}i\textgreater{}\textbar{}\textbackslash{}\textasciitilde{}\textasciicircum{}\&*"
    assert table_of(named, "latex")["method"][0] == expected
    assert table_of(named, "text")["method"][0] == r"<i>|\~^&*"


def test_without_intervals_and_ranks_there_are_means() -> None:
    found = ranked(pd.DataFrame({"method": ["x", "y"], "stem": ["0", "0"], "AG": [1.0, 2.0]}), {"0": "0"})
    lines = [line.split() for line in as_text(found).splitlines()]
    assert lines == [["method", "rank", "AG"], ["x", "-", "1.000"], ["y", "-", "2.000*"]]
    assert table_of(found, "html")["AG"].tolist() == ["<u>1.000</u>", "<b>2.000</b>"]
