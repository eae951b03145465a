"""The paper's claims, and verdicts computed from the study's result files.

`paper/claims.yaml` holds what the paper says, where, which file is the evidence and how to test it. No verdict is
written down anywhere; each comes from the numbers of the last run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from isfcore.printed import printed_table, rounded_as
from isfcore.provenance import repository

NOT_TESTABLE = "not testable here"
TESTS = ("equals_printed", "close_to_printed", "highest", "none")


class ClaimError(ValueError):
    """A claim that cannot be read: which one, and what is wrong with it."""


def load_claims(path: Path | None = None) -> list[dict[str, Any]]:
    """The claims, in the paper's order; each has `id`, `says`, `source`, `test` and what the test needs.

    Raises:
        ClaimError: for an unknown test, a missing key or an id that stands twice.
    """
    claims = yaml.safe_load((path or repository() / "paper" / "claims.yaml").read_text())
    seen = set()
    for claim in claims:
        for key in ("id", "says", "source", "test"):
            if key not in claim:
                raise ClaimError(f"claim {claim.get('id', claim)} lacks {key!r}")
        if claim["test"] not in TESTS:
            raise ClaimError(f"claim {claim['id']}: no test {claim['test']!r}; there are {', '.join(TESTS)}")
        needed = ("why",) if claim["test"] == "none" else ("evidence", "values")
        needed += ("printed",) if claim["test"].endswith("_printed") else ()
        if lacking := [key for key in needed if key not in claim]:
            raise ClaimError(f"claim {claim['id']}: test {claim['test']!r} needs {', '.join(lacking)}")
        if claim["id"] in seen:
            raise ClaimError(f"two claims have the id {claim['id']!r}")
        seen.add(claim["id"])
    return claims


def _rows(table: pd.DataFrame, where: dict[str, Any]) -> pd.DataFrame:
    for column, value in where.items():
        table = table[table[column].astype(str) == str(value)]
    return table


def _printed(claim: dict[str, Any]) -> dict[str, str]:
    """The numbers as the paper prints them; as text, since the printed digits are the claim."""
    rows = _rows(printed_table(claim["printed"]["table"]), claim["printed"]["where"])
    if len(rows) != 1:
        raise ClaimError(f"claim {claim['id']}: {len(rows)} printed rows where one was expected")
    return rows.iloc[0][claim["values"]].to_dict()


def _against_printed(claim: dict[str, Any], rows: pd.DataFrame) -> tuple[list[bool], list[str]]:
    holds, said = [], []
    for value, printed in _printed(claim).items():
        measured = rows.iloc[0][value]
        if claim["test"] == "equals_printed":
            holds.append(rounded_as(measured, printed) == printed)
        else:
            holds.append(abs(measured / float(printed) - 1) <= claim["tolerance"])
        said.append(f"{value} {rounded_as(measured, printed)}" + ("" if holds[-1] else f" (printed {printed})"))
    return holds, said


def _highest(claim: dict[str, Any], table: pd.DataFrame) -> tuple[list[bool], list[str]]:
    holds, said = [], []
    for value in claim["values"]:
        best = table.loc[table[value].idxmax()]
        ours = _rows(table, claim["of"])[value].iloc[0]
        holds.append(bool(ours >= best[value]))
        said.append(f"{value} {ours:.3f}" + ("" if holds[-1] else f" (best: {best['method']} {best[value]:.3f})"))
    return holds, said


def judge(claim: dict[str, Any], study: Path) -> dict[str, str]:
    """Verdict on one claim from the files of a run.

    Returns:
        `id`, `source`, `claim`, `measured` (a sentence of numbers), `verdict` and `where` (the evidence file).
        `confirmed` when every part of the claim holds, `not confirmed` when none does, `partly` in between, and
        `not testable here` when the evidence is not there or rests on fewer pairs than the claim.
    """
    verdict, measured, where = NOT_TESTABLE, claim.get("why", ""), ""
    if claim["test"] != "none":
        where = claim["evidence"]["file"]
        rows = pd.DataFrame()
        if (study / where).is_file():
            rows = _rows(pd.read_csv(study / where), claim["evidence"].get("where", {}))
        missing = rows.empty or ("of" in claim and _rows(rows, claim["of"]).empty)
        fewest = 0 if missing else int(rows["pairs"].min())
        if missing:
            measured = "this run has no such row: it needs the data, or weights, that the claim is about"
        elif fewest < claim.get("pairs", 0):
            measured = f"this run has {fewest} of the {claim['pairs']} pairs that the printed numbers rest on"
        else:
            holds, said = (_highest if claim["test"] == "highest" else _against_printed)(claim, rows)
            verdict = "confirmed" if all(holds) else "partly" if any(holds) else "not confirmed"
            measured = f"{', '.join(said)}; {fewest} pairs" + (
                f", {len(rows)} methods" if claim["test"] == "highest" else ""
            )
    return {
        "id": claim["id"],
        "source": claim["source"],
        "claim": claim["says"],
        "measured": measured,
        "verdict": verdict,
        "where": where,
    }


def scorecard(study: Path) -> pd.DataFrame:
    """Verdicts on all claims, one row a claim, in the paper's order.

    Args:
        study: the folder of a profile's results, e.g. `results/real`.
    """
    return pd.DataFrame([judge(claim, study) for claim in load_claims()])
