"""How steeply the loss rises as the infrared image moves, image by image, and beside a reference method's rise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.stats import bootstrap

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.losses import fidelity_loss
from isfcore.metrics import METRICS
from isfcore.pairs import Pair
from isfstudy.comparison.clusters import with_clusters
from isfstudy.comparison.fuse_all import Row, fuse_all
from isfstudy.comparison.methods import Method
from isfstudy.misregistration.moves import ALIGNED, MIRRORED, UNITS, Move, inner, middle, moved

REFERENCE = "Laplacian pyramid"
MATTERS = 0.2  # how much less steep than the reference's a slope has to be, as written in the hypotheses
HOLDS, REFUTED, UNDECIDED = "holds", "refuted", "undecided"
ALONE = {"Visible alone": "visible", "Infrared alone": "infrared"}  # whose slopes are known: none, and all
KEYS = ["dataset", "method", "kind"]


def alone() -> dict[str, Method]:
    """Each source as if it were the fused image, by name: one ignores the infrared image, the other all else."""
    return {
        name: lambda stem, infrared, visible, which=which: grey(visible) if which == "visible" else infrared
        for name, which in ALONE.items()
    }


def outcomes(
    pairs: Sequence[Pair], methods: dict[str, Method], which: Sequence[Move], *, size: Sequence[int], progress: str = ""
) -> pd.DataFrame:
    """Fuse every pair after every move with every method, and score it against the sources where they were.

    Args:
        which: from `isfstudy.misregistration.moves.moves`.
        size: of the middle of each image that is fused, see `isfstudy.misregistration.moves.middle`; its edge is not
            scored.

    Returns:
        One row a method, image and move: `method`, `stem`, `kind`, `amount`, `loss` (equation 10 on [0, 1]), its terms
        `loss_infrared`, `loss_visible` and `loss_gradient`, and `isfcore.metrics.METRICS` under the `paper` convention,
        without JPEG.

    Raises:
        ValueError: naming what cannot be read or fused.
    """

    def treated(stem: str, infrared: np.ndarray, visible: np.ndarray):
        for move in which:
            yield {"kind": move.kind, "amount": float(move.amount)}, moved(infrared, move), visible

    rows, problems = fuse_all(pairs, methods, _measured, read=middle(size), treatments=treated, progress=progress)
    if problems:
        raise ValueError("; ".join(f"{what}: {problem}" for what, problem in problems.items()))
    return pd.DataFrame(rows)


def _measured(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> list[Row]:
    images = [inner(image) for image in (fused, infrared, grey(visible))]
    terms = fidelity_loss(*(torch.as_tensor(image / 255)[None, None] for image in images))
    losses = {"loss": terms["total"].item()}
    losses |= {f"loss_{name}": terms[name].item() for name in ("infrared", "visible", "gradient")}
    return [losses | score(*images, convention="paper")]


def rises(table: pd.DataFrame) -> pd.DataFrame:
    """How the loss of each image goes with the amount of a move.

    Args:
        table: from `outcomes`, with a column `dataset`.

    Returns:
        One row a data set, method, kind of `UNITS` and image (`stem`): `slope`, by least squares over all amounts with
        0 among them, in loss a pixel or degree; `rise`, at the largest amount; and `mirrored`, what the mirror image
        costs more than the aligned one.
    """
    keys, found = ["dataset", "method", "stem"], []
    mirrored = table[table["kind"] == MIRRORED].set_index(keys)["loss"]
    for kind in UNITS:
        rows = table[table["kind"].isin([ALIGNED, kind])]
        if not (rows["kind"] == kind).any():
            continue
        loss = rows.pivot(index=keys, columns="amount", values="loss")
        amounts = loss.columns.to_numpy(float) - loss.columns.to_numpy(float).mean()
        each = {
            "kind": kind,
            "slope": loss.sub(loss[0.0], axis=0).to_numpy() @ amounts / (amounts @ amounts),
            "rise": loss[loss.columns.max()] - loss[0.0],
            "mirrored": mirrored.reindex(loss.index) - loss[0.0],
        }
        found.append(pd.DataFrame(each, index=loss.index).reset_index())
    joined, order = pd.concat(found), {name: list(dict.fromkeys(table[name])) for name in KEYS[:2]}
    joined = joined.sort_values(
        list(order), key=lambda column: column.map(order[column.name].index), kind="stable", ignore_index=True
    )
    return joined[[*KEYS, "stem", "slope", "rise", "mirrored"]]


def beside(each: pd.DataFrame, *, reference: str = REFERENCE, resamples: int = 9999) -> pd.DataFrame:
    """Each method's mean slope beside that of a reference, on the same images.

    Args:
        each: from `rises`.
        reference: one of its methods.
        resamples: of the images, drawn with replacement; those of one of `isfstudy.comparison.clusters`, such as frames
            of one drive, are drawn together.

    Returns:
        One row a data set, method and kind: these, `pairs`, `clusters` (how many), mean `slope`, its `ratio` to the
        reference's, `mean` (ratio minus 1) with its BCa interval `low` to `high`, `verdict`, `HOLDS` where the whole
        interval of the ratio lies below 1 - `MATTERS`, `REFUTED` where all of it lies above, else `UNDECIDED`; and
        `lost`, the rise at the largest amount as a share of what the mirror image costs, with its interval `lost_low`
        to `lost_high`, NaN for a method that a mirror image costs nothing.

    Raises:
        ValueError: for a reference that is not there, naming the methods.
    """
    if reference not in set(each["method"]):
        known = ", ".join(each["method"].unique())
        raise ValueError(f"there is no method {reference!r} to compare with; there are {known}")
    each, found = with_clusters(each), []
    for keys, rows in each.groupby(KEYS, sort=False):
        named = dict(zip(KEYS, keys, strict=True))
        of = (each["dataset"] == named["dataset"]) & (each["kind"] == named["kind"]) & (each["method"] == reference)
        both = rows.merge(each[of][["stem", "slope"]], on="stem", suffixes=("", "_reference"))
        sums = both.groupby("cluster")[["slope", "slope_reference", "rise", "mirrored"]].sum()
        ratio, low, high = _ratio(sums["slope"], sums["slope_reference"], resamples)
        lost = _ratio(sums["rise"], sums["mirrored"], resamples)
        row = {"pairs": len(both), "clusters": len(sums), "slope": both["slope"].mean(), "ratio": ratio}
        row |= {"mean": ratio - 1, "low": low - 1, "high": high - 1, "verdict": verdict(low, high)}
        found.append(named | row | dict(zip(("lost", "lost_low", "lost_high"), lost, strict=True)))
    return pd.DataFrame(found)


def verdict(low: float, high: float) -> str:
    """What the interval of a ratio of slopes says of the claim, see `beside`."""
    most = 1 - MATTERS
    return HOLDS if high < most else REFUTED if low > most else UNDECIDED


def _ratio(of: pd.Series, to: pd.Series, resamples: int) -> tuple[float, float, float]:
    """The ratio of two sums and its interval over what is drawn; NaN where the second is 0."""
    if not to.sum():
        return np.nan, np.nan, np.nan
    over_all = of.sum() / to.sum()
    if np.allclose(of, over_all * to, rtol=1e-9, atol=1e-15):  # the same for all: there is nothing to draw
        return over_all, over_all, over_all

    def ratio(above: np.ndarray, below: np.ndarray, axis: int) -> np.ndarray:
        return above.sum(axis=axis) / below.sum(axis=axis)

    values, generator = (of.to_numpy(), to.to_numpy()), np.random.default_rng(0)
    drawn = bootstrap(values, ratio, paired=True, n_resamples=resamples, rng=generator).confidence_interval
    return over_all, drawn.low, drawn.high


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the images of each data set, method and move of `loss`, its terms and the metrics, with `pairs`; and
    `above`, the loss above that of the aligned pair.

    Args:
        table: from `outcomes`, with a column `dataset`.
    """
    groups = table.groupby([*KEYS, "amount"], sort=False)
    losses = [name for name in table if name.startswith("loss")]
    found = groups[[*losses, *METRICS]].mean()
    found.insert(0, "pairs", groups.size())
    found = found.reset_index()
    aligned = found[found["kind"] == ALIGNED].set_index(["dataset", "method"])["loss"]
    at = pd.MultiIndex.from_frame(found[["dataset", "method"]])
    return found.assign(above=found["loss"].to_numpy() - aligned.reindex(at).to_numpy())
