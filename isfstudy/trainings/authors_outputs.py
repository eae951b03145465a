"""The fused images that the authors published, pixel by pixel beside what their weights give.

Their repository holds five, in the folder `Fused` at commit 52601b5. In the user's folder of images they lie in
`authors_outputs/`, under the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from isfcore.datasets.catalogue import RELEASED_OUTPUTS
from isfcore.fusion import fuse
from isfcore.images import grey, luma, read_image
from isfcore.inference import prepare
from isfcore.machine.threads import all_in_threads
from isfcore.network import FusionNetwork, exchange
from isfcore.pairs import Pair, images_by_stem, read_whole
from isfstudy.comparison.protocol import through_jpeg
from isfstudy.trainings.released_weights import FEEDS

COLUMNS = ["output", "pair", "feed", "equal", "within_one", "difference", "largest"]
ALIKE = 0.9  # correlation of an output with the mean of its sources, small: those of other scenes stay below 0.82


def outputs_here(root: Path) -> dict[str, Path]:
    """The published images below a data root, by stem; none where the folder is not there."""
    folder = root / RELEASED_OUTPUTS
    return images_by_stem(folder) if folder.is_dir() else {}


def _small(image: np.ndarray) -> np.ndarray:
    """An image (H, W) averaged to 48 x 64, and flattened."""
    return functional.adaptive_avg_pool2d(torch.from_numpy(image).float()[None], (48, 64)).flatten().numpy()


def pairs_of(outputs: dict[str, Path], pairs: Sequence[Pair]) -> dict[str, Pair | None]:
    """The pair that each output was fused from, or None where it is not among these, by what they show."""
    small = {name: _small(grey(read_image(path))) for name, path in outputs.items()}

    def likeness(pair: Pair) -> dict[str, float]:
        infrared, visible = read_whole(pair)
        mean = _small(infrared) + _small(grey(visible))
        return {name: float(np.corrcoef(mean, image)[0, 1]) for name, image in small.items()}

    found: dict[str, Pair | None] = dict.fromkeys(outputs)
    alike = all_in_threads(likeness, pairs) if outputs else {}
    for name in outputs:
        best = max(alike, key=lambda pair: alike[pair][name], default=None)
        found[name] = best if best and alike[best][name] > ALIKE else None
    return found


def joined_by_script(fused: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Fused luma with the visible chroma, (H, W, 3) uint8, as OpenCV turns it to YCrCb and back in floating point.

    `isfcore.images.join_colour` but for the coefficients, which OpenCV rounds to three decimals: a pixel in a hundred
    comes out a level apart.

    Args:
        fused: (H, W) uint8.
        visible: (H, W, 3) uint8.
    """
    light = luma(visible)
    red, blue = 0.713 * (visible[..., 0] - light), 0.564 * (visible[..., 2] - light)
    bands = [fused + 1.403 * red, fused - 0.714 * red - 0.344 * blue, fused + 1.773 * blue]
    return np.rint(np.stack(bands, axis=-1)).clip(0, 255).astype(np.uint8)


def compared(network: FusionNetwork, outputs: dict[str, Path], pairs: Sequence[Pair]) -> pd.DataFrame:
    """Published images beside what a network gives for their pairs, fed either way and saved as the script saves.

    Args:
        network: with the authors' weights.
        outputs: from `outputs_here`.
        pairs: those among which their sources may be.

    Returns:
        A row an output and feed, and one for an output whose pair is not among these: `output`, `pair` (empty),
        `feed`; the share of pixels that are `equal` in all bands and of those `within_one` level; and the mean
        absolute `difference` and the `largest`, over the bands, in grey levels.

    Raises:
        ValueError: naming a file that cannot be read.
    """
    rows = []
    networks = dict(zip(FEEDS, (prepare(network), prepare(exchange(network))), strict=True))
    for name, pair in pairs_of(outputs, pairs).items():
        if pair is None:
            rows.append({"output": name, "pair": ""})
            continue
        published, (infrared, visible) = read_image(outputs[name]), read_whole(pair)
        for feed, fed in networks.items():
            fused = fuse(fed, infrared, visible, colour="grey")
            ours = through_jpeg(joined_by_script(fused, visible) if visible.ndim == 3 else fused)
            apart = np.abs(np.atleast_3d(ours).astype(int) - np.atleast_3d(published))
            by_pixel = apart.max(axis=2)
            measured = {"equal": (by_pixel == 0).mean(), "within_one": (by_pixel <= 1).mean()}
            measured |= {"difference": apart.mean(), "largest": apart.max()}
            rows.append({"output": name, "pair": pair.stem, "feed": feed} | measured)
    return pd.DataFrame(rows, columns=COLUMNS)


def sentences(table: pd.DataFrame) -> list[str]:
    """What `compared` came to, HTML: a line an output whose pair is here, one for the others."""
    lines = []
    for (name, pair), rows in table.dropna(subset="feed").groupby(["output", "pair"], sort=False):
        by_feed = rows.set_index("feed")
        named, exchanged = (by_feed.loc[feed] for feed in FEEDS)
        lines.append(
            f"<b>{name}.jpg is the pair {pair}.</b> Fed as named, {named['equal']:.2%} of its pixels come out equal in "
            f"all bands ({named['difference']:.4f} grey levels apart on average); fed exchanged, "
            f"{exchanged['equal']:.1%} ({exchanged['difference']:.2f} levels)."
        )
    elsewhere = table.loc[table["feed"].isna(), "output"].to_list()
    if elsewhere:
        lines.append(f"<b>Not compared:</b> {', '.join(elsewhere)}, whose pairs are not here.")
    return lines
