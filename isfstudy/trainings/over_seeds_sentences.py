"""What page 04 says of the ablations over seeds, built from their values."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.grid.contrasts import seeds_needed
from isfstudy.grid.measures import EVERY
from isfstudy.grid.sets import LOST, TITLES, UNITS
from isfstudy.paper.hypotheses import hypothesis
from isfstudy.paper.verdicts import LEVEL
from isfstudy.trainings.over_seeds import CONTROL, EXPERIMENTS, LEFT_AWAY, LOST_MATTERS

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
VERDICTS = ("seen", "refuted", "undecided")


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
    if verdicts == {"seen"}:
        conclusion = "it is above them in AG, SF and what masks cost"
    elif "refuted" in verdicts:
        conclusion = "the claim that it is above them in all of AG, SF and what masks cost is refuted"
        conclusion += ", that it is so in one of them not" if "seen" in verdicts else ""
    else:
        conclusion = "not decided"
    lines = [
        f"<b>The method against the same masks as plain augmentation: {conclusion}.</b> By what matters "
        f"{_by_verdict(decisive)}. The paper has it above them in all of these; the rival, that masks do as well.",
        *_besides(rows[~rows.index.isin(decisive.index)]),
        _how_sure(decisive),
    ]
    lines += _without_losses(table) + _rows_of_table2(table)
    if lacking:
        command = f"<code>python -m isfstudy grid {' '.join(EXPERIMENTS)}</code>"
        lines.append(f"{lacking} runs of the plan are missing; {command} makes them.")
    return lines


def _by_verdict(rows: pd.DataFrame) -> str:
    return "; ".join(f"{word} in {', '.join(map(_named, each))}" for word in VERDICTS if (each := _of(rows, word)))


def _besides(rows: pd.DataFrame) -> list[str]:
    """The metrics that the paper has the method above in, and that its claim about masks does not name."""
    return (
        [f"<b>In the other metrics,</b> where it should be above them too: {_by_verdict(rows)}."] if len(rows) else []
    )


def _passing(rows: pd.DataFrame) -> str:
    """How many of the rows that are seen pass the test that was written down before."""
    seen = rows[rows["verdict"] == "seen"]
    return (
        f"{(seen['p_holm'] < LEVEL).sum()} of {len(seen)} that are seen pass the sign-flip test, Holm over the metrics"
    )


def _how_sure(rows: pd.DataFrame) -> str:
    ag = rows[rows["figure"] == "AG"]
    matters = ", ".join(f"AG {row.matters:.2f}" for row in ag.drop_duplicates("matters").itertuples())
    return (
        f"<b>How sure:</b> {int(rows['seeds'].min())} seeds; the whole 95 % interval decides, against a third of what "
        f"Table 2 prints ({matters}) and {LOST_MATTERS:g} dB of what masks cost, on one in {EVERY} images of TNO. "
        f"{_passing(rows)}. <b>Does not show</b> "
        f"{escape(hypothesis(EXPERIMENTS[0])['does_not_show'], quote=False)}."
    )


def _of(rows: pd.DataFrame, verdict: str) -> list[Any]:
    return list(rows[rows["verdict"] == verdict].itertuples())


def _named(row: Any) -> str:
    if row.figure in LOST:
        return f"PSNR {TITLES[row.figure].removesuffix(' (dB)')} on {row.dataset} ({row.mean:+.3f} dB)"
    return f"{row.figure} on {row.dataset} ({row.mean:+.3g}{UNITS.get(row.figure, '')})"


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
        f"{where}. An arm that lacks one of the losses lacks its passes too, so that it differs in both."
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
        f"{len(METRICS)} metrics, {rows['dataset'].nunique()} sets) {said}, by a third of what is printed; "
        f"{_passing(rows)}, which takes {seeds_needed(len(METRICS))} seeds."
    ]
