"""The sections of the page of detection that ask beyond one base network and one set of images.

What they show is computed by `isfstudy.downstream.base_seeds` and `isfstudy.downstream.further`.
"""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML

from isfstudy.downstream.sections import LEAD
from isfstudy.downstream.setting import Setting
from isfstudy.downstream.tables import interval_text
from isfstudy.report.dot_plot import dot_plot
from isfstudy.report.page import Page
from isfstudy.report.results import save_figure, save_table


def base_seeds(page: Page, setting: Setting, made: pd.DataFrame, by_seed: pd.DataFrame, leads: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.base_seeds` gives: trainings and scores of every seed go to files, leads are shown."""
    about = {"dataset": setting.asked["dataset"]}
    save_table(page, made, "base_trainings", caption=f"<b>{setting.warning}Trainings of base networks.</b>")
    save_table(page, by_seed.assign(**about), "by_base_seed", caption=f"<b>{setting.warning}Every seed.</b>")
    first = leads[leads["metric"] == leads["metric"].iloc[0]] if len(leads) else leads
    return save_table(
        page,
        leads.assign(**about),
        "base_seeds",
        shown=_in_short(first),
        caption=f"<b>{setting.warning}"
        + (
            f"{first['metric'].iloc[0]} over seeds of the base network, and the lead over {setting.reference},</b> "
            "protocol <i>adapted</i>: its 95 % intervals over seeds and over "
            f"{setting.unit}; <i>turned</i>: seeds in which it has the other sign. Better or "
            f"worse only where both leave out zero and the lead is {first['matters'].iloc[0]} or more. The file has "
            "single classes too."
            if len(first)
            else "One seed of the base network:</b> this run asks for no other (<code>base_seeds</code>)."
        ),
    )


def _in_short(leads: pd.DataFrame) -> pd.DataFrame:
    """Leads with their intervals in one column each."""
    if not len(leads):
        return leads
    table = leads.assign(
        **{
            "lead over seeds": _with_interval(leads, "low", "high"),
            "over images": _with_interval(leads, "images_low", "images_high"),
        }
    )
    wanted = [
        "check",
        "expected",
        "base",
        "method",
        "base_seeds",
        "score",
        "lead over seeds",
        "over images",
        "turned",
        "verdict",
    ]
    return table[[name for name in wanted if name in table]]


def _with_interval(leads: pd.DataFrame, low: str, high: str) -> list[str]:
    return [f"{row['lead']:+.3f} [{row[low]:+.3f}, {row[high]:+.3f}]" for _, row in leads.iterrows()]


def checks(page: Page, setting: Setting, table: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.base_seeds.checks` gives: an effect put in by hand, and none."""
    return save_table(
        page,
        table.assign(dataset=setting.asked["dataset"]),
        "checks",
        shown=_in_short(table),
        caption=f"<b>{setting.warning}Is the instrument right?</b> Leads over {setting.reference} of its own "
        "detections, where it is known what has to come out.",
    )


def leads_over_seeds(page: Page, setting: Setting, leads: pd.DataFrame) -> HTML | None:
    """The same as a figure, of the first metric: a panel a base network; nothing without leads."""
    if not len(leads):
        return None
    metric = leads["metric"].iloc[0]
    points = leads[leads["metric"] == metric].rename(columns={"lead": "value"}).assign(row="measured")
    points["metric"] = points["base"]
    return save_figure(
        page,
        dot_plot(points[["method", "metric", "row", "value", "low", "high"]]),
        "base_seeds",
        caption=f"<b>{setting.warning}Lead in {metric} over {setting.reference},</b> mean and 95 % interval over seeds "
        "of the base network; left, it has seen the average, right, it has not. Right of zero more is found than in "
        f"{setting.reference}.",
        alt=f"Two panels, a line an input: its lead in {metric} over {setting.reference} with intervals over seeds.",
    )


def further(page: Page, setting: Setting, table: pd.DataFrame) -> HTML:
    """What `isfstudy.downstream.further` gives, of both questions, one below the other; or that nothing was asked."""
    return save_table(
        page,
        table,
        "further",
        shown=table.assign(score=interval_text(table))[["protocol", "metric", "pairs", "method", "score", *LEAD]],
        caption=f"<b>{setting.warning}The detector that was trained on the sources, on other images:</b> each input's "
        "test images blurred and sharpened, beside the same as they are; and the labelled pairs of M3FD that are here, "
        "which are few. 95 % intervals over blocks of frames, of M3FD over images.",
    )
