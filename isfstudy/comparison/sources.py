"""What the images of a set look like before anything is fused, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch

from isfcore.datasets.catalogue import DATASETS
from isfcore.images import grey, read_image
from isfcore.machine.threads import in_threads
from isfcore.metrics import average_gradient, correlation, spatial_frequency
from isfcore.pairs import Pair


def look_of(pair: Pair) -> list[dict[str, str | float]]:
    """What both images of a pair look like: one row a modality.

    `mean` and `contrast` (standard deviation) of the grey levels, AG and SF under the standard convention, and
    `agreement`, the correlation of the two modalities.
    """
    images = {"infrared": grey(read_image(pair.infrared)), "visible": grey(read_image(pair.visible))}
    tensors = {name: torch.as_tensor(image).double()[None] for name, image in images.items()}
    agreement = correlation(tensors["infrared"], tensors["visible"], tensors["visible"], convention="standard")
    return [
        {
            "stem": pair.stem,
            "modality": name,
            "height": image.shape[0],
            "width": image.shape[1],
            "mean": image.mean(),
            "contrast": image.std(),
            "AG": average_gradient(tensors[name], convention="standard").item(),
            "SF": spatial_frequency(tensors[name], convention="standard").item(),
            "agreement": agreement.item(),
        }
        for name, image in images.items()
    ]


def looks(pairs: dict[str, Sequence[Pair]]) -> tuple[pd.DataFrame, dict[str, str]]:
    """`look_of` every pair of some sets.

    Returns:
        A row an image, with a last column `dataset`; and what went wrong, by `dataset stem`.
    """
    rows, problems = [], {}
    for dataset, which in pairs.items():
        found, failed = in_threads(look_of, which, progress=dataset)
        rows += [row | {"dataset": dataset} for both in found.values() for row in both]
        problems |= {f"{dataset} {pair.stem}": problem for pair, problem in failed.items()}
    return pd.DataFrame(rows), problems


def look_of_sets(per_image: pd.DataFrame) -> pd.DataFrame:
    """Means over the images of each set and modality, with the number of `images`; `height` and `width` are medians.

    Args:
        per_image: from `looks`.
    """
    sizes = {side: (side, "median") for side in ("height", "width")}
    means = {name: (name, "mean") for name in ("mean", "contrast", "AG", "SF", "agreement")}
    groups = per_image.groupby(["dataset", "modality"], sort=False)
    return groups.agg(images=("stem", "size"), **sizes, **means).reset_index()


def data_card() -> pd.DataFrame:
    """Of every set of the study what is published, where, by whom and on which terms, and what to know of it."""
    rows = []
    for name, known in DATASETS.items():
        published = ", ".join(f"{split} {count}" for split, count in known.pairs.items() if count)
        about = {"set": name, "published pairs": published or "made on the spot", "source": known.source}
        rows.append(about | {"cite": known.citation, "licence": known.licence, "to know": " ".join(known.caveats)})
    return pd.DataFrame(rows)
