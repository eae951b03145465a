"""The claims in `paper/claims.yaml`, read and checked before anything is concluded from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from isfstudy.paper.evidence import KINDS, ClaimError
from isfstudy.places import CLAIMS, HYPOTHESES, repository

WHOSE = ("paper", "notes", "ours")  # whose claim it is; the paper's where it does not say


def load_claims(path: Path | None = None) -> list[dict[str, Any]]:
    """The claims, in the order in which they are shown; each has `id`, `says`, `source`, `test` and what the test
    needs.

    Raises:
        ClaimError: for an unknown test, a missing key, an experiment that `paper/hypotheses.yaml` does not have, or an
            id that stands twice, naming the claim.
    """
    path = path or repository() / CLAIMS
    claims = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
        raise ClaimError(f"{path} must be a list of claims, each a mapping")
    experiments = yaml.safe_load((repository() / HYPOTHESES).read_text(encoding="utf-8"))
    seen = set()
    for claim in claims:
        name = claim.get("id", f"without id ({claim})")
        _check(claim, name, {*experiments})
        if name in seen:
            raise ClaimError(f"two claims have the id {name!r}")
        seen.add(name)
    return claims


def _check(claim: dict[str, Any], name: str, experiments: set[str]) -> None:
    _demand(claim, ("id", "says", "source", "test"), name)
    if claim["test"] == "none":
        _demand(claim, ("why",), name)
    elif claim["test"] in KINDS:
        _demand(claim, ("evidence", *KINDS[claim["test"]][1]), name)
        _demand(claim["evidence"], ("file",), f"{name}, evidence")
        if "printed" in claim:
            _demand(claim["printed"], ("table", "where"), f"{name}, printed")
    else:
        raise ClaimError(f"claim {name}: no test {claim['test']!r}; there are {', '.join(KINDS)}, none")
    if claim.get("whose", "paper") not in WHOSE:
        raise ClaimError(f"claim {name}: whose must be one of {', '.join(WHOSE)}, not {claim['whose']!r}")
    if claim.get("means") and "pairs" not in claim.get("about", {}):
        raise ClaimError(f"claim {name}: means need all pairs that it is about, and it does not say how many")
    if "experiment" in claim and claim["experiment"] not in experiments:
        raise ClaimError(f"claim {name}: paper/hypotheses.yaml has no experiment {claim['experiment']!r}")


def _demand(given: dict[str, Any], keys: tuple[str, ...], name: str) -> None:
    if lacking := [key for key in keys if key not in given]:
        raise ClaimError(f"claim {name}: lacks {', '.join(lacking)}")
