"""What the fidelity loss is indifferent to: how far CC of an image can move at no cost in equation 10.

The intensity terms |f - i| + |f - v| add up to |i - v| for every f between the two sources: which of them a fused image
follows, and where, costs nothing. Only the gradient term is left to decide, and it does not see slow changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from isfcore.evaluation import score
from isfcore.fusion import to_levels
from isfcore.inference import run
from isfcore.losses import fidelity_loss
from isfcore.machine.threads import all_in_threads
from isfcore.metrics import METRICS, correlation
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair
from isfcore.training.validation import read_units

GRIDS = (64, 16, 1)  # pixels between the points at which brightness is changed: what is slow moves as a whole
RATE = 4e-3  # of Adam: some grey level a step and grid
STEEP = 30.0  # how much a relative excess of the loss counts against CC


def between(infrared: Tensor, visible: Tensor) -> dict[str, Tensor]:
    """Images whose every pixel lies between the sources': both of them, their average, the brighter, the darker.

    By name; all are (B, 1, H, W) in [0, 1], as the sources. Not rounded to levels, unlike those of
    `isfstudy.comparison.classic`.
    """
    return {
        "infrared": infrared,
        "visible": visible,
        "average": (infrared + visible) / 2,
        "brighter": torch.maximum(infrared, visible),
        "darker": torch.minimum(infrared, visible),
    }


def with_correlation(fused: Tensor, infrared: Tensor, visible: Tensor, *, towards: str, steps: int) -> Tensor:
    """An image of no greater fidelity loss than a given one, whose CC is as low or as high as a search finds.

    Brightness is changed on grids of points, from coarse to every pixel, by Adam down the slope of CC, with the loss
    held where it was. What is found is a bound from one side: more steps may go further.

    Args:
        fused, infrared, visible: (1, 1, H, W) in [0, 1].
        towards: `lowest` or `highest` CC.
        steps: of the search.

    Returns:
        (1, 1, H, W) in [0, 1]: of all images passed that cost no more than `fused`, the one of extreme CC.

    Raises:
        ValueError: for another value of `towards`.
    """
    if towards not in ("lowest", "highest"):
        raise ValueError(f"towards must be 'lowest' or 'highest', not {towards!r}")
    sign = 1 if towards == "highest" else -1
    size = fused.shape[2:]
    cost = fidelity_loss(fused, infrared, visible)["total"].item()
    best, extreme = fused, sign * _cc(fused, infrared, visible).item()
    offsets = [torch.zeros(1, 1, *(-(-side // grid) for side in size), requires_grad=True) for grid in GRIDS]
    search = torch.optim.Adam(offsets, lr=RATE)
    for _ in range(steps):
        smooth = (functional.interpolate(offset, size=tuple(size), mode="bilinear") for offset in offsets[:-1])
        image = (fused + sum(smooth) + offsets[-1]).clamp(0, 1)
        loss, moved = fidelity_loss(image, infrared, visible)["total"], sign * _cc(image, infrared, visible)
        if loss.item() <= cost and moved.item() > extreme:
            best, extreme = image.detach(), moved.item()
        search.zero_grad()
        (STEEP * functional.relu(loss / cost - 0.998) - moved).backward()  # a hair inside, so that it is kept
        search.step()
    return best


def _cc(fused: Tensor, infrared: Tensor, visible: Tensor) -> Tensor:
    return correlation(fused[:, 0], infrared[:, 0], visible[:, 0], convention="standard")[0]


def indifferent(
    network: FusionNetwork, pairs: Sequence[Pair], *, steps: int, progress: str = ""
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Images that the fidelity loss takes for no worse than a network's, or alike in its intensity terms.

    Args:
        network: from `isfcore.inference.prepare`, on the processor.
        steps: of each search, see `with_correlation`.

    Returns:
        A row a pair and image: `stem`, `image` (`lowest CC`, `network`, `highest CC`, and those of `between`), the
        loss's `intensity` and `gradient` terms and its `total`, and `METRICS` (`paper` convention); and the first
        pair's images by name, (H, W) uint8.

    Raises:
        ValueError: naming the pairs that cannot be read.
    """

    def one(pair: Pair) -> tuple[list[dict], dict[str, np.ndarray]]:
        infrared, visible, *units = read_units(pair)
        own = run(network, *units).luma
        found = {name: with_correlation(own, *units, towards=name, steps=steps) for name in ("lowest", "highest")}
        images = {"lowest CC": found["lowest"], "network": own, "highest CC": found["highest"]} | between(*units)
        rows = []
        for name, image in images.items():
            terms = {key: value.item() for key, value in fidelity_loss(image, *units).items()}
            cost = {"intensity": terms["infrared"] + terms["visible"]} | {k: terms[k] for k in ("gradient", "total")}
            figures = score(to_levels(image)[0, 0], infrared, visible, convention="paper")
            rows.append({"stem": pair.stem, "image": name} | cost | figures)
        return rows, {name: to_levels(image)[0, 0] for name, image in images.items()}

    found = all_in_threads(one, pairs, progress=progress)
    columns = ["stem", "image", "intensity", "gradient", "total", *METRICS]
    table = pd.DataFrame([row for rows, _ in found.values() for row in rows], columns=columns)
    return table, next((images for _, images in found.values()), {})
