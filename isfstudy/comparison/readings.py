"""What the paper leaves open once a fused image is a JPEG file: which reading gives most of the printed numbers.

Each pair is fused and scored once, and every reading takes its numbers from there. Grey sets tell some readings apart
by nothing but Qabf; all the others differ where the visible image has colour.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

from isfcore.datasets.catalogue import DATASETS
from isfcore.evaluation import SOURCES
from isfcore.images import grey, join_colour
from isfcore.machine.threads import all_in_threads
from isfcore.metrics import CONVENTIONS, METRICS, average_gradient, correlation, psnr, qabf, spatial_frequency
from isfcore.pairs import Pair, read_sources
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import band_gradient, jpeg_file
from isfstudy.paper.printed import rounded_as


class Reading(NamedTuple):
    """One way to read what is scored.

    Attributes:
        luma: of the fused file: `decoded` colours turned to grey and rounded, or the luma that the `file` itself holds.
        gradient: AG is taken of the `grey` levels, or is the mean over the colour `bands`.
        sources: how the luma of a coloured visible image is read, one of `isfcore.evaluation.SOURCES`.
        qabf: the range of the images for Qabf, by convention: `paper` [0, 1], `standard` [0, 255].
    """

    luma: str
    gradient: str
    sources: str
    qabf: str


CHOICES = {
    "luma": "where the luma of the file is from",
    "gradient": "what AG is taken of",
    "sources": "whether the visible luma is rounded",
    "qabf": "the range of Qabf",
}
Part = tuple[str, ...]
READINGS = [Reading(*each) for each in itertools.product(("decoded", "file"), ("bands", "grey"), SOURCES, CONVENTIONS)]


def scored_once(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[Part, float]:
    """Every number that some reading takes, by metric and what it depends on (see `taken`).

    Args:
        fused, infrared: luma, (H, W) uint8.
        visible: (H, W) or (H, W, 3) uint8.
    """
    file = jpeg_file(join_colour(fused, visible))
    decoded = np.asarray(Image.open(file))
    lumas = {"decoded": grey(decoded), "file": _luma_of(file)}
    as_tensor = {name: torch.as_tensor(image.astype(np.float64))[None] for name, image in lumas.items()}
    thermal = torch.as_tensor(infrared.astype(np.float64))[None]
    found = {("AG", "bands"): band_gradient(decoded)}
    for name, image in as_tensor.items():
        found["AG", "grey", name] = average_gradient(image, convention="paper").item()
        found["SF", name] = spatial_frequency(image, convention="paper").item()
        for sources, read in SOURCES.items():
            images = image, thermal, torch.as_tensor(np.asarray(read(visible), dtype=np.float64))[None]
            found["PSNR", name, sources] = psnr(*images, convention="paper").item()
            found["CC", name, sources] = correlation(*images, convention="paper").item()
            for convention in CONVENTIONS:
                found["Qabf", name, sources, convention] = qabf(*images, convention=convention).item()
    return found


def _luma_of(file: io.BytesIO) -> np.ndarray:
    """The luma channel of a JPEG file as it is stored, (H, W) uint8: what OpenCV reads of it as grey."""
    image = Image.open(file)
    image.draft("L", image.size)
    return np.asarray(image)


def taken(parts: Mapping[Part, float], reading: Reading) -> dict[str, float]:
    """The five metrics by name, as a reading takes them from what `scored_once` gave."""
    luma, gradient, sources, range_of_qabf = reading
    keys = {
        "AG": ("AG", "bands") if gradient == "bands" else ("AG", "grey", luma),
        "SF": ("SF", luma),
        "PSNR": ("PSNR", luma, sources),
        "CC": ("CC", luma, sources),
        "Qabf": ("Qabf", luma, sources, range_of_qabf),
    }
    return {metric: parts[key] for metric, key in keys.items()}


def means_by_reading(scored: Iterable[Mapping[Part, float]]) -> pd.DataFrame:
    """Means of the five metrics over images under each of `READINGS`: its attributes, `pairs` and `METRICS`.

    Args:
        scored: what `scored_once` gave of each image.
    """
    found = pd.DataFrame(list(scored))
    means = {key: found[key].mean() for key in found}
    return pd.DataFrame([reading._asdict() | {"pairs": len(found)} | taken(means, reading) for reading in READINGS])


def read_in_all_ways(pairs: Sequence[Pair], method: Method, *, progress: str = "") -> pd.DataFrame:
    """`means_by_reading` of a method on these pairs, cut to multiples of 16.

    Args:
        progress: label of the progress bar; none without it.

    Raises:
        ValueError: naming the pairs that cannot be fused or scored.
    """

    def one(pair: Pair) -> dict[Part, float]:
        infrared, visible = read_sources(pair)
        return scored_once(method(pair.stem, infrared, visible), infrared, visible)

    return means_by_reading(all_in_threads(one, pairs, progress=progress).values())


def against_printed(by_reading: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Numbers of each reading beside the printed ones, a row a reading, data set, method and metric.

    Args:
        by_reading: tables from `means_by_reading`, with `dataset` and `method`.
        printed: from `isfstudy.paper.printed.printed_table`; rows that it does not have are left out.

    Returns:
        The reading's attributes, `dataset`, `method`, `pairs`, `metric`, `measured`; `reads`, the same with as many
        decimals as are printed; `printed`, both texts; `equal`; and `units`, by how many units of the last printed
        digit the measured number is off.
    """
    about = [*Reading._fields, "dataset", "method", "pairs"]
    long = by_reading.melt(about, list(METRICS), "metric", "measured")
    table = long.merge(printed.melt(["dataset", "method"], list(METRICS), "metric", "printed"))
    pairs = list(zip(table["measured"], table["printed"], strict=True))
    table["reads"] = [rounded_as(value, text) for value, text in pairs]
    table["equal"] = table["reads"] == table["printed"]
    table["units"] = [(value - float(text)) * 10 ** len(text.partition(".")[2]) for value, text in pairs]
    return table[[*about, "metric", "measured", "reads", "printed", "equal", "units"]]


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """How many printed numbers each reading gives, most first: its attributes, a column a data set, `equal`, `of`.

    Of readings that give as many the nearest to the others comes first, by `off`, the sum of units of the last printed
    digit by which numbers differ; then the order is that of `READINGS`.

    Args:
        table: from `against_printed`.
    """
    about = list(Reading._fields)
    found = table.pivot_table("equal", about, "dataset", aggfunc="sum", sort=False).rename_axis(columns=None)
    off = table["units"].abs().groupby([table[name] for name in about]).sum()
    found = found.assign(equal=found.sum(axis=1), of=table.groupby(about).size(), off=off)
    found = found.reindex([reading for reading in READINGS if reading in found.index])
    return found.sort_values(["equal", "off"], ascending=[False, True], kind="stable").reset_index()


def best(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `against_printed` under the reading that gives most printed numbers, the nearest of several."""
    return table.merge(counted(table).head(1)[list(Reading._fields)])


def sentences(table: pd.DataFrame) -> list[str]:
    """Which reading gives most printed numbers, and of each set which do not come out, and by how much; HTML.

    Args:
        table: from `against_printed`.
    """
    if table.empty:
        return []
    counts, rows = counted(table), best(table)
    best_ones = counts[counts["equal"] == counts["equal"].iloc[0]]
    reading = Reading(*counts.loc[0, list(Reading._fields)])
    most = f"{counts.at[0, 'equal']} of {counts.at[0, 'of']}"
    lines = [f"<b>Most numbers to the printed digit, {most}:</b> {in_words(reading)}."]
    if len(best_ones) > 1:
        by_count = [said for name, said in CHOICES.items() if best_ones[name].nunique() == 1]
        lines[0] += (
            f" {len(best_ones) - 1} of the other {len(counts) - 1} readings give as many, and are farther off: the "
            f"count decides {' and '.join(by_count) or 'nothing'}, and distance the rest."
        )
    for (dataset, method), of_row in rows.groupby(["dataset", "method"], sort=False):
        pairs, published = of_row["pairs"].iloc[0], DATASETS[dataset].pairs["test"]
        said = "; ".join(
            f"{row.metric} {row.reads}, printed {row.printed} ({abs(row.measured - float(row.printed)):.4f} too "
            f"{'high' if row.units > 0 else 'low'})"
            for row in of_row[~of_row["equal"]].itertuples()
        )
        which = f"{pairs} of {published} pairs" + (", a part, which need not give them" if pairs < published else "")
        lines.append(f"<b>{method} on {dataset}</b> ({which}): " + (f"{said}." if said else "every digit as printed."))
    return lines


def in_words(reading: Reading) -> str:
    luma = {"decoded": "the luma of the file's decoded colours", "file": "the luma that the file itself holds"}
    gradient = {"bands": "AG over the colour bands", "grey": "AG of grey levels"}
    ranges = {"paper": "[0, 1]", "standard": "[0, 255]"}
    return (
        f"{luma[reading.luma]}, {gradient[reading.gradient]}, the visible luma {reading.sources}, Qabf on "
        f"{ranges[reading.qabf]}"
    )
