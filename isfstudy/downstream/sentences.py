"""The sentences that the pages of detection and segmentation share, built from their values."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
from scipy.stats import spearmanr

from isfstudy.comparison.clusters import BLOCK
from isfstudy.downstream.inputs import source_inputs
from isfstudy.downstream.regimes import Comparison
from isfstudy.downstream.training import Task

ADAPTED = (  # what else a lead under this regime may come from
    "<b>What <i>adapted</i> cannot tell:</b> its base network was trained on visible, infrared and averaged images, "
    "so that an image near the average is near what it knows; on one image, CC measures just that nearness."
)


def basis(comparison: Comparison) -> str:
    """Numbers of images, epochs and seeds of the regimes `own` and `from visible`, for captions."""
    epochs = comparison.budget.steps * comparison.budget.batch / len(comparison.train.pairs)
    images = f"{len(comparison.train.pairs)} training and {len(comparison.test.pairs)} test images"
    return f"{images}, {epochs:.0f} epochs, seeds {list(comparison.seeds)}"


def adapted_basis(comparison: Comparison) -> str:
    """The same of the regime `adapted`."""
    images = len(source_inputs()) * len(comparison.train.pairs)
    epochs = comparison.budget.steps * comparison.budget.batch / images
    return (
        f"{len(comparison.test.pairs)} test images, seeds {list(comparison.seeds)}; {epochs:.0f} epochs of {images} "
        f"images of the sources, then {comparison.adaptation.steps} steps on half of the test images"
    )


def unit(clusters: Sequence[str]) -> str:
    """What intervals are over: `20 blocks of frames`, or `80 images` where each stands for itself.

    Args:
        clusters: of each test image, see `isfstudy.comparison.clusters`.
    """
    number = len(set(clusters))
    return f"{number} blocks of frames" if number < len(clusters) else f"{number} images"


def together(clusters: Sequence[str]) -> list[str]:
    """That frames of one drive are drawn together, where they are, in HTML."""
    if (number := len(set(clusters))) == len(clusters):
        return []
    return [
        f"<b>Intervals and verdicts are over {unit(clusters)},</b> not over {len(clusters)} images, as neighbouring "
        f"frames of a drive depend on each other: {BLOCK} frame numbers by day, or by night, are drawn together, and "
        f"{number} independent observations is all that there are."
    ]


def goes_on(dependence: pd.DataFrame, reference: str, unit: str) -> str:
    """How far differences from the reference go on from image to image, and from cluster to cluster, under `adapted`.

    Args:
        dependence: from `isfstudy.comparison.clusters.dependence`, of one score.
        unit: what clusters are, in words.
    """
    row = dependence[dependence["protocol"] == "adapted"].iloc[0]
    return (
        f"Differences in {row['metric']} of other inputs from {reference} correlate with those of the next image by "
        f"{row['of_images']:+.2f} (median over inputs; the largest {row['of_images_most']:+.2f}), means over {unit} by "
        f"{row['of_clusters']:+.2f} ({row['of_clusters_most']:+.2f}; by chance below {row['by_chance']:.2f}); protocol "
        "<i>adapted</i>."
    )


def facts(task: Task, comparison: Comparison, dataset: str, pairs: str, absent: list[str]) -> list[str]:
    """What a reader has to know of data, network and inputs before any number, in HTML.

    Args:
        pairs: how many of the published ones there are, in words.
        absent: a sentence for each input that was asked for, or is partly here, and is left out.
    """
    budget, unlabelled = comparison.budget, [*comparison.train.left_out, *comparison.test.left_out]
    lines = [
        f"<b>Data:</b> {dataset}: {pairs}; {len(comparison.test.names)} classes."
        + (" Synthetic street scenes: no benchmark." if dataset == "scenes" else ""),
        f"<b>Network:</b> {task.network}. {budget.steps} steps of {budget.batch} windows, each half to all of an "
        f"image, scaled to {_size(budget.train_size)}; tested on whole images at {_size(budget.test_size)}. "
        f"{basis(comparison)}.",
        f"<b>Inputs</b> with images of all pairs: {', '.join(comparison.everywhere)}; of the test pairs alone: "
        f"{', '.join(comparison.test_only) or 'none'}.",
        *(f"<b>Left out:</b> {escape(reason)}" for reason in absent),
    ]
    if dataset == "MSRS":
        lines.append("<b>Shared scenes:</b> the test split takes every fourth frame of the same drives.")
    if unlabelled:
        lines.append(f"<b>Without a label file, left out:</b> {', '.join(unlabelled)}.")
    return lines


def _size(sides: tuple[int, int]) -> str:
    return f"{sides[1]} x {sides[0]}"


def in_short(compared: pd.DataFrame, reference: str, over_seeds: pd.DataFrame | None = None) -> str:
    """The answer of a page in a sentence, HTML: in how many inputs less or more is found than in the reference, and
    where the sources stand, of the regime in which every input takes part, or else of the first; and where the
    reference stands when the network has seen visible images alone.

    Args:
        compared: from `isfstudy.downstream.tables.against`, all inputs, of one column.
        over_seeds: from `isfstudy.downstream.base_seeds.leads`; where it has rows, verdicts are its own, of its first
            base network and metric.
    """
    regimes = list(compared["protocol"].unique())
    regime = "adapted" if "adapted" in regimes else regimes[0]
    rows = compared[(compared["protocol"] == regime) & (compared["method"] != reference)]
    beyond = "beyond chance"
    if over_seeds is not None and len(over_seeds):
        rows = over_seeds[(over_seeds[["metric", "base"]] == over_seeds[["metric", "base"]].iloc[0]).all(axis=1)]
        about = rows.iloc[0]
        beyond = f"by {about['matters']} or more, beyond what images and {seeds_in_words(about['base_seeds'])} decide"
    less, more = ((rows["verdict"] == word).sum() for word in ("worse", "better"))
    words = {"worse": "less", "better": "more", "undecided": "no difference beyond chance"}
    sources = rows[rows["method"].isin(source_inputs())]
    each = ", ".join(f"{row.method.lower()} {words[row.verdict]}" for row in sources.itertuples())
    return (
        f"<b>More is found in {escape(reference)} than in {less} of {len(rows)} other inputs,</b> less than in {more} "
        f"({rows['metric'].iloc[0]}, {beyond}, protocol <i>{regime}</i>). Beside it the plain inputs have: "
        f"{each or 'none is here'}{_from_visible(compared, reference)}."
    )


def seeds_in_words(number: int) -> str:
    return f"{number} seeds" if number > 1 else "one seed"


def _from_visible(compared: pd.DataFrame, reference: str) -> str:
    """Where the reference stands when the network was trained on visible images alone, as a clause."""
    rows = compared[compared["protocol"] == "from visible"].set_index("method")
    if reference not in rows.index:
        return ""
    scores = rows["score"]
    place = int((scores > scores[reference]).sum()) + 1
    return f"; trained on visible images alone (<i>from visible</i>), it takes place {place} of {len(scores)}"


def findings(
    compared: pd.DataFrame,
    verdicts: pd.DataFrame,
    spread: pd.DataFrame,
    effect: pd.DataFrame,
    reference: str,
    classes: Sequence[pd.DataFrame] = (),
) -> list[str]:
    """What a page closes with, in HTML.

    Args:
        compared: from `isfstudy.downstream.tables.against`, all inputs, of one column.
        verdicts: from `isfstudy.downstream.tables.matters_more`.
        spread: from `isfstudy.downstream.tables.seed_spread`, with that column.
        effect: from `isfstudy.downstream.tables.effect_of_interventions`.
        reference: the input that `compared` compares with.
        classes: as `compared`, of single classes; said of the regime `adapted`.
    """
    metric = compared["metric"].iloc[0]
    lines = []
    for regime, rows in compared.groupby("protocol", sort=False):
        lines.append(f"<b>{regime}:</b> {_standing(rows, reference)}")
        if regime == "adapted":
            lines += [
                f"<b>{each['metric'].iloc[0]} alone:</b> {_standing(each[each['protocol'] == regime], reference)}"
                for each in classes
            ]
            if apart := classes_apart([each[each["protocol"] == regime] for each in classes]):
                lines.append(f"<b>By class:</b> {apart}")
            lines.append(ADAPTED)
    for _, row in effect.iterrows():
        lines.append(
            f"<b>Interventions, {row['protocol']}:</b> {row['lead']:+.3f} {metric} with them "
            f"(95 % {row['lead_low']:+.3f} to {row['lead_high']:+.3f}): {row['verdict']}."
        )
    if len(spread):
        widest = spread[f"{metric} range"].max()
        lines.append(f"<b>A seed alone</b> moves {metric} by up to {widest:.3f} here: smaller leads are no evidence.")
    for _, row in verdicts.iterrows():
        lines.append(
            f"<b>{row['quality']} or PSNR?</b> Within images the score goes with {row['quality']} by "
            f"{row['rho']:+.2f}, with PSNR by {row['rho of PSNR']:+.2f} (rank correlation); {row['difference']:+.2f} "
            f"(95 % {row['low']:+.2f} to {row['high']:+.2f}) between them on an image. {row['quality']} matters more: "
            f"{row['verdict']}."
        )
    return lines


def classes_apart(classes: Sequence[pd.DataFrame]) -> str:
    """Whether inputs in which more of one class is found are those in which more of the other is.

    Args:
        classes: from `isfstudy.downstream.tables.against`, one of each class, of one regime; the first two are said.
    """
    if len(classes) < 2:
        return ""
    (one, first), (other, second) = (
        (each["metric"].iloc[0], each.set_index("method")["score"]) for each in classes[:2]
    )
    if min(first.nunique(), second.nunique()) < 2:
        return f"Inputs cannot be ranked by {one} and {other}: they score alike."
    rho = spearmanr(first, second[first.index]).statistic
    way = "the same way" if rho > 0.5 else "different ways"
    return (
        f"{one} and {other} go {way}: over {len(first)} inputs their ranks correlate by {rho:+.2f}; {one} is highest "
        f"for {first.idxmax()} ({first.max():.3f}), where {other} is {second[first.idxmax()]:.3f}, and {other} for "
        f"{second.idxmax()} ({second.max():.3f}), where {one} is {first[second.idxmax()]:.3f}."
    )


def by_verdict(rows: pd.DataFrame) -> dict[str, str]:
    """The methods that are `better`, `worse` and `undecided`, in words."""
    return {
        word: ", ".join(rows.loc[rows["verdict"] == word, "method"]) or "none"
        for word in ("better", "worse", "undecided")
    }


def _standing(rows: pd.DataFrame, reference: str) -> str:
    """Who is highest under one regime, where the reference stands, and from whom it is apart: nobody is left out."""
    metric = rows["metric"].iloc[0]
    order = rows.sort_values("score", ascending=False, ignore_index=True)
    best, own = order.iloc[0], order[order["method"] == reference].iloc[0]
    named = by_verdict(order)
    return (
        f"{metric} is highest for {best['method']} ({best['score']:.3f}); {reference} takes place {own.name + 1} of "
        f"{len(order)} ({own['score']:.3f}, 95 % {own['low']:.3f} to {own['high']:.3f}). By more than chance better: "
        f"{named['better']}; worse: {named['worse']}; not apart from it: {named['undecided']}."
    )
