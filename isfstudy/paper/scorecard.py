"""A verdict on every claim, computed from the study's result files; none is written down anywhere.

`paper/claims.yaml` holds what is claimed, which file is the evidence and how to test it: to add a claim, or to feed one
from another file, is to write a few lines there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from isfstudy.paper.claims import load_claims
from isfstudy.paper.coverage import covered, power
from isfstudy.paper.evidence import KINDS, ClaimError, chosen, differences, joined, printed_rows
from isfstudy.paper.sections import section
from isfstudy.paper.verdicts import NOT_TESTABLE, SHOWN, SUPPORTS, UNDECIDED, deciding, direction, in_words, verdict


def measured(claim: dict[str, Any], file: Path) -> pd.DataFrame:
    """The rows of a result file that a claim is about; none where there is no file, or it is empty.

    Raises:
        ClaimError: when the file lacks a column that the claim names.
    """
    if not file.is_file() or not file.read_bytes().strip():
        return pd.DataFrame()
    table = pd.read_csv(file)
    if table.empty:
        return table
    if "pairs" not in table and "images" in table:
        table = table.rename(columns={"images": "pairs"})
    named = {*claim["evidence"].get("where", {}), *claim.get("values", []), *claim.get("between", {})}
    named |= {claim["column"]} if "column" in claim else set()
    if unknown := named - {*table.columns}:
        raise ClaimError(f"claim {claim['id']}: {file} has no column {', '.join(sorted(unknown))}")
    rows = chosen(table, claim["evidence"].get("where", {}))
    if claim["test"] == "compared" and "printed" in claim:  # with the methods that the paper compares, and no others
        rows = rows[rows["method"].isin(printed_rows(claim)["method"])]
    return differences(claim, rows) if claim["test"] == "paired" else rows


def judge(claim: dict[str, Any], study: Path) -> dict[str, str]:
    """Verdict on one claim from the files of a run.

    Returns:
        `id`, `whose`, `section` (see `isfstudy.paper.sections`), `source`, `claim`, `test`, `verdict` (see
        `isfstudy.paper.verdicts.MEANING`), `direction`; of the part that decides first what would have supported it
        (`asked`) and what came out (`found`), and how many parts `hold`; `measured` (the numbers of all its parts, in
        words), `power`, `coverage`, `where` (the evidence file) and `experiment` (which of `paper/hypotheses.yaml`
        decides it, or will).

    Raises:
        ClaimError: when the claim names columns or rows that the files do not have, or more than one row.
    """
    said = claim["says"] + (f" (Our reading: {claim['reading']}.)" if "reading" in claim else "")
    whose = claim.get("whose", "paper")
    row = {"id": claim["id"], "whose": whose, "section": section(whose, claim["source"]), "source": claim["source"]}
    row |= {"claim": said, "test": claim["test"], "verdict": NOT_TESTABLE, "direction": UNDECIDED}
    row |= {"asked": "", "found": "", "hold": "", "measured": claim.get("why", "")}
    row |= {
        "power": "nothing measured",
        "coverage": "none of it",
        "where": "",
        "experiment": claim.get("experiment", ""),
    }
    if claim["test"] == "none":
        return row
    row["where"] = claim["evidence"]["file"]
    rows = measured(claim, study / row["where"])
    if rows.empty:
        return row | {"measured": "this run has no such row: it needs the data, weights or trainings that it is about"}
    rows, share = covered(claim, rows)
    parts = joined(claim, rows, KINDS[claim["test"]][0](claim, rows))
    found = {"verdict": verdict(parts, whole=share.whole, enough=share.enough), "measured": in_words(parts)}
    found |= {"direction": direction(parts) if share.enough else UNDECIDED}
    first = deciding(parts)
    found |= {"asked": first.asked, "found": first.found or first.says}
    found |= {"hold": f"{sum(part.direction == SUPPORTS for part in parts)} of {len(parts)}"}
    if not share.enough:
        found["measured"] = f"too little to tell ({share.says}); here {', '.join(part.says for part in parts[:SHOWN])}"
    return row | found | {"power": power(rows), "coverage": share.says}


def scorecard(study: Path) -> pd.DataFrame:
    """Verdicts on all claims, one row a claim, as `judge` gives them, in the order of `paper/claims.yaml`.

    Args:
        study: the folder of a profile's results, e.g. `results/real`.
    """
    return pd.DataFrame([judge(claim, study) for claim in load_claims()])
