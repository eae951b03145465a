"""On which images could Table 2 have been computed? Its full row beside what the authors' weights score, set by set.

Every metric is asked by itself, in its own unit and in standard errors: a percentage of PSNR would hide decibels behind
the constant in it, and a mean over metrics would hide the one that tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from isfcore.datasets.catalogue import DATASETS
from isfcore.metrics import METRICS
from isfcore.weights import EXCHANGED
from isfstudy.comparison.clusters import clusters
from isfstudy.comparison.methods import network_methods
from isfstudy.comparison.opening import open_networks
from isfstudy.comparison.power import smallest_seen
from isfstudy.comparison.protocol import PROTOCOLS
from isfstudy.comparison.scores import compare
from isfstudy.paper.printed import NETWORK, OURS, rounded_as
from isfstudy.paper.standard_error import of_mean
from isfstudy.paper.verdicts import SAMPLE
from isfstudy.report.page import Page, earlier_table
from isfstudy.trainings.ablations import FULL
from isfstudy.trainings.samples import open_split

FEEDS = {OURS: "as printed", f"{NETWORK}released{EXCHANGED})": "exchanged"}  # how the authors' weights are fed, by row
EXCLUDED, OPEN, SAME, TOO_FEW = "excluded", "not excluded", "digit by digit", "too few pairs"


def authors_scores(page: Page, other_sets: Sequence[str], *, device: str) -> pd.DataFrame:
    """What the authors' weights score on every image, fed both ways, under the paper's protocol.

    Args:
        other_sets: to score here, with all pairs that are here; those of notebook 03 are read from it.
        device: what `isfcore.machine.devices.choose_device` takes.

    Returns:
        The rows of notebook 03's `per_image` that are of these weights and of published sets, and more of the same kind
        (`dataset`, `method`, `stem`, `METRICS`). Sets and weights that are not here have none.

    Raises:
        ValueError: naming what could not be fused or scored.
    """
    known = earlier_table(page, "03_comparison", "per_image").query("protocol == 'paper'")
    published = [name for name, about in DATASETS.items() if any(about.pairs.values())]
    tables = [known[known["dataset"].isin(published) & known["method"].isin(list(FEEDS))]]
    networks = open_networks(page, ["released", f"released{EXCHANGED}"]).networks
    methods = network_methods(networks, device=device)
    for name in other_sets if methods else ():
        if pairs := open_split(page, name, "test").pairs[name]:
            scored, failed = compare(pairs, methods, protocols={"paper": PROTOCOLS["paper"]}, progress=name)
            if failed:
                problems = (f"{name}: {which}: {problem}" for which, problem in failed.items())
                raise ValueError("; ".join(problems))
            tables.append(scored.assign(dataset=name))
    return pd.concat(tables)[["dataset", "method", "stem", *METRICS]].reset_index(drop=True)


def against_sets(per_image: pd.DataFrame, printed: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Table 2's full row against the means of the authors' weights, set by set.

    A set is excluded where the printed value of any metric lies further from the mean than images like its own leave
    room for: outside Student's interval at `level` over the five metrics, images of one scene or drive being one
    observation. Where all pairs of a set are here its mean is no estimate; the interval then says what another
    selection of such images could have given. That a set is not excluded does not make it the one; that all five means
    read as printed, digit by digit, does. Of a set of which less than a fifth of the pairs is here nothing is
    concluded, as in all verdicts of the study.

    Args:
        per_image: from `authors_scores`; sets with a single scene are left out.
        printed: `table2_ablation` from `isfstudy.paper.printed.printed_table`.

    Returns:
        A row a set and feed: `dataset`, `method`, `fed`, `pairs`, `published`; by metric the measured mean minus the
        printed value in its own unit (`AG`) and in standard errors of the mean (`AG errors`); `metric`, the one that is
        furthest in standard errors, its `difference`, its `errors`, and `smallest`, the difference from which on it
        excludes the set; and `verdict`.
    """
    digits = printed.set_index("variant").loc[FULL, list(METRICS)]
    said, rows = digits.astype(float), []
    for (dataset, method), images in per_image.groupby(["dataset", "method"], sort=False):
        together = dict(zip(images["stem"], clusters(dataset, [*images["stem"]]), strict=True))
        if len(set(together.values())) < 2:
            continue
        scores = images.set_index("stem")[list(METRICS)]
        apart = scores.mean() - said
        off = pd.Series({metric: of_mean(scores[metric], together)[0] for metric in METRICS})
        errors = (apart / off).fillna(0)  # 0 / 0: it is that value
        limits = scores.apply(smallest_seen, clusters=together, tests=len(METRICS), level=level)
        furthest = errors.abs().idxmax()
        row = {"dataset": dataset, "method": method, "fed": FEEDS[method], "pairs": len(images)}
        row |= {"published": DATASETS[dataset].pairs["test"]} | apart.to_dict()
        row |= {f"{metric} errors": errors[metric] for metric in METRICS}
        row |= {"metric": furthest, "difference": apart[furthest], "errors": errors[furthest]}
        same = all(rounded_as(scores[metric].mean(), digits[metric]) == digits[metric] for metric in METRICS)
        few = len(images) < SAMPLE * row["published"]
        verdict = TOO_FEW if few else SAME if same else EXCLUDED if (apart.abs() > limits).any() else OPEN
        rows.append(row | {"smallest": limits[furthest], "verdict": verdict})
    columns = ["dataset", "method", "fed", "pairs", "published", *METRICS, *(f"{metric} errors" for metric in METRICS)]
    columns += ["metric", "difference", "errors", "smallest", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """`against_sets` for reading: by metric the difference, in brackets its standard errors."""
    shown = table[["dataset", "fed"]].assign(pairs=[_counted(row) for _, row in table.iterrows()])
    for metric in METRICS:
        digits = 2 if metric == "PSNR" else 3
        values = zip(table[metric], table[f"{metric} errors"], strict=True)
        shown[metric] = [f"{apart:+.{digits}f} ({errors:+.1f})" for apart, errors in values]
    return shown.assign(verdict=table["verdict"])


def answer(table: pd.DataFrame) -> list[str]:
    """Which set Table 2 could be from, in sentences (HTML) from the values of `against_sets`."""
    few = {row["dataset"]: _counted(row) for _, row in table[table["verdict"] == TOO_FEW].iterrows()}
    left_out = [f"<b>Too few pairs to say:</b> {', '.join(map(' '.join, few.items()))}."] if few else []
    table = table[table["verdict"] != TOO_FEW]
    if table.empty:
        return [
            "<b>The authors' weights were not scored on enough pairs of any published set</b> in this run.",
            *left_out,
        ]
    sets = ", ".join(dict.fromkeys(table["dataset"]))
    fed = (table["dataset"] + ", fed " + table["fed"]).groupby(table["verdict"]).agg("; ".join)
    if SAME in fed:
        lines = [f"<b>Table 2's full row is, digit by digit, the authors' weights on {fed[SAME]}.</b>"]
    elif OPEN in fed:
        lines = [
            f"<b>Of {sets} these are not excluded as the set of Table 2: {fed[OPEN]}.</b> That makes none of them it."
        ]
    else:
        lines = [
            f"<b>Table 2's full row is the authors' weights on none of {sets},</b> fed as printed or exchanged: on "
            "each some metric is further off than images like these leave room for (5 % over the five metrics)."
        ]
    lines.append("<b>What is furthest off, fed whichever way is nearer:</b> " + "; ".join(_furthest(table)) + ".")
    return [*lines, "<b>Nearest by metric:</b> " + "; ".join(_nearest(table)) + ".", *left_out]


def _furthest(table: pd.DataFrame) -> list[str]:
    """Of each set the metric that is furthest off, in the feed in which that is fewer standard errors."""
    said = []
    for dataset, rows in table.groupby("dataset", sort=False):
        row = rows.loc[rows["errors"].abs().idxmin()]
        said.append(f"{dataset} ({_counted(row)}) {_in_units(row, row['metric'])}, {row['fed']}")
    return said


def _nearest(table: pd.DataFrame) -> list[str]:
    rows = ((metric, table.loc[table[metric].abs().idxmin()]) for metric in METRICS)
    return [f"{_in_units(row, metric)} on {row['dataset']}, {row['fed']}" for metric, row in rows]


def _in_units(row: pd.Series, metric: str) -> str:
    unit, digits = (" dB", 2) if metric == "PSNR" else ("", 3)
    return f"{metric} {row[metric]:+.{digits}f}{unit} ({abs(row[f'{metric} errors']):.1f} standard errors)"


def _counted(row: pd.Series) -> str:
    return f"{row['pairs']} of {row['published']}"
