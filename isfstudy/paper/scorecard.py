"""The paper's claims, and verdicts computed from the study's result files.

`paper/claims.yaml` holds what the paper says, where, which file is the evidence and how to test it. No verdict is
written down anywhere; each comes from the numbers of the last run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from isfstudy.paper.printed import printed_table, rounded_as
from isfstudy.places import CLAIMS, repository

NOT_TESTABLE = "not testable here"
SAMPLE = 0.2  # the least share of the pairs that a ranking is read from
TESTS = {  # what each test needs to be told, besides `id`, `says`, `source` and `test`
    "equals_printed": ("evidence", "values", "printed", "pairs"),
    "close_to_printed": ("evidence", "values", "printed", "pairs", "tolerance"),
    "highest": ("evidence", "values", "printed", "pairs", "of"),
    "tally": ("evidence", "column", "confirms"),
    "none": ("why",),
}


class ClaimError(ValueError):
    """A claim that cannot be read: which one, and what is wrong with it."""


def load_claims(path: Path | None = None) -> list[dict[str, Any]]:
    """The claims, in the paper's order; each has `id`, `says`, `source`, `test` and what the test needs.

    Raises:
        ClaimError: for an unknown test, a missing key or an id that stands twice, naming the claim.
    """
    path = path or repository() / CLAIMS
    claims = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
        raise ClaimError(f"{path} must be a list of claims, each a mapping")
    seen = set()
    for claim in claims:
        name = claim.get("id", f"without id ({claim})")
        _demand(claim, ("id", "says", "source", "test"), name)
        if claim["test"] not in TESTS:
            raise ClaimError(f"claim {name}: no test {claim['test']!r}; there are {', '.join(TESTS)}")
        _demand(claim, TESTS[claim["test"]], name)
        for key, parts in (("evidence", ("file",)), ("printed", ("table", "where"))):
            _demand(claim.get(key, dict.fromkeys(parts)), parts, f"{name}, {key}")
        if name in seen:
            raise ClaimError(f"two claims have the id {name!r}")
        seen.add(name)
    return claims


def _demand(given: dict[str, Any], keys: tuple[str, ...], name: str) -> None:
    if lacking := [key for key in keys if key not in given]:
        raise ClaimError(f"claim {name}: lacks {', '.join(lacking)}")


def _rows(table: pd.DataFrame, where: dict[str, Any]) -> pd.DataFrame:
    """Rows whose columns have the given values, or one of a list of values."""
    for column, value in where.items():
        wanted = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        table = table[table[column].astype(str).isin(wanted)]
    return table


def _printed(claim: dict[str, Any]) -> pd.DataFrame:
    """The rows of the paper's table that a claim is about, as text, since the printed digits are the claim."""
    rows = _rows(printed_table(claim["printed"]["table"]), claim["printed"]["where"])
    if rows.empty or (claim["test"] != "highest" and len(rows) > 1):
        raise ClaimError(f"claim {claim['id']}: {len(rows)} printed rows where one was expected")
    return rows


def _against_printed(claim: dict[str, Any], rows: pd.DataFrame) -> tuple[list[bool], list[str]]:
    holds, said = [], []
    if len(rows) > 1:
        raise ClaimError(f"claim {claim['id']}: {len(rows)} measured rows where one was expected")
    for value, printed in _printed(claim).iloc[0][claim["values"]].items():
        measured = rows.iloc[0][value]
        if claim["test"] == "equals_printed":
            holds.append(rounded_as(measured, printed) == printed)
        else:
            holds.append(abs(measured - float(printed)) <= claim["tolerance"][value])
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


def _measured(claim: dict[str, Any], file: Path) -> pd.DataFrame:
    """The rows of a result file that a claim is about; none where there is no file."""
    if not file.is_file():
        return pd.DataFrame()
    table, where = pd.read_csv(file), claim["evidence"].get("where", {})
    named = {"pairs"} if "pairs" in claim else set()
    named |= {*where, *claim.get("of", {}), *claim.get("values", []), *claim.get("least", {})}
    if unknown := (named | ({claim["column"]} if "column" in claim else set())) - {*table.columns}:
        raise ClaimError(f"claim {claim['id']}: {file} has no column {', '.join(sorted(unknown))}")
    rows = _rows(table, where)
    if claim["test"] == "highest":  # among the methods that the paper compares; others are no part of its claim
        rows = rows[rows["method"].isin(_printed(claim)["method"])]
    return rows


def judge(claim: dict[str, Any], study: Path) -> dict[str, str]:
    """Verdict on one claim from the files of a run.

    Returns:
        `id`, `source`, `claim`, `measured` (a sentence of numbers), `verdict` and `where` (the evidence file).
        `confirmed` when every part of the claim holds, `not confirmed` when none does, `partly` in between, and
        `not testable here` when the evidence is not there or rests on too few pairs: on fewer than all for printed
        numbers, on less than a fifth for a ranking. A ranking that holds as far as it could be tested, with fewer
        pairs or methods than the claim is about, is `partly` confirmed.

    Raises:
        ClaimError: when the claim names columns or rows that the files do not have, or more than one row.
    """
    verdict, measured, where = NOT_TESTABLE, claim.get("why", ""), ""
    if claim["test"] != "none":
        where = claim["evidence"]["file"]
        rows = _measured(claim, study / where)
        missing = rows.empty or ("of" in claim and _rows(rows, claim["of"]).empty)
        if missing:
            measured = "this run has no such row: it needs the data, or weights, that the claim is about"
        else:
            verdict, measured = (_tally if claim["test"] == "tally" else _verdict)(claim, rows)
    said = claim["says"] + (f" (Our reading: {claim['reading']}.)" if "reading" in claim else "")
    about = {"id": claim["id"], "source": claim["source"], "claim": said}
    return about | {"measured": measured, "verdict": verdict, "where": where}


def _tally(claim: dict[str, Any], rows: pd.DataFrame) -> tuple[str, str]:
    """Rows that were judged one by one where they were measured, counted: all, some or none of them confirm."""
    judged = rows[claim["column"]].astype(str)
    said = ", ".join(f"{count} x {verdict}" for verdict, count in judged.value_counts().items())
    for column, least in claim.get("least", {}).items():
        if (here := rows[column].min()) < least:
            return NOT_TESTABLE, f"{said}; but with {here:g} {column}, where the claim takes {least:g}"
    few = False
    if "pairs" in claim:
        pairs = int(rows["pairs"].min())
        few = pairs < claim["pairs"]
        said += f"; {pairs} of {claim['pairs']} pairs" if few else f"; {pairs} pairs"
        if pairs < claim["pairs"] * SAMPLE:
            return NOT_TESTABLE, said
    holds = judged.isin([str(verdict) for verdict in claim["confirms"]])
    return ("confirmed" if holds.all() and not few else "partly" if holds.any() else "not confirmed"), said


def _verdict(claim: dict[str, Any], rows: pd.DataFrame) -> tuple[str, str]:
    ranking = claim["test"] == "highest"
    pairs, all_pairs = int(rows["pairs"].min()), claim["pairs"]
    rests_on = f"{pairs} of {all_pairs} pairs"
    if pairs < all_pairs * (SAMPLE if ranking else 1):
        return NOT_TESTABLE, f"this run has {rests_on}, too few for this claim"
    holds, said = (_highest if ranking else _against_printed)(claim, rows)
    verdict = "confirmed" if all(holds) else "partly" if any(holds) else "not confirmed"
    if ranking:
        methods = len(_printed(claim))
        rests_on += f", {len(rows)} of {methods} methods"
        if verdict == "confirmed" and (pairs < all_pairs or len(rows) < methods):
            verdict = "partly"
    return verdict, f"{', '.join(said)}; {rests_on}"


def scorecard(study: Path) -> pd.DataFrame:
    """Verdicts on all claims, one row a claim, in the paper's order.

    Args:
        study: the folder of a profile's results, e.g. `results/real`.
    """
    return pd.DataFrame([judge(claim, study) for claim in load_claims()])
