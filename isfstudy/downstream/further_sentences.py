"""The sentences of the page of detection that go beyond one base network and one set of images."""

from __future__ import annotations

import pandas as pd

from isfstudy.downstream.sentences import by_verdict, seeds_in_words

BLURRED, SUSPECT = "blurred by 2", "LRRNet"  # what decides, and whose images are said to be blurred
NOT_ASKED = (
    "<b>Not asked in this run:</b> whether blur costs detections (section 4.3.1), and what is found in the labelled "
    "pairs of M3FD. <code>further: true</code> for <code>06_detection</code> in this profile's parameters asks both.",
)


def seeds_and_bases(table: pd.DataFrame, reference: str) -> list[str]:
    """What `isfstudy.downstream.base_seeds.leads` says of its first metric, in HTML, a sentence a base network: who is
    apart, and whose lead turns with the seed."""
    if not len(table):
        return []
    lines, metric = [], table["metric"].iloc[0]
    for base, rows in table[table["metric"] == metric].groupby("base", sort=False):
        seeds = seeds_in_words(rows["base_seeds"].iloc[0])
        named = by_verdict(rows)
        turning = rows[rows["turned"] > 0]
        turned = ", ".join(f"{row.method} ({row.turned})" for row in turning.itertuples()) or "none"
        lines.append(
            f"<b>Over {seeds} of the base network, {base}:</b> more is found than in {reference} ({metric}) "
            f"in {named['better']}; less in {named['worse']}; undecided: {named['undecided']}. "
            f"The sign of the difference turns with the seed for {turned}."
        )
    return lines


def on_blur(table: pd.DataFrame, matters: float) -> str:
    """Whether blur costs detections, and whether it is what LRRNet's images lose, in HTML.

    Args:
        table: from `isfstudy.downstream.further.blurred_and_sharp`.
        matters: the smallest change that does.
    """
    blurred = table[table["method"] == BLURRED]
    lead, metric = blurred["lead"], table["metric"].iloc[0]
    falls = (lead <= -matters).mean() <= 0.5
    line = (
        f"<b>Blur by 2 pixels</b> changes {metric} by {lead.median():+.3f} (median over {len(lead)} inputs; "
        f"{lead.min():+.3f} to {lead.max():+.3f}): less is found in {(blurred['verdict'] == 'worse').sum()} of them "
        f"beyond chance, and less by {matters} or more in {(lead <= -matters).sum()}. That blur costs detections "
        f"{'is not borne out' if falls else 'is borne out'} on these images."
    )
    sharpened = table[(table["protocol"] == SUSPECT) & (table["method"] == "sharpened")]
    if len(sharpened):
        row = sharpened.iloc[0]
        line += (
            f" {SUSPECT}'s images sharpened: {row['lead']:+.3f} [{row['lead_low']:+.3f}, {row['lead_high']:+.3f}], "
            f"{row['verdict']}."
        )
    return line


def on_second_set(table: pd.DataFrame) -> list[str]:
    """Who is apart from the reference on a second set, in HTML, a line a class.

    Args:
        table: from `isfstudy.downstream.further.on_second_set`.
    """
    lines = []
    for metric, rows in table.groupby("metric", sort=False) if len(table) else ():
        reference = rows["reference"].iloc[0]
        named = by_verdict(rows)
        own = rows.set_index("method")["score"].get(reference)
        lines.append(
            f"<b>{rows['protocol'].iloc[0]}, {rows['pairs'].iloc[0]} pairs, {metric}:</b> {reference} "
            + ("is not among them" if own is None else f"{own:.3f}")
            + f"; more is found in {named['better']}, less in {named['worse']}, undecided: "
            f"{named['undecided']}. Few images: most differences cannot be seen."
        )
    return lines
