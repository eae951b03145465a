"""Does the method add anything to showing the network masked images? Ablations again, with the seed as the unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid import records
from isfstudy.grid.contrasts import Contrast, contrasts, verdict
from isfstudy.grid.sets import LOST, SETS, TITLES, by_arm
from isfstudy.grid.trial import ON_SCENES
from isfstudy.grid.trial import trial as grid_trial
from isfstudy.trainings.ablations import printed_changes

EXPERIMENTS = ("masks_as_augmentation", "parts_left_away")
# What is left away, by arm, and the row of Table 2 that is read for it; masks as augmentation have none of their own.
LEFT_AWAY = {
    "mask_augmentation": "without_interventions",
    "fidelity": "without_interventions",
    "without_inv": "without_inv",
    "without_nec": "without_nec",
    "without_nec_inv": "without_nec_inv",
    "without_cfi": "without_cfi",
    "backbone": "without_interventions",
}
NAMES = {
    "mask_augmentation": "masks as augmentation",
    "fidelity": "fidelity loss alone",
    "without_inv": "w/o L_inv",
    "without_nec": "w/o L_nec",
    "without_nec_inv": "w/o L_nec & L_inv",
    "without_cfi": "w/o CFI",
    "backbone": "w/o L_int and CFI",
    "shuffled": "gates of other images",
}
CONTROL = "without_nec_inv"  # the same passes as in the full method, and the fidelity loss alone
VERDICTS = ("seen", "refuted", "undecided")
SHARE = 1 / 3  # of the printed change: the smallest effect that matters, as written in the hypotheses
DROPPED = ("lost_infrared_only", "lost_visible_only")  # dB of PSNR by dropping the other modality, on TNO
LOST_MATTERS = 0.02  # dB, likewise
COLUMNS = ["dataset", "arm", "figure", "printed", "matters", *Contrast._fields, "p_holm", "verdict"]


def trial(folder: Path, *, device: str) -> Path:
    """Two arms trained for a few steps on embedded scenes, see `isfstudy.grid.trial.trial`."""
    return grid_trial(folder, EXPERIMENTS[0], device=device, arms=["mask_augmentation", "full"], **ON_SCENES)


def recorded(kept: Path) -> pd.DataFrame:
    """The runs of both experiments that records hold, see `isfstudy.grid.records.looks`."""
    return pd.concat([records.looks(kept, experiment) for experiment in EXPERIMENTS], ignore_index=True)


def against_full(runs: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """The full method minus each arm, paired by seed.

    Args:
        runs: a row a run of both experiments, from `isfstudy.grid.records.looks`.
        printed: `table2_ablation` from `isfstudy.paper.printed.printed_table`.

    Returns:
        A row a set, arm and figure: these, `printed` (full minus the row of Table 2; what masks cost has none),
        `matters`, the fields of `Contrast`, `p_holm` over the figures of a set and arm, and `verdict`: `seen` where the
        whole interval reaches what matters in the printed direction (for what masks cost: less; for what a dropped
        modality costs: more, which the necessity loss is said to maximise), `refuted` where all of it falls short.
    """
    said = -printed_changes(printed)
    rows = []
    for dataset in SETS:
        for arm, row in LEFT_AWAY.items():
            figures = [*METRICS, *(LOST if dataset == "TNO" else ())]
            figures += DROPPED if dataset == "TNO" and arm == "without_nec" else ()
            found = _differences(runs, dataset, arm, figures)
            if not found:
                continue
            for _, one in contrasts(found).iterrows():
                figure = one["contrast"]
                value = said.loc[row, figure] if figure in METRICS else np.nan
                expected = -1 if figure in LOST else 1 if figure in DROPPED else np.sign(value)
                matters = abs(value) * SHARE if figure in METRICS else LOST_MATTERS
                rows.append(_row(dataset, arm, one, value, expected, matters))
    return pd.DataFrame(rows, columns=COLUMNS)


def _differences(runs: pd.DataFrame, dataset: str, arm: str, figures: list[str]) -> dict[str, pd.Series]:
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
    known = {"dataset": dataset, "arm": arm, "figure": one["contrast"], "printed": printed, "matters": matters}
    numbers = Contrast(*(one[name] for name in Contrast._fields))
    said = verdict(numbers, expected=expected, matters=matters)
    return known | numbers._asdict() | {"p_holm": one["p_holm"], "verdict": said}


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row a set and arm, seeds, and by figure the difference with its interval and what it says."""
    signs = {"seen": "✓", "refuted": "✕", "undecided": "–"}
    text = [
        f"{row['mean']:+.3f} {signs[row['verdict']]}"
        + ("" if np.isnan(row["low"]) else f" [{row['low']:+.3f}, {row['high']:+.3f}]")
        for _, row in table.iterrows()
    ]
    rows = table.assign(text=text, arm=table["arm"].map(NAMES))
    wide = rows.pivot(index=["dataset", "arm", "seeds"], columns="figure", values="text")
    wide.columns.name = None
    order = [figure for figure in (*METRICS, *LOST) if figure in wide]
    return (
        wide[order]
        .reindex(pd.MultiIndex.from_frame(rows[["dataset", "arm", "seeds"]].drop_duplicates()))
        .reset_index()
        .fillna("")
    )


def answer(table: pd.DataFrame, lacking: int) -> list[str]:
    """Whether the method adds something to masks as augmentation, as HTML sentences.

    Args:
        table: from `against_full`.
        lacking: how many runs of the plan are missing.
    """
    rows = table[table["arm"] == "mask_augmentation"] if len(table) else table
    if not len(rows) or rows["seeds"].max() < 2:
        return ["<b>Masks as augmentation: not tested.</b> Fewer than two seeds of both arms are in the records."]
    decisive = rows[rows["figure"].isin(["AG", "SF", *LOST])]
    verdicts = {*decisive["verdict"]}
    seeds = int(rows["seeds"].min())
    if verdicts == {"seen"}:
        conclusion = "it is above them by what matters"
    elif "refuted" in verdicts:
        conclusion = "the claim that it is above them in all of AG, SF and what masks cost is refuted"
    else:
        conclusion = "not decided"
    said = [f"{word} in {', '.join(map(_named, each))}" for word in VERDICTS if (each := _of(decisive, word))]
    lines = [
        f"<b>The method against the same masks as plain augmentation, {seeds} seeds:</b> {conclusion}; by what matters "
        f"{'; '.join(said)}."
    ]
    lines += _without_losses(table) + _rows_of_table2(table)
    if lacking:
        command = f"<code>python -m isfstudy grid {' '.join(EXPERIMENTS)}</code>"
        lines.append(f"{lacking} runs of the plan are missing; {command} makes them.")
    return lines


def _of(rows: pd.DataFrame, verdict: str) -> list[Any]:
    return list(rows[rows["verdict"] == verdict].itertuples())


def _named(row: Any) -> str:
    if row.figure in LOST:
        return f"PSNR {TITLES[row.figure].removesuffix(' (dB)')} on {row.dataset} ({row.mean:+.3f} dB)"
    return f"{row.figure} on {row.dataset} ({row.mean:+.2f})"


def _without_losses(table: pd.DataFrame) -> list[str]:
    """What the losses add to passes that batch norm alone sees, in AG, beside what the full method adds to the fidelity
    loss alone."""
    by_arm = {arm: rows.set_index("dataset") for arm, rows in table[table["figure"] == "AG"].groupby("arm")}
    if not {"fidelity", CONTROL} <= set(by_arm):
        return []
    said = [
        f"{dataset} {row['mean']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}] against "
        f"{by_arm['fidelity'].loc[dataset, 'mean']:+.2f}"
        for dataset, row in by_arm[CONTROL].iterrows()
    ]
    gained, added = by_arm["fidelity"], by_arm[CONTROL]["high"]  # the whole interval decides, not its mean
    most = gained.index[(gained["low"] > 0) & (added < gained["mean"] / 2).reindex(gained.index, fill_value=False)]
    passes = (
        f"; on {' and '.join(most)} most of it comes with the passes, which batch norm sees, and not with the losses"
    )
    where = passes if len(most) else ""
    return [
        f"<b>What the losses add in AG:</b> over passes under the same interventions that no loss looks at "
        f"({NAMES[CONTROL]}), beside what the full method adds to the fidelity loss alone: {', '.join(said)}"
        f"{where}."
    ]


def _rows_of_table2(table: pd.DataFrame) -> list[str]:
    """How many of the changes that Table 2 prints come out over seeds."""
    rows = table[table["arm"].isin([arm for arm, row in LEFT_AWAY.items() if arm == row or arm == "fidelity"])]
    rows = rows[rows["figure"].isin(METRICS) & (rows["seeds"] > 1)]
    if rows.empty:
        return []
    said = ", ".join(f"{(rows['verdict'] == word).sum()} {word}" for word in VERDICTS)
    seeds, count = rows["seeds"].agg(["min", "max"]), rows["arm"].nunique()
    return [
        f"<b>Table 2 over {seeds['min']} to {seeds['max']} seeds:</b> of {len(rows)} printed changes ({count} rows, "
        f"{len(METRICS)} metrics, {rows['dataset'].nunique()} sets) {said}, by a third of what is printed."
    ]
