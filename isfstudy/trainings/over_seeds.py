"""Does the method add anything to showing the network masked images? Ablations again, with the seed as the unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid import records
from isfstudy.grid.contrasts import Contrast, contrasts, verdict
from isfstudy.grid.sets import LOST, SETS, by_arm
from isfstudy.grid.trial import ON_SCENES
from isfstudy.grid.trial import trial as grid_trial
from isfstudy.trainings.ablations import printed_changes

EXPERIMENTS = ("masks_as_augmentation", "parts_left_away")
LARGER = "scale"  # the experiment that trains two of the arms again, see `isfstudy.trainings.check_of_scale`
MASKS = "mask_augmentation"
# What is left away, by arm, and the row of Table 2 that is read for it; masks as augmentation have none of their own.
LEFT_AWAY = {
    MASKS: "without_interventions",
    "fidelity": "without_interventions",
    "without_inv": "without_inv",
    "without_nec": "without_nec",
    "without_nec_inv": "without_nec_inv",
    "without_cfi": "without_cfi",
    "backbone": "without_interventions",
}
CONTROL = "without_nec_inv"  # the same passes as in the full method, and the fidelity loss alone
SHARE = 1 / 3  # of the printed change: the smallest effect that matters, as written in the hypotheses
DROPPED = ("lost_infrared_only", "lost_visible_only")  # dB of PSNR by dropping the other modality, on TNO
LOST_MATTERS = 0.02  # dB, likewise
COLUMNS = ["dataset", "arm", "figure", "printed", "expected", "matters", *Contrast._fields, "p_holm", "verdict"]


def trial(folder: Path, *, device: str) -> Path:
    """Two arms trained for a few steps on embedded scenes, see `isfstudy.grid.trial.trial`, and the check of scale."""
    arms = ["mask_augmentation", "full"]
    grid_trial(folder, LARGER, device=device, arms=arms, **ON_SCENES)
    return grid_trial(folder, EXPERIMENTS[0], device=device, arms=arms, **ON_SCENES)


def recorded(kept: Path) -> pd.DataFrame:
    """The runs of both experiments that records hold, see `isfstudy.grid.records.looks`."""
    return records.looks(kept, *EXPERIMENTS)


def against_full(runs: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """The full method minus each arm, paired by seed.

    Args:
        runs: a row a run of both experiments, from `isfstudy.grid.records.looks`.
        printed: `table2_ablation` from `isfstudy.paper.printed.printed_table`.

    Returns:
        A row a set, arm and figure: these, `printed` (full minus the row of Table 2; what masks cost has none),
        `expected` (its sign; against masks as augmentation, for which Table 2 has no row of its own, above in every
        metric, as the hypotheses have it; for what masks cost: less; for what a dropped modality costs: more, which the
        necessity loss is said to maximise), `matters`, the fields of `Contrast`, `p_holm` (of a set and arm, over the
        metrics, and over what interventions cost), and `verdict`: `seen` where the whole interval reaches what matters
        in the expected direction, `refuted` where all of it falls short.
    """
    said = -printed_changes(printed)
    rows = []
    for dataset in SETS:
        for arm, row in LEFT_AWAY.items():
            figures = [*METRICS, *(LOST if dataset == "TNO" else ())]
            figures += DROPPED if dataset == "TNO" and arm == "without_nec" else ()
            for one in _tested(differences(runs, dataset, arm, figures)):
                figure = one["contrast"]
                value = said.loc[row, figure] if figure in METRICS else np.nan
                expected = -1 if figure in LOST else 1 if figure in DROPPED or arm == MASKS else np.sign(value)
                matters = abs(value) * SHARE if figure in METRICS else LOST_MATTERS
                rows.append(_row(dataset, arm, one, value, expected, matters))
    return pd.DataFrame(rows, columns=COLUMNS)


def _tested(found: dict[str, pd.Series]) -> list[pd.Series]:
    """Contrasts, with Holm's correction over the metrics, and apart from these over what interventions cost."""
    families = [{name: found[name] for name in found if (name in METRICS) == metrics} for metrics in (True, False)]
    return [row for family in families if family for _, row in contrasts(family).iterrows()]


def differences(runs: pd.DataFrame, dataset: str, arm: str, figures: list[str]) -> dict[str, pd.Series]:
    """Full minus the arm by seed, for each figure that both have in at least one seed."""
    tables = {figure: by_arm(runs, dataset, figure) for figure in figures}
    both = {figure: table[["full", arm]].dropna() for figure, table in tables.items() if {"full", arm} <= set(table)}
    return {figure: table["full"] - table[arm] for figure, table in both.items() if len(table)}


def shuffled(runs: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """What metrics of the full method gain on MSRS when each image is fused by the gates of another one: rows as of
    `against_full`, the printed change being that of leaving the CFI away. A gate that selects what is stable in its own
    image should be missed."""
    said = printed_changes(printed).loc["without_cfi"]
    full = runs[runs["arm"] == "full"].set_index("seed")
    columns = {metric: [f"{part}.shuffled_{metric}" for part in SETS["MSRS"]] for metric in METRICS}
    found = {metric: full[names].mean(axis=1) for metric, names in columns.items() if set(names) <= set(full)}
    found = {metric: values.dropna() for metric, values in found.items() if values.notna().any()}
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    rows = [
        _row(
            "MSRS",
            "shuffled",
            one,
            said[one["contrast"]],
            np.sign(said[one["contrast"]]),
            abs(said[one["contrast"]]) * SHARE,
        )
        for _, one in contrasts(found).iterrows()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(dataset: str, arm: str, one: pd.Series, printed: float, expected: float, matters: float) -> dict:
    known = {"dataset": dataset, "arm": arm, "figure": one["contrast"], "printed": printed}
    known |= {"expected": int(expected), "matters": matters}
    numbers = Contrast(*(one[name] for name in Contrast._fields))
    said = verdict(numbers, expected=expected, matters=matters)
    return known | numbers._asdict() | {"p_holm": one["p_holm"], "verdict": said}
