"""Is one method ahead of its rivals, on exactly the same images? What the tests of
`isfstudy.comparison.statistics` come to."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from isfcore.metrics import METRICS
from isfstudy.comparison.common import on_common_images
from isfstudy.comparison.power import smallest_seen
from isfstudy.comparison.statistics import LOWER_IS_BETTER, printed_columns, signed_rank_tests


def standing(tests: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """One method against all others, summed up: its best rival, and how many it beats.

    Args:
        tests: from `isfstudy.comparison.statistics.signed_rank_tests` with this method as `competitor`, so that a
            `difference` is a rival's lead over it.
        level: of significance, after Holm's correction over all rivals.

    Returns:
        A row a data set, protocol and metric: these, `method`, `images`, `clusters`, `rival` (the other with the best
        mean), `lead` (mean of the method minus the rival's), `better` (share of the images on which the method is
        better than the rival), `p_holm`, and `above`, `alike` and `below`: how many rivals the method is significantly
        better than, not apart from, and worse than.
    """
    rows = []
    for (dataset, protocol, metric), rivals in tests.groupby(["dataset", "protocol", "metric"], sort=False):
        gain = rivals["difference"] * (-1 if metric in LOWER_IS_BETTER else 1)
        apart = rivals["p_holm"] < level
        best = rivals.loc[gain.idxmax()]
        rows.append(
            {
                "dataset": dataset,
                "protocol": protocol,
                "metric": metric,
                "method": best["competitor"],
                "images": best["images"],
                "clusters": best["clusters"],
                "rival": best["method"],
                "lead": -best["difference"],
                "better": 1 - best["better"],
                "p_holm": best["p_holm"],
                "above": int((apart & (gain < 0)).sum()),
                "alike": int((~apart).sum()),
                "below": int((apart & (gain > 0)).sum()),
            }
        )
    return pd.DataFrame(rows)


def against_rivals(
    per_image: pd.DataFrame, subject: str, rivals: dict[str, Collection[str]], *, level: float = 0.05
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One method against several kinds of rivals; tests are corrected over the rivals of one kind, and rest on the
    images that all of a kind and the method have.

    Args:
        per_image: one row an image, data set, protocol and method; images of one `cluster`, where there is such a
            column, are one observation.
        rivals: by kind, names of methods. A kind that has no row is left out, as are data sets without it.
        level: of significance.

    Returns:
        The tests of `isfstudy.comparison.statistics.signed_rank_tests` with the `smallest` difference that each could
        have seen (`isfstudy.comparison.power`), and the `standing` among each kind; both with a last column `rivals`,
        the kind. And which rivals have too few images, as `isfstudy.comparison.common.on_common_images` says it.

    Raises:
        ValueError: where no kind shares two observations with the method, or `signed_rank_tests` refuses the table.
    """
    tests, standings, left_out = [], [], []
    for kind, names in rivals.items():
        chosen = per_image["method"].isin(list(names))
        if chosen.any():
            sets = per_image["dataset"].isin(per_image["dataset"][chosen])
            images, short = on_common_images(per_image[chosen | (per_image["method"] == subject) & sets])
            left_out.append(short)
            if images.empty:
                continue
            table = signed_rank_tests(images, competitor=subject)
            tests.append(table.assign(smallest=_smallest(table, images, level), rivals=kind))
            standings.append(standing(table, level=level).assign(rivals=kind))
    if not tests:
        raise ValueError(f"{subject} shares fewer than two observations with any rival: there is nothing to test")
    return pd.concat(tests), pd.concat(standings, ignore_index=True), pd.concat(left_out, ignore_index=True)


def _smallest(tests: pd.DataFrame, images: pd.DataFrame, level: float) -> list[float]:
    """What each row of tests could have seen, corrected as they are: over the rivals of a data set and metric."""
    found = []
    for group, scores, clusters in printed_columns(images, METRICS):
        rows = tests[(tests[list(group)] == list(group.values())).all(axis=1)]
        differences = (scores[row.method] - scores[row.competitor] for row in rows.itertuples())
        found += [smallest_seen(each, clusters=clusters, tests=len(rows), level=level) for each in differences]
    return found


def beside_rule(means: pd.DataFrame, subject: str, rule: str = "Laplacian pyramid") -> list[str]:
    """A sentence in HTML that puts a method beside a simple rule: cost in its own objective, PSNR in dB, Qabf.

    Args:
        means: from `isfstudy.comparison.scores.means`, of which the paper's protocol counts.
        subject: a method; none is said of the rule itself, or where either is missing.
    """
    rows = means[means["protocol"] == "paper"].set_index(["dataset", "method"])
    if subject == rule:
        return []
    said = []
    for dataset in dict.fromkeys(means["dataset"]):
        if {(dataset, subject), (dataset, rule)} <= {*rows.index}:
            simple, own = rows.loc[(dataset, rule)], rows.loc[(dataset, subject)]
            said.append(
                f"{dataset} {simple['objective']:.3f} against {own['objective']:.3f}, PSNR "
                f"{simple['PSNR'] - own['PSNR']:+.2f} dB, Qabf {simple['Qabf'] - own['Qabf']:+.3f}"
            )
    cost = f"<b>{rule} beside {subject}:</b> cost in the network's own objective, equation 10, and what it scores more."
    return [f"{cost} {'; '.join(said)}."] if said else []
