"""Outcomes of interventions whose effects are known."""

from __future__ import annotations

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.intervention_effects.treatments import CLEAN

PAPERS = {  # harm in the paper's order
    "infrared_only": 3.0,
    "visible_only": 4.0,
    "complementary_grid": 1.0,
    "random_grid": 0.6,
    "complementary_holes": 0.5,
    "random_holes": 0.1,
}


def hidden(intervention: str) -> float:
    """The share of both images' pixels that an intervention hides."""
    return 0.0 if intervention == CLEAN else 0.02 if intervention.endswith("holes") else 0.5


def outcomes(
    harm: dict[str, float], *, images: int = 8, spread: float = 0.01, draws: int = 1, **keys: str
) -> pd.DataFrame:
    """Scores of images that lose `harm`, a little more each, masks as often as there are draws; AG gains what the
    others lose."""
    rows = []
    for number in range(images):
        for name, loss in ({CLEAN: 0.0} | harm).items():
            for draw in range(1 if name == CLEAN or name.endswith("only") else draws):
                values = {
                    metric: (5 + number + loss * (1 + spread * number) * (-1) ** (metric != "AG")) for metric in METRICS
                }
                about = {"dataset": "TNO", "network": "one", "intervention": name, "draw": draw, "stem": f"{number}"}
                rows.append(about | keys | {"hidden": hidden(name)} | values)
    return pd.DataFrame(rows)
