"""What a fused image does to the detail of its sources: how much is lost (blur), how much is added (over-sharpening).

AG and SF reward any contrast, invented or not. Here the gradient is compared with what the sources offer: at each pixel
the stronger of the two gradients, which is also what the gradient term of equation 10 asks for.
"""

from __future__ import annotations

import numpy as np

from isfcore.images import grey, join_colour, luma

QUANTITIES = ("sharpness", "lost", "added", "colour_change")


def _strength(image: np.ndarray) -> np.ndarray:
    """The gradient that AG is the mean of: central differences, one-sided at the borders."""
    down, across = np.gradient(image.astype(np.float64))
    return np.hypot(down, across) / np.sqrt(2)


def detail(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """Detail of a fused image beside that of its sources, as shares of the latter.

    The sources' detail is the sum over the pixels of their stronger gradient, without regard to its direction. `lost`
    (0 to 1) is what the fused gradient falls short of it where it does, `added` (0 and up) what it exceeds it by where
    it does, and `sharpness` = 1 - lost + added: the AG of the fused image over that of the stronger gradient.

    Args:
        fused, infrared, visible: luma, (H, W) in [0, 255], one size of at least 2 x 2 pixels.

    Raises:
        ValueError: for sources without any gradient.
    """
    offered = np.maximum(_strength(infrared), _strength(visible))
    total = offered.sum()
    if not total:
        raise ValueError("both sources are constant: they have no detail to lose")
    beyond = _strength(fused) - offered
    lost, added = -beyond.clip(max=0).sum() / total, beyond.clip(min=0).sum() / total
    return {"sharpness": 1 - lost + added, "lost": lost, "added": added}


def colour_change(fused: np.ndarray, visible: np.ndarray) -> float:
    """Mean absolute change of a fused luma, in grey levels, by taking over the visible image's chroma.

    It is not zero because a colour may leave [0, 255] and is clipped, and because colours are whole numbers.
    """
    return float(np.abs(luma(join_colour(fused, visible)) - fused).mean())


def detail_and_colour(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> dict[str, float]:
    """`detail` and `colour_change` of one fused image, `QUANTITIES` by name: for `isfstudy.comparison.scores.compare`.

    Args:
        fused, infrared: luma, (H, W) uint8.
        visible: (H, W) or (H, W, 3) uint8.
    """
    return detail(fused, infrared, grey(visible)) | {"colour_change": colour_change(fused, visible)}
