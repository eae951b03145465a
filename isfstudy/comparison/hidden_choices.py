"""The printed protocol taken apart: what each choice that the paper does not mention does to a method's means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.machine.threads import all_in_threads
from isfcore.metrics import average_gradient
from isfcore.pairs import Pair, read_sources, read_whole
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import stored

LAST = "JPEG 95"  # the step after which a file is what the paper's was
BANDS = "JPEG 95, AG over the colour bands"


def band_gradient(bands: np.ndarray) -> float:
    """AG of a colour image as the evaluator behind Table 1 takes it: the mean over its bands, `paper` convention.

    Args:
        bands: (H, W, B) in [0, 255].
    """
    images = torch.as_tensor(np.moveaxis(bands, -1, 0).astype(np.float64))
    return average_gradient(images, convention="paper").mean().item()


def hidden_choices(
    pairs: Sequence[Pair], method: Method, *, other_selection: int, seed: int, progress: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each unstated choice of the paper's protocol does to a method's means.

    Starting from whole images, lossless files and standard definitions, the choices are added one by one: the paper's
    definitions, the cut to multiples of 16 before fusion, JPEG. One row more reads AG off the file's colour bands
    rather than off its grey levels, which differs where the visible image has colour. A last row takes the definitions
    back, which gives what the evaluator that the paper refers to would print. How much a selection of images matters is
    the half width of the central 95 % of means over 10,000 random selections without replacement.

    Args:
        other_selection: how many of the pairs another paper's selection would hold.
        seed: of the selections.

    Returns:
        The means after each step (`step`, `pairs`, `METRICS`); and what each choice adds (`choice`, `METRICS`).

    Raises:
        ValueError: for a pair that cannot be fused or scored, or a selection that is not 1 to all of the pairs.
    """
    if not 1 <= other_selection <= len(pairs):
        raise ValueError(f"a selection of {other_selection} out of {len(pairs)} pairs: it must be 1 to {len(pairs)}")

    def one(pair: Pair) -> dict[str, dict[str, float]]:
        infrared, visible = read_whole(pair)
        whole, levels = method(pair.stem, infrared, visible), grey(visible)
        rows = {
            "whole images, PNG, standard definitions": score(whole, infrared, levels, convention="standard"),
            "the paper's definitions": score(whole, infrared, levels, convention="paper"),
        }
        infrared, visible = read_sources(pair)
        fused, levels = method(pair.stem, infrared, visible), grey(visible)
        compressed = stored(fused, visible, storage="jpeg")
        final = score(compressed, infrared, levels, convention="paper")
        bands = stored(fused, visible, storage="jpeg", read_as="bands")
        return rows | {
            "cut to multiples of 16": score(fused, infrared, levels, convention="paper"),
            LAST: final,
            BANDS: final | {"AG": band_gradient(bands)},
            "JPEG 95, standard definitions": score(compressed, infrared, levels, convention="standard"),
        }

    found = all_in_threads(one, pairs, progress=progress)
    names = next(iter(found.values()))
    steps = pd.DataFrame({name: pd.DataFrame(rows[name] for rows in found.values()).mean() for name in names}).T
    final = pd.DataFrame(rows[LAST] for rows in found.values()).to_numpy()
    generator = np.random.default_rng(seed)
    drawn = np.stack([generator.permutation(len(final))[:other_selection] for _ in range(10_000)])
    low, high = np.quantile(final[drawn].mean(axis=1), [0.025, 0.975], axis=0)
    contributions = steps.loc[:LAST].diff().iloc[1:]
    contributions.loc["AG over the colour bands"] = steps.loc[BANDS] - steps.loc[LAST]
    contributions.loc[f"another {other_selection} of {len(final)} pairs (±)"] = (high - low) / 2
    steps.insert(0, "pairs", len(final))
    return steps.rename_axis("step").reset_index(), contributions.rename_axis("choice").reset_index()
