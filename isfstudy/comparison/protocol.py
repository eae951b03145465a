"""How the paper's table was made of fused images: steps that its text does not mention.

1. Before fusion every source is cut, at its top left, to multiples of 16 pixels (`isfcore.pairs.read_sources`).
2. The fused luma is joined with the visible chroma and saved as a JPEG file of quality 95, then read back as grey.
3. The metrics follow the `paper` convention of `isfcore.metrics`, but that AG is the mean over the colour bands of the
   file; the luma of the visible image is rounded to whole levels (`isfcore.evaluation.SOURCES`). Notebook 11 shows how
   many printed digits this reading and others give (`isfstudy.comparison.readings`).

`PROTOCOLS` names the combinations that the study compares. Baselines come as images that were cut before fusion, so
both protocols cut; notebook 11 shows what cutting alone does to the authors' network.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from isfcore.evaluation import SOURCES, score
from isfcore.images import grey, join_colour
from isfcore.metrics import average_gradient

JPEG_QUALITY = 95  # OpenCV's default, which the released code leaves in place


class Protocol(NamedTuple):
    """How a fused image is stored and scored.

    Attributes:
        storage: `jpeg`, or `png`, which loses nothing: nothing is done.
        convention: one of `isfcore.metrics.CONVENTIONS`.
        gradient: AG is taken of the `grey` levels, or is the mean over the colour `bands`.
        sources: how the luma of a coloured visible image is read, one of `isfcore.evaluation.SOURCES`.
    """

    storage: str
    convention: str
    gradient: str
    sources: str


PROTOCOLS = {
    "paper": Protocol("jpeg", "paper", gradient="bands", sources="rounded"),
    "standard": Protocol("png", "standard", gradient="grey", sources="rounded"),
}


def jpeg_file(image: np.ndarray) -> io.BytesIO:
    """An image, (H, W) or (H, W, 3) uint8, as a JPEG file of quality 95 with halved chroma, as OpenCV writes it."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    return buffer


def through_jpeg(image: np.ndarray) -> np.ndarray:
    """What is read back of `jpeg_file`, in the shape that was given."""
    return np.asarray(Image.open(jpeg_file(image)))


def stored(fused: np.ndarray, visible: np.ndarray, *, storage: str) -> np.ndarray:
    """What is read back after a fused image was saved: (H, W) or (H, W, 3) uint8.

    `jpeg` joins the visible chroma and compresses; `png` loses nothing, and gives the fused luma itself.

    Args:
        fused: luma, (H, W) uint8.
        visible: (H, W) or (H, W, 3) uint8 of the same size.

    Raises:
        ValueError: for another storage.
    """
    if storage not in ("jpeg", "png"):
        raise ValueError(f"storage must be 'jpeg' or 'png', not {storage!r}")
    return fused if storage == "png" else through_jpeg(join_colour(fused, visible))


def band_gradient(image: np.ndarray) -> float:
    """AG of an image as the evaluator behind Table 1 takes it: the mean over its bands, `paper` convention.

    Args:
        image: (H, W) or (H, W, 3) in [0, 255].
    """
    bands = torch.as_tensor(np.moveaxis(np.atleast_3d(image), -1, 0).astype(np.float64))
    return average_gradient(bands, convention="paper").mean().item()


def scored(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray, protocol: Protocol) -> dict[str, float]:
    """The five metrics of a fused image beside its sources, by name, as a protocol has them.

    Args:
        fused, infrared: luma, (H, W) uint8.
        visible: (H, W) or (H, W, 3) uint8.
    """
    image = stored(fused, visible, storage=protocol.storage)
    values = score(grey(image), infrared, SOURCES[protocol.sources](visible), convention=protocol.convention)
    return values | {"AG": band_gradient(image)} if protocol.gradient == "bands" else values
