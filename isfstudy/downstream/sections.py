"""The sections that the pages of detection and segmentation share: each saves its table or figure and shows it.

What they show is computed in the notebook's cells, by `isfstudy.downstream.tables`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from IPython.display import HTML

from isfcore.metrics import METRICS
from isfstudy.comparison.clusters import dependence
from isfstudy.downstream.figures import quality_and_score
from isfstudy.downstream.regimes import made_table
from isfstudy.downstream.scoring import Scores
from isfstudy.downstream.sentences import classes_apart, goes_on
from isfstudy.downstream.setting import Setting
from isfstudy.downstream.tables import TRAINED, interval_text, side_by_side
from isfstudy.places import DOWNSTREAM_RECORDS
from isfstudy.report.dot_plot import dot_plot
from isfstudy.report.page import Page
from isfstudy.report.results import callout, save_figure, save_table

IN_PRINT = {"own": "trained on each input's images", "adapted": "every input on equal terms"}  # regimes beside print
LEAD = ["lead", "lead_low", "lead_high", "verdict"]
BEFORE_EXACT_COLOUR = "c08222412c"  # the commit that the committed records were made at
OLD_COLOUR = (  # measured on ten of the test pairs, averages and four published methods: 0.35 to 0.47
    " They were trained and tested before fused images got their colour exactly: averages and fused images had it "
    "through tables of 8 bits, their luma 0.3 to 0.5 grey levels low on average, by input; sources alone had not."
)


def trainings(page: Page, setting: Setting) -> HTML:
    """How each network was trained, and whether here or with the study."""
    made = pd.DataFrame(made_table(setting.bench, setting.comparison))
    taken = made["record"].str.startswith(DOWNSTREAM_RECORDS).sum()
    return save_table(
        page,
        made,
        "trainings",
        shown=made.drop(columns=["machine", "commit", "record"]),
        digits={"epochs": 1},
        caption=f"<b>{setting.warning}The trainings,</b> {setting.bench.task.network}. {taken} of {len(made)} come "
        "with the study, as nothing they depend on has changed; the others were made here. Losses are means of the "
        "first and last twentieth; machine, commit and record of each are in the file."
        + (OLD_COLOUR if (made["commit"] == BEFORE_EXACT_COLOUR).any() else ""),
    )


def beside_print(
    page: Page, setting: Setting, rows: pd.DataFrame, name: str, regime: str, *, title: str, note: str = ""
) -> HTML:
    """A printed table with measured rows between.

    Args:
        rows: from `isfstudy.downstream.tables.beside_print`.
        regime: that they are of, one of `IN_PRINT`.
        title: of the printed table.
        note: a sentence in front of the numbers of images.
    """
    basis = setting.adapted_basis if regime == "adapted" else setting.basis
    return save_table(
        page,
        rows,
        f"{name}_{regime}",
        caption=f"<b>{setting.warning}{title}, protocol “{regime}”: {IN_PRINT[regime]}.</b> {note}{basis}. Higher is "
        "better.",
    )


def all_measured(page: Page, setting: Setting, table: pd.DataFrame, name: str, shown: Sequence[str]) -> HTML:
    """Measured rows of all regimes go to the file; the regime that no printed table is of is shown.

    Args:
        table: from `isfstudy.downstream.tables.values`.
        shown: columns, of which those that the table lacks are left out.
    """
    transfer = table[table["protocol"] == "from visible"]
    columns = ["method", "pairs", *(column for column in shown if column in table)]
    return save_table(
        page,
        table,
        name,
        shown=transfer[columns].dropna(axis=1, how="all"),
        caption=f"<b>{setting.warning}Trained on visible images, tested on others</b> (protocol <i>from visible</i>). "
        f"{setting.basis}. The file has the measured rows of all three protocols.",
    )


def leads(page: Page, setting: Setting, compared: pd.DataFrame, *further: pd.DataFrame) -> HTML:
    """Each input's score with its interval, and its lead over the reference.

    Args:
        compared: from `isfstudy.downstream.tables.against`, of the score that verdicts are about.
        further: the same of other scores, for the file.
    """
    metric, others = compared["metric"].iloc[0], [each["metric"].iloc[0] for each in further]
    listed = compared[compared["protocol"].isin(list(IN_PRINT))].assign(**{metric: interval_text})
    return save_table(
        page,
        pd.concat([compared, *further]).assign(dataset=setting.asked["dataset"]),
        "against",
        shown=listed[["protocol", "method", metric, *LEAD]],
        caption=f"<b>{setting.warning}{metric} with 95 % intervals over {setting.unit}, and the lead over "
        f"{setting.reference}.</b> {setting.basis}. The file has all protocols"
        f"{''.join(f', and {other}' for other in others)}.",
    )


def by_class(page: Page, setting: Setting, classes: Sequence[pd.DataFrame]) -> HTML:
    """The same of single classes, side by side, under the regime in which every input takes part.

    Args:
        classes: from `isfstudy.downstream.tables.against`, one of each class.
    """
    rows = [each[each["protocol"] == "adapted"] for each in classes]
    shown = rows[0][["method"]].reset_index(drop=True)
    for each in rows:
        name = each["metric"].iloc[0]
        shown[name] = interval_text(each).to_numpy()
        shown[f"{name}, verdict"] = each["verdict"].to_numpy()
    return save_table(
        page,
        pd.concat(rows).assign(dataset=setting.asked["dataset"]),
        "by_class",
        shown=shown,
        caption=f"<b>{setting.warning}Class by class, protocol <i>adapted</i>,</b> with 95 % intervals over "
        f"{setting.unit}; verdicts are beside {setting.reference}. {classes_apart(rows)}",
    )


def scores_and_intervals(page: Page, setting: Setting, compared: pd.DataFrame) -> HTML:
    """`leads` as a figure: each input's score with its interval, a panel a regime."""
    metric = compared["metric"].iloc[0]
    points = compared.rename(columns={"score": "value"}).assign(metric=compared["protocol"], row="measured")
    return save_figure(
        page,
        dot_plot(points[["method", "metric", "row", "value", "low", "high"]]),
        "scores",
        caption=f"<b>{setting.warning}{metric} of each input under each protocol,</b> with 95 % intervals over "
        f"{setting.unit}. Orange: networks of the paper's architecture. To the right is better.",
        alt=f"A panel a protocol, a line an input: {metric} with intervals.",
    )


def interventions(page: Page, setting: Setting, effect: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.tables.effect_of_interventions` gives."""
    return save_table(
        page,
        effect.assign(dataset=setting.asked["dataset"]),
        "interventions",
        shown=effect[["protocol", "score", *LEAD, *TRAINED]],
        caption=f"<b>{setting.warning}With interventions, and the lead over the same training without,</b> with 95 % "
        f"intervals over {setting.unit}. Steps, crops a step and their side: of the fusion networks, where the paper "
        "takes 3,350 of 16 of 256. " + (f"{setting.basis}." if len(effect) else "This run has not both networks."),
    )


def night_and_day(page: Page, setting: Setting, by_time: pd.DataFrame, shown: Sequence[str]) -> HTML:
    """What `isfstudy.downstream.tables.night_and_day` gives, of which some columns are shown."""
    images = by_time.groupby("time")["pairs"].first().to_dict()
    return save_table(
        page,
        by_time,
        "night_and_day",
        shown=side_by_side(by_time, shown),
        caption=f"<b>{setting.warning}By day ({images.get('day', 0)} images) and at night ({images.get('night', 0)})."
        f"</b> {setting.basis}.",
    )


def every_image(page: Page, setting: Setting, scores: Scores, rows: pd.DataFrame) -> HTML:
    """The file of what `isfstudy.downstream.tables.every_image` gives, and how far it goes on from image to image."""
    each = rows.dropna(subset=[scores.of_image]).assign(dataset=setting.asked["dataset"])
    going_on = dependence(each, setting.reference, metrics=[scores.of_image])
    save_table(page, rows, "per_image", caption=f"<b>{setting.warning}Every image.</b>")
    said = goes_on(going_on, setting.reference, setting.unit)
    return callout(f"{setting.warning}{said} <code>tables/per_image.csv</code> has every image.")


def agreement(page: Page, setting: Setting, scores: Scores, agreed: pd.DataFrame, by_method: pd.DataFrame) -> HTML:
    """The first of what `isfstudy.downstream.tables.agreement` gives; the second says over how many inputs."""
    return save_table(
        page,
        agreed,
        "agreement",
        caption=f"<b>{setting.warning}Rank correlation of image quality with {scores.of_set} over "
        f"{len(by_method)} inputs, and with {scores.of_image} within images</b> (95 % interval over {setting.unit}), "
        "protocol <i>adapted</i>. 1: the better in quality, the more is found.",
    )


def quality_beside_score(page: Page, setting: Setting, scores: Scores, by_method: pd.DataFrame) -> HTML:
    """The second of what `isfstudy.downstream.tables.agreement` gives, as a figure."""
    return save_figure(
        page,
        quality_and_score(by_method, METRICS, scores.of_set),
        "quality",
        caption=f"<b>{setting.warning}Mean quality of the test images and {scores.of_set},</b> protocol "
        "<i>adapted</i>, a mark an input.",
        alt=f"A panel a quality metric, a mark an input: its mean quality and its {scores.of_set}.",
    )


def seeds(page: Page, setting: Setting, spread: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.tables.seed_spread` gives."""
    return save_table(
        page,
        spread,
        "seeds",
        caption=f"<b>{setting.warning}The same input, trained with other seeds</b> (protocol <i>own</i>): mean and "
        "range. "
        + ("A lead smaller than that range is no evidence." if len(spread) else "This run has one seed an input."),
    )


def matters_more(page: Page, setting: Setting, verdicts: pd.DataFrame, by_method: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.tables.matters_more` gives, and over how many inputs."""
    return save_table(
        page,
        verdicts.assign(dataset=setting.asked["dataset"], methods=len(by_method)),
        "matters_more",
        caption=f"<b>{setting.warning}Does what is found go with AG and SF more closely than with PSNR?</b> Rank "
        "correlations within images, and their difference on an image with its 95 % interval over "
        f"{setting.unit}; yes or no where that excludes zero.",
    )
