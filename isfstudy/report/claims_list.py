"""Claims as a reader skims them: a line each with its verdict and the two numbers that decide, the rest on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import pandas as pd
from IPython.display import HTML

from isfstudy.paper.headlines import definitions, in_short, numbers, reading, said_verdicts
from isfstudy.paper.sections import ORDER
from isfstudy.paper.summary import Answer
from isfstudy.report.results import badge, evidence_link

TESTS = {  # how a claim is tested, by the `test` of `paper/claims.yaml`
    "printed": "measured and printed digits side by side, or within a tolerance that is written down",
    "compared": "differences between methods on the same images, by their tests or, of printed means, by the means",
    "judged": "row by row, by the rule of the notebook that measured it",
    "effect": "the interval of the effect against the least that counts",
    "paired": "the interval of a difference paired by image",
    "between": "the value, or the interval of its mean, between two limits",
    "none": "none",
}


def first_screen(card: pd.DataFrame, answers: Iterable[Answer]) -> HTML:
    """What a scorecard's page answers, as a box: how many claims have which verdict, and what a reader asks first.

    Args:
        card: from `isfstudy.paper.scorecard.scorecard`.
        answers: from `isfstudy.paper.summary.answers`.
    """
    rows = card.set_index("id")
    lines = "".join(answer_line(each, rows.loc[each.claim], "../") for each in answers)
    totals = f"<p>Of {len(card)} claims: {said_verdicts(card)}.</p>"
    return HTML(f"<aside class='callout'><div>{totals}<ul class='said'>{lines}</ul></div></aside>")


def answer_line(answer: Answer, claim: Mapping[str, str], up: str = "") -> str:
    """A question with its answer as a list entry in HTML, led by the verdict on the claim that decides it.

    Args:
        claim: the row of a scorecard.
        up: what a link to another page of the run begins with.
    """
    page = claim["where"].partition("/")[0]
    link = f'<a href="{escape(up + page)}/report.html">page {page[:2]}</a>' if page else ""
    said = f"<b>{escape(answer.asked)}</b> {escape(answer.says)} {link}"
    return f"<li><span>{badge(claim['verdict'])}</span> <span>{said}</span></li>"


def meanings() -> HTML:
    """What each verdict's word means, on demand."""
    lines = "".join(f"<p>{line}</p>" for line in definitions())
    return HTML(f"<details class='definitions'><summary>what each word means</summary>{lines}</details>")


def by_section(card: pd.DataFrame) -> HTML:
    """Every claim below the part of the paper that it is about: a line each, which opens to how it was decided."""
    sections = []
    for name in ORDER:
        claims = card[card["section"] == name]
        if len(claims):
            shown = "".join(f"<li>{_folded(claim)}</li>" for claim in claims.to_dict("records"))
            sections.append(f"<h3>{escape(name)}</h3><ul class='claims'>{shown}</ul>")
    return HTML("".join(sections))


def _folded(claim: dict[str, str]) -> str:
    entries = {
        "Where it stands": escape(claim["source"]),
        "Our reading": escape(reading(claim["claim"])),
        "Test": escape(TESTS[claim["test"]]),
        "Measured": escape(claim["measured"]),
        "Direction": claim["direction"],
        "Rests on": escape(claim["power"]),
        "Covers": escape(claim["coverage"]),
        "File": evidence_link(claim["where"]),
        "Experiment": f"<code>{escape(claim['experiment'])}</code>" if claim["experiment"] else "",
    }
    listed = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in entries.items() if text)
    said = f"{escape(in_short(claim['claim']))} <small>{escape(numbers(claim))}</small>"
    summary = f"<span class='line'><span>{badge(claim['verdict'])}</span> <span>{said}</span></span>"
    return f"<details class='claim'><summary>{summary}</summary><dl>{listed}</dl></details>"


def one_page(parts: Iterable[tuple[str, str]]) -> HTML:
    """A short report: sentences below the heading of their part, in order.

    Args:
        parts: heading and sentence, as text.
    """
    grouped: dict[str, list[str]] = {}
    for heading, sentence in parts:
        grouped.setdefault(heading, []).append(f"<p>{escape(sentence)}</p>")
    return HTML("".join(f"<h3>{escape(heading)}</h3>{''.join(lines)}" for heading, lines in grouped.items()))


def folded(summary: str, shown: HTML) -> HTML:
    """What is there on demand alone."""
    return HTML(f"<details class='more'><summary>{escape(summary)}</summary>{shown.data}</details>")
