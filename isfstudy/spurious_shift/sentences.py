"""What notebook 14 says, built from its values."""

from __future__ import annotations

import pandas as pd

from isfstudy.grid.contrasts import decides, least_p
from isfstudy.grid.sentences import TRIAL, missing_line
from isfstudy.spurious_shift.outcomes import BESIDES, EXPERIMENT, MATTERS, NAMES, RESPONSES
from isfstudy.spurious_shift.shortcut import broken, verdict

CONTRASTS = (
    "<b>Every question, with infrared intact and black.</b> Differences are paired by seed; p of the two-sided "
    "sign-flip test. An expectation is <i>seen</i> where the whole interval reaches what matters, <i>refuted</i> where "
    "all of it falls short."
)


def answer(answered: pd.DataFrame, runs: pd.DataFrame, shortcut: pd.DataFrame, *, reduced: bool) -> list[str]:
    """The answer, as HTML lines.

    Args:
        answered: from `isfstudy.spurious_shift.outcomes.answered`.
        runs: the runs it rests on.
        shortcut: from `isfstudy.spurious_shift.shortcut.asked`; where even these show no shortcut, nothing is said.
        reduced: whether these were trained for a few steps only, to see that it runs.
    """
    if reduced or answered.empty:
        return [TRIAL]
    rows = answered.set_index(["question", "infrared"])
    full, level = (rows.loc[(name, "infrared black")] for name in ("full", "level_full"))
    intact, learned = (rows.loc[(name, "infrared intact")] for name in ("full", "learned"))
    masks = rows.loc[("level_masks", "infrared black")]
    seeds = int(full["seeds"])
    paper = _paper(full, intact, shortcut=shortcut)
    return [
        f"<b>{paper}</b> Training with a cue that says all about heat, instead of nothing, changes the "
        f"full method's response to it by {_number(intact)} more than that of the fidelity loss alone (infrared black: "
        f"{_number(full)}). The paper has it fall, by {MATTERS:g} if that is to matter; the rival not.",
        f"<b>How sure:</b> {len(runs)} networks of {int(runs['steps'].max())} steps, {seeds} seeds with all arms; the "
        f"sign-flip test can reach p = {least_p(seeds):.3g} at the least. <b>Does not show</b> anything of "
        "photographs: scenes and cue are ours.",
        *_where_it_pays(*broken(shortcut)),
        f"<b>Is there anything to break?</b> The cue adds {_number(learned)} to the response of the fidelity loss "
        f"alone: {_learned(learned)}.",
        f"<b>{_rival(level)}</b> With infrared black, {_number(level)} of the visible change over the fidelity loss "
        "alone, at either rate.",
        *_cause(rows),
        f"<b>The same masks as plain augmentation</b> change its level, with infrared black, by {_number(masks)}.",
    ]


def _paper(*contrasts: pd.Series, shortcut: pd.DataFrame) -> str:
    if verdict(shortcut, "pays") == "refuted":
        return "Not to be told from these scenes, which show no shortcut even where one pays."
    said = {row["verdict"] for row in contrasts}
    if said == {"refuted"} and verdict(shortcut, "interventions") == "seen":
        return "In fusion the interventions break no spurious correlation, as none is learned; where one pays, they do."
    if said == {"refuted"}:
        return "On these scenes the interventions do not break the spurious correlation."
    if said == {"seen"}:
        return "On these scenes the interventions weaken the spurious correlation."
    return "Whether the interventions weaken the spurious correlation is not decided by these runs."


def _where_it_pays(*said: str) -> list[str]:
    lines = [f"<b>Would a shortcut be seen?</b> {line}" for line in said[:1]]
    return lines + ([f"<b>Is it broken there?</b> {' '.join(said[1:])}"] if said[1:] else [])


def _learned(row: pd.Series) -> str:
    return {
        "seen": "there is a correlation to break",
        "refuted": "a network that sees both images hardly learns such a correlation, so that there is little to break",
    }.get(row["verdict"], "whether there is a correlation to break is not decided")


def _rival(level: pd.Series) -> str:
    if level["low"] > 0:
        return "The full method relies on the cue more, not less."
    if level["high"] < 0:
        return "The full method relies on the cue less."
    return "Whether the full method relies on the cue more is not decided by these runs."


def _cause(rows: pd.DataFrame) -> list[str]:
    """What raises the response, where the control was run: the losses, or what batch norm sees."""
    if ("losses", "infrared black") not in rows.index:
        return []
    losses, statistics = (rows.loc[(name, "infrared black")] for name in ("losses", "statistics"))
    by = "lower it" if losses["high"] < 0 else "raise it" if losses["low"] > 0 else "change it by no more than seeds do"
    seen = "it lies in what batch norm sees" if statistics["low"] > 0 else "what batch norm sees does not raise it"
    return [
        f"<b>Why:</b> {seen}, and the losses {by}. Passes under the same interventions that no loss looks at change it "
        f"by {_number(statistics)}; the full method lies {_number(losses)} from them."
    ]


def _number(row: pd.Series) -> str:
    return f"{row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"


def in_short(answered: pd.DataFrame) -> pd.DataFrame:
    """`answered` for reading: question, who expects what, difference with interval, p, seeds, and what it says."""
    expected = [f"{row.by}: {'≤ −' if row.expected < 0 else '≥ '}{MATTERS:g}" for row in answered.itertuples()]
    table = answered[["asked", "infrared"]].assign(expected=expected)
    table["difference"] = [f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]" for _, row in answered.iterrows()]
    said = [row.verdict if decides(row.seeds) else f"{row.verdict} so far" for row in answered.itertuples()]
    return table.assign(p=answered["p"], seeds=answered["seeds"], expectation=said)


def levels_in_short(levels: pd.DataFrame) -> pd.DataFrame:
    """`levels` for reading: a row an arm and rate, means ± deviations."""
    table = levels[["arm", "data", "seeds"]].assign(
        arm=levels["arm"].map(NAMES), data=levels["data"].str.removeprefix("scenes_rate_")
    )
    table = table.rename(columns={"data": "rate"})
    named = RESPONSES | {"response_hot": "on hot things", "response_cold": "on cold things"} | BESIDES
    for figure, name in named.items():
        pairs = zip(levels[figure], levels[f"{figure}_deviation"], strict=True)
        table[name] = [f"{mean:.2f} ± {deviation:.2f}" for mean, deviation in pairs]
    return table


def does_not_show(said: dict, lacking: list[str], *, reduced: bool) -> list[str]:
    """What the page does not show, and which runs are missing, as HTML."""
    lines = [
        f"<b>It does not show</b> {said['does_not_show']}.",
        "<b>Nor is a level a matter of weights alone:</b> batch norm of the full method has seen masked and black "
        "images too, that of the fidelity loss alone has not; the control shows what that makes. What training with "
        "the cue adds is a difference within an arm, which has the same statistics.",
    ]
    if reduced:
        return lines
    return lines + missing_line(lacking, EXPERIMENT)
