"""The printed protocol taken apart: what each choice that the paper does not mention does to a method's means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from isfcore.evaluation import score
from isfcore.images import grey
from isfcore.machine.threads import all_in_threads
from isfcore.pairs import Pair, read_sources, read_whole
from isfstudy.comparison.methods import Method
from isfstudy.comparison.protocol import stored
from isfstudy.comparison.readings import Part, Reading, means_by_reading, scored_once, taken

LAST = "JPEG 95"  # the step after which a file is what the paper's was; below it what is read of it
READ = {
    LAST: Reading("decoded", "grey", "rounded", "paper"),
    "AG over the colour bands": Reading("decoded", "bands", "rounded", "paper"),
}
FINAL = list(READ)[-1]  # the paper's protocol, `isfstudy.comparison.protocol`
WHOLE = "whole images, PNG, standard definitions"


def hidden_choices(
    pairs: Sequence[Pair], method: Method, *, other_selection: int, seed: int, progress: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What each unstated choice of the paper's protocol does to a method's means.

    Starting from whole images, lossless files and standard definitions, the choices are added one by one: the paper's
    definitions, the cut to multiples of 16 before fusion, JPEG, and AG off the file's colour bands, which matters where
    the visible image has colour. A last row takes the definitions back, which gives what the evaluator that the paper
    refers to would print. How much a selection of images matters is the half width of the central 95 % of means over
    10,000 random selections without replacement.

    Args:
        other_selection: how many of the pairs another paper's selection would hold.
        seed: of the selections.

    Returns:
        The means after each step (`step`, `pairs`, `METRICS`); what each choice adds (`choice`, `METRICS`); and, of the
        same scores, `isfstudy.comparison.readings.means_by_reading`.

    Raises:
        ValueError: for a pair that cannot be fused or scored, or a selection that is not 1 to all of the pairs.
    """
    if not 1 <= other_selection <= len(pairs):
        raise ValueError(f"a selection of {other_selection} out of {len(pairs)} pairs: it must be 1 to {len(pairs)}")

    def one(pair: Pair) -> tuple[dict[str, dict[str, float]], dict[Part, float]]:
        infrared, visible = read_whole(pair)
        whole, levels = method(pair.stem, infrared, visible), grey(visible)
        rows = {
            WHOLE: score(whole, infrared, levels, convention="standard"),
            "the paper's definitions": score(whole, infrared, levels, convention="paper"),
        }
        fused, size = whole, infrared.shape
        infrared, visible = read_sources(pair)
        rows["cut to multiples of 16"] = rows["the paper's definitions"]
        if infrared.shape != size:
            fused, levels = method(pair.stem, infrared, visible), grey(visible)
            rows["cut to multiples of 16"] = score(fused, infrared, levels, convention="paper")
        parts = scored_once(fused, infrared, visible)
        rows |= {step: taken(parts, reading) for step, reading in READ.items()}
        read_back = grey(stored(fused, visible, storage="jpeg"))
        rows["JPEG 95, standard definitions"] = score(read_back, infrared, levels, convention="standard")
        return rows, parts

    rows, parts = zip(*all_in_threads(one, pairs, progress=progress).values(), strict=True)
    steps = pd.DataFrame({name: pd.DataFrame(row[name] for row in rows).mean() for name in rows[0]}).T
    final = pd.DataFrame(row[FINAL] for row in rows).to_numpy()
    generator = np.random.default_rng(seed)
    drawn = np.stack([generator.permutation(len(final))[:other_selection] for _ in range(10_000)])
    low, high = np.quantile(final[drawn].mean(axis=1), [0.025, 0.975], axis=0)
    contributions = steps.loc[:FINAL].diff().iloc[1:]
    contributions.loc[f"another {other_selection} of {len(final)} pairs (±)"] = (high - low) / 2
    steps.insert(0, "pairs", len(final))
    tables = steps.rename_axis("step").reset_index(), contributions.rename_axis("choice").reset_index()
    return *tables, means_by_reading(parts)
