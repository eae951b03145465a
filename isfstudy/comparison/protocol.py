"""How the paper's table was made of fused images: three steps that its text does not mention.

1. Before fusion every source is cut, at its top left, to multiples of 16 pixels (`isfcore.pairs.read_sources`).
2. The fused luma is joined with the visible chroma and saved as a JPEG file of quality 95, then read back as grey.
3. The metrics follow the `paper` convention of `isfcore.metrics`.

`PROTOCOLS` names the combinations that the study compares. Baselines come as images that were cut before fusion, so
both protocols cut; notebook 11 shows what cutting alone does to the authors' network.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from isfcore.images import grey, join_colour

JPEG_QUALITY = 95  # OpenCV's default, which the released code leaves in place


class Protocol(NamedTuple):
    """`storage` is `jpeg` or `png` (lossless: nothing is done); `convention` is one of `metrics.CONVENTIONS`."""

    storage: str
    convention: str


PROTOCOLS = {"paper": Protocol("jpeg", "paper"), "standard": Protocol("png", "standard")}


def stored(fused: np.ndarray, visible: np.ndarray, *, storage: str, read_as: str = "grey") -> np.ndarray:
    """What is read back after a fused image was saved: its luma, (H, W) uint8, or its colour bands.

    `jpeg` joins the visible chroma and compresses at quality 95 with halved chroma, as OpenCV does; `png` loses nothing
    and gives the fused luma itself.

    Args:
        fused: luma, (H, W) uint8.
        visible: (H, W) or (H, W, 3) uint8 of the same size.
        read_as: `grey`; or `bands`, (H, W, 3), of which a grey image has one, (H, W, 1). The evaluator behind Table 1
            takes AG over the bands of the file, and the other metrics off its grey levels.

    Raises:
        ValueError: for another storage or way of reading.
    """
    if read_as not in ("grey", "bands"):
        raise ValueError(f"read_as must be 'grey' or 'bands', not {read_as!r}")
    if storage == "png":
        return fused if read_as == "grey" else np.atleast_3d(join_colour(fused, visible))
    if storage != "jpeg":
        raise ValueError(f"storage must be 'jpeg' or 'png', not {storage!r}")
    buffer = io.BytesIO()
    Image.fromarray(join_colour(fused, visible)).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    image = np.asarray(Image.open(buffer))
    return grey(image) if read_as == "grey" else np.atleast_3d(image)
