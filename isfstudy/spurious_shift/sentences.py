"""What notebook 14 says, built from its values."""

from __future__ import annotations

import pandas as pd

from isfstudy.grid.contrasts import decides, least_p
from isfstudy.grid.sentences import TRIAL, interval, missing_line, not_tested
from isfstudy.spurious_shift.outcomes import BESIDES, EXPERIMENT, MATTERS, NAMES, RESPONSES
from isfstudy.spurious_shift.shortcut import broken, verdict

ASKED = ("full", "learned", "level_full", "level_masks")  # what the answer rests on
CONTRASTS = (
    "<b>Every question, with infrared intact and black.</b> Differences are paired by seed; p of the two-sided "
    "sign-flip test. An expectation is <i>seen</i> where the whole interval reaches what matters, <i>refuted</i> where "
    "all of it falls short."
)


def answer(
    answered: pd.DataFrame, runs: pd.DataFrame, shortcut: pd.DataFrame, lacking: list[str], *, reduced: bool
) -> list[str]:
    """The answer, as HTML lines.

    Args:
        answered: from `isfstudy.spurious_shift.outcomes.answered`.
        runs: the runs it rests on.
        shortcut: from `isfstudy.spurious_shift.shortcut.asked`; where even these show no shortcut, nothing is said.
        lacking: the missing runs of the experiment.
        reduced: whether the runs were trained for a few steps only, to see that it runs.
    """
    if reduced:
        return [TRIAL]
    rows = answered.set_index(["question", "infrared"])
    if not {(name, infrared) for name in ASKED for infrared in RESPONSES.values()} <= {*rows.index}:
        return [not_tested(lacking, EXPERIMENT)]
    full, level = (rows.loc[(name, "infrared black")] for name in ("full", "level_full"))
    intact, learned = (rows.loc[(name, "infrared intact")] for name in ("full", "learned"))
    masks = rows.loc[("level_masks", "infrared black")]
    seeds = int(full["seeds"])
    return [
        f"<b>{_paper(full, intact, learned=learned, shortcut=shortcut)}</b> <i>Response</i> is how far the fused image "
        "follows the visible one where a cue is flipped, from 0, not at all, to 1. A cue that says all about heat in "
        f"training, instead of nothing, adds {interval(learned)} to the response of the fidelity loss alone, and "
        f"{interval(intact)} more to that of the full method (with infrared hidden, all black: {interval(full)}). The "
        f"paper has it add less there, by {MATTERS:g} if that is to matter.",
        f"<b>How sure:</b> {len(runs)} networks of {int(runs['steps'].max())} steps, {seeds} seeds with all arms; the "
        f"sign-flip test can reach p = {least_p(seeds):.3g} at the least. {_rule(full, intact, learned=learned)}"
        "<b>Does not show</b> anything of photographs: scenes and cue are ours.",
        *_where_it_pays(*broken(shortcut)),
        f"<b>{_rival(level)}</b> With infrared black it does so by {interval(level)} of the visible change, the mean "
        "over both rates; whether it is the cue that it follows there or all of the visible image is not told apart.",
        *_cause(rows),
        f"<b>The same masks as plain augmentation</b> change the response, with infrared black, by {interval(masks)}.",
    ]


def _paper(*contrasts: pd.Series, learned: pd.Series, shortcut: pd.DataFrame) -> str:
    if verdict(shortcut, "pays") == "refuted":
        return "Not to be told from these scenes, which show no shortcut even where one pays."
    said = {row["verdict"] if decides(row["seeds"]) else "undecided" for row in contrasts}
    if said == {"refuted"}:
        broken = {"seen": "; where one pays, they weaken it", "refuted": "; where one pays, they do not break it"}
        if learned["verdict"] == "refuted":
            there = broken.get(verdict(shortcut, "interventions"), "")
            none = "In fusion hardly any spurious correlation is learned, so that interventions have none to break"
            return f"{none}{there}."
        return "On these scenes the interventions do not break the spurious correlation."
    if said == {"seen"}:
        return "On these scenes the interventions weaken the spurious correlation."
    return "Whether the interventions weaken the spurious correlation is not decided by these runs."


def _rule(*contrasts: pd.Series, learned: pd.Series) -> str:
    """What the rule that was written down before says, and what it is worth where there is nothing to break."""
    if any(row["verdict"] != "refuted" for row in contrasts):
        return ""
    floor = (
        "; but less than that is learned without interventions, so that it could hardly have been confirmed"
        if learned["high"] < MATTERS
        else ""
    )
    return f"By the rule written down before, both intervals above -{MATTERS:g}, the paper is refuted here{floor}. "


def _where_it_pays(*said: str) -> list[str]:
    lines = [f"<b>Would a shortcut be seen?</b> {line}" for line in said[:1]]
    return lines + ([f"<b>Is it broken there?</b> {' '.join(said[1:])}"] if said[1:] else [])


def _rival(level: pd.Series) -> str:
    if level["low"] > 0:
        return "The full method follows the visible image more where the cue is, not less."
    if level["high"] < 0:
        return "The full method follows the visible image less where the cue is."
    return "Whether the full method follows the visible image more where the cue is is not decided by these runs."


def _cause(rows: pd.DataFrame) -> list[str]:
    """What raises the response, where the control was run: the losses, or what batch norm sees."""
    if ("losses", "infrared black") not in rows.index:
        return []
    losses, statistics = (rows.loc[(name, "infrared black")] for name in ("losses", "statistics"))
    seen = {
        1: "it lies in what batch norm sees",
        -1: "not what batch norm sees, which lowers it",
        0: "whether it lies in what batch norm sees is not decided",
    }
    by = {1: "the losses raise it", -1: "the losses lower it", 0: "what the losses do to it is not decided"}
    return [
        f"<b>Why:</b> {seen[_side(statistics)]}, and {by[_side(losses)]}. Passes that no loss looks at, "
        f"under the same interventions, leave weights as they are and change it by {interval(statistics)}; the full "
        f"method lies {interval(losses)} from them."
    ]


def _side(row: pd.Series) -> int:
    """1 or -1 where the whole interval lies above or below 0, else 0, also for one seed."""
    return int(row["low"] > 0) - int(row["high"] < 0)


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


def does_not_show(said: dict, weight: tuple[float, float] | None, lacking: dict[str, list[str]]) -> list[str]:
    """What the page does not show, and which runs are missing, as HTML.

    Args:
        said: the hypothesis.
        weight: from `isfstudy.spurious_shift.shortcut.weight_of_losses`.
        lacking: missing runs by experiment.
    """
    lines = [
        f"<b>It does not show</b> {said['does_not_show']}.",
        "<b>Nor is a response a matter of weights alone:</b> batch norm of the full method has seen masked and black "
        "images too, that of the fidelity loss alone has not. The control shows what that makes, and networks whose "
        "weights were kept are measured with statistics of either.",
    ]
    if weight:
        lines.append(
            "<b>Where a shortcut pays, task and loss are others than in fusion</b>, and alpha and beta the same: the "
            f"method's losses come to {weight[0]:.1f} of the task's there, and to {weight[1]:.1f} in fusion."
        )
    return lines + [line for experiment, runs in lacking.items() for line in missing_line(runs, experiment)]
