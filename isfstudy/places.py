"""Where the study's own files lie. A notebook depends on the committed ones whose names here its modules import."""

from __future__ import annotations

from pathlib import Path

# committed, relative to the repository
PRINTED_TABLES = "paper/tables"
CLAIMS = "paper/claims.yaml"
SENTENCES = "paper/sentences.yaml"
METHODS = "paper/methods.yaml"
PEER_TIMINGS = "paper/peer_timings.csv"
GRID = "paper/grid.yaml"
HYPOTHESES = "paper/hypotheses.yaml"
SUMMARY = "paper/summary.yaml"
DEVIATIONS = "paper/deviations.yaml"
FUSION_RECORDS = "records/fusion"
DOWNSTREAM_RECORDS = "records/downstream"
GRID_RECORDS = "records/grid"
SELECTED_PAIRS = "records/pairs.csv"


def repository() -> Path:
    """The root of the study: the folder that holds `notebooks/`, `params/` and this package."""
    return Path(__file__).resolve().parent.parent
