"""What the images of a set look like before anything is fused."""

from __future__ import annotations

import torch

from isfcore.images import grey, read_image
from isfcore.metrics import average_gradient, correlation, spatial_frequency
from isfcore.pairs import Pair


def describe(pair: Pair) -> list[dict[str, str | float]]:
    """What both images of a pair look like: one row a modality, for tables of a data set.

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
