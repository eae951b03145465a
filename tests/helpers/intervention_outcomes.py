"""Outcomes of interventions whose effects are known."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.treatments import CLEAN

PAPERS = {  # harm in the paper's order
    "infrared_only": 3.0,
    "visible_only": 4.0,
    "complementary_holes": 0.5,
    "complementary_grid": 1.0,
    "random": 0.1,
}


def outcomes(harm: dict[str, float], *, images: int = 8, spread: float = 0.01, **keys: str) -> pd.DataFrame:
    """Scores of images that lose `harm`, a little more each; AG gains what the others lose."""
    rows = []
    for number in range(images):
        for name, loss in ({CLEAN: 0.0} | harm).items():
            values = {
                metric: (5 + number + loss * (1 + spread * number) * (-1) ** (metric != "AG")) for metric in METRICS
            }
            rows.append({"dataset": "TNO", "network": "one", "intervention": name, "stem": f"{number}"} | keys | values)
    return pd.DataFrame(rows)
