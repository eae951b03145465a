"""Runs of the experiment on the spurious cue, with effects that are put in by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isfstudy.spurious_shift.outcomes import ARMS, BESIDES, CONTROL, RESPONSES, WITH_CUE, WITHOUT_CUE


def made_up(
    *,
    learned: float = 0.0,
    full_added: float = 0.0,
    full_level: float = 0.0,
    masks_level: float = 0.0,
    control: float | None = None,
    seeds: int = 8,
) -> pd.DataFrame:
    """Runs whose seeds swing alike in all arms, with what is added to some of them."""
    random = np.random.default_rng(1)
    rows = []
    for seed in range(seeds):
        swing = random.normal(0, 0.1)
        for arm in (*ARMS, *([] if control is None else [CONTROL])):
            for data in (WITHOUT_CUE, WITH_CUE):
                value = 0.6 + swing + random.normal(0, 0.01)
                value += full_level * (arm == "full") + masks_level * (arm == "mask_augmentation")
                value += control * (arm == CONTROL) if control else 0
                value += (learned + full_added * (arm == "full")) * (data == WITH_CUE)
                figures = dict.fromkeys([*RESPONSES, "response_hot", "response_cold", *BESIDES], value)
                run = {"arm": arm, "data": data, "seed": seed, "run": f"{arm}-{data}-seed{seed}", "steps": 600}
                rows.append(run | {"precision": "float32", "minutes": 6.0} | figures)
    return pd.DataFrame(rows)
