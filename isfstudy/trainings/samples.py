"""What networks are looked at with: pairs of a set, which may be missing, and batches of crops drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from isfcore.datasets.local import pairs_here
from isfcore.machine.seeds import generator
from isfcore.pairs import Pair
from isfcore.training.crops import draw_batch, read_pairs
from isfcore.training.recipe import Recipe
from isfcore.training.step import draw_views
from isfstudy.comparison.opening import Images, root_of
from isfstudy.report.page import Page, use_pairs

Views = dict[str, tuple[Tensor, Tensor]]  # by pass, see `isfcore.training.step.draw_views`


def open_split(page: Page, dataset: str, split: str, *, first: int | None = None) -> Images:
    """The pairs of one split of a set, entered into the page; where the set is not here, none, and what to do.

    Unlike `isfstudy.comparison.opening.open_pairs` this does not raise: a page on weights has something to say without.

    Args:
        first: how many, in order of stem; None for all.
    """
    found, lacking = pairs_here(dataset, split, root_of(page, dataset))
    if not found:
        return Images({dataset: []}, {dataset: f"{split} is not here"}, [lacking])
    found = found[:first]
    return Images({dataset: found}, {dataset: f"{split}, {use_pairs(page, dataset, split, found)}"}, [])


def sample_views(found: list[Pair], recipe: Recipe, *, side: int, count: int = 4) -> Views:
    """The views of one batch: crops of the first pairs, which match whatever the recipe says."""
    images = read_pairs(found[:count], side=side)
    crops = draw_batch(images, step=0, batch=len(images), side=side, crop="paired", seed=0)
    return draw_views(*crops, recipe, generator(0, 1))


def unseen_views(
    images: Sequence[Tensor], recipe: Recipe, *, step: int, batch: int, side: int, seed: int = 1000
) -> Views:
    """The views of a batch as a recipe draws them, but from a seed that no run of this study was trained with.

    Args:
        images: from `isfcore.training.crops.read_pairs`, on the device to work on.
        step: which batch of its row.
        batch, side: how many crops, of which side in pixels.
    """
    crops = draw_batch(images, step=step, batch=batch, side=side, crop=recipe.crop, seed=seed)
    return draw_views(*crops, recipe, generator(seed, 2, step, device=crops[0].device))
