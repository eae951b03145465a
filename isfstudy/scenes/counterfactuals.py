"""How strongly does a fused image answer to the spurious cue, with nothing else changed?

Each test scene is rendered with the cue on what is hot (rate 1), on what is cold (rate 0), by chance (rate 0.5), and
without any. Infrared image, labels and sensor noise are the same bits in all of them, so that whatever differs between
two fused images comes from the cue.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from isfcore.images import grey
from isfcore.losses import laplacian
from isfcore.machine.code import code_digest
from isfcore.machine.files import replacing
from isfstudy.scenes.scenes import render_scene
from isfstudy.scenes.variables import draw_variables

RATES = ("rate_1", "rate_0.5", "rate_0")
FIRST_SEED = 900_000  # no split of `write_scenes` draws from such seeds but by chance
CUE = 8  # grey levels: where the visible image changes by at least as much when the cue is flipped, there the cue is
UNTOUCHED = 2  # grey levels: where it changes by less, there the cue is not
FEWEST = 30  # pixels of cue on hot and on cold things that a test scene must have
RING = 6  # pixels around an object that its contrast is measured against

Scenes = dict[str, Tensor]
Fuse = Callable[[Tensor, Tensor], Tensor]


def counterfactual_scenes(folder: Path, *, count: int) -> Scenes:
    """Counterfactual scenes, rendered once and kept in `folder`.

    Returns:
        (N, 1, 240, 320) uint8: `infrared`, visible luma at `rate_1`, `rate_0.5`, `rate_0` and `without` the cue, and
        `objects`: 0 where there is none, 1 on a cold one, 2 on a hot one.
    """
    path = folder / f"counterfactuals-{count}-{code_digest([__name__])}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        stacks = _render(count)
        with replacing(path) as partial:
            with partial.open("wb") as stream:
                np.savez_compressed(stream, **stacks)
    with np.load(path, allow_pickle=False) as stacks:
        return {name: torch.from_numpy(stack)[:, None] for name, stack in stacks.items()}


def _render(count: int) -> dict[str, np.ndarray]:
    found: list[dict[str, np.ndarray]] = []
    seed = FIRST_SEED
    while len(found) < count:
        scene = _counterfactual(seed)
        flipped = scene["rate_1"].astype(int) - scene["rate_0"]
        if min((flipped >= CUE).sum(), (flipped <= -CUE).sum()) >= FEWEST:
            found.append(scene)
        seed += 1
    return {name: np.stack([scene[name] for scene in found]) for name in found[0]}


def _counterfactual(seed: int) -> dict[str, np.ndarray]:
    variables = {rate: draw_variables(seed, spurious=float(rate.removeprefix("rate_"))) for rate in RATES}
    bare = draw_variables(seed)
    for thing in bare["objects"]:
        thing["cue"] = False
    scenes = {name: render_scene(drawn) for name, drawn in (variables | {"without": bare}).items()}
    hot = np.array([0, *(1 + thing["hot"] for thing in bare["objects"])], np.uint8)
    images = {name: grey(scene.visible) for name, scene in scenes.items()}
    return images | {"infrared": scenes["without"].infrared, "objects": hot[scenes["without"].instances]}


def answers(fuse: Fuse, scenes: Scenes) -> dict[str, float]:
    """What fusing does with the cue, means over the scenes.

    Args:
        fuse: of infrared and visible images (N, 1, H, W) in [0, 1], the fused ones.
        scenes: from `counterfactual_scenes`, on the device that `fuse` computes on.

    Returns:
        `response_intact` and `response_black`, with the infrared image as it is and all black: the change of the fused
        image per change of the visible one where the cue is, when every cue is flipped; 0.5 for the plain average.
        `response_hot`, `response_cold`: the same with infrared intact, on either kind of things alone.
        `heat_intact`, `heat_black`: grey levels by which cold things are brighter outside the cue when they carry it.
        `contrast_rate_1`, `contrast_rate_0`: contrast of hot things to their surroundings, as a share of infrared's.
        `fidelity_rate_R`: equation 10 with a weight of 1, averaged over the cue's pixels.
    """
    unit = {name: stack.float() / 255 for name, stack in scenes.items() if name != "objects"}
    black = torch.zeros_like(unit["infrared"])
    fused = {rate: fuse(unit["infrared"], unit[rate]) for rate in RATES}
    blind = {rate: fuse(black, unit[rate]) for rate in ("rate_1", "rate_0")}
    flipped = unit["rate_1"] - unit["rate_0"]
    cue = flipped.abs() * 255 >= CUE
    changed, changed_blind = fused["rate_1"] - fused["rate_0"], blind["rate_1"] - blind["rate_0"]
    body = (scenes["objects"] == 1) & (flipped.abs() * 255 < UNTOUCHED)
    figures = {
        "response_intact": _slope(changed, flipped, cue),
        "response_black": _slope(changed_blind, flipped, cue),
        "response_hot": _slope(changed, flipped, cue & (flipped > 0)),
        "response_cold": _slope(changed, flipped, cue & (flipped < 0)),
        "heat_intact": -255 * _mean(changed, body),
        "heat_black": -255 * _mean(changed_blind, body),
    }
    inner, outer = _targets(scenes["objects"])
    in_infrared = _contrast(unit["infrared"], inner, outer)
    for rate in ("rate_1", "rate_0"):
        figures[f"contrast_{rate}"] = (_contrast(fused[rate], inner, outer) / in_infrared).mean()
    for rate in RATES:
        figures[f"fidelity_{rate}"] = _mean(_fidelity(fused[rate], unit["infrared"], unit[rate]), cue)
    return {name: value.item() for name, value in figures.items()}


def _slope(change: Tensor, cause: Tensor, where: Tensor) -> Tensor:
    """Least-squares slope of a change over its cause through the origin, scene by scene, and its mean."""
    over = (change * cause * where).sum(dim=(1, 2, 3))
    return (over / (cause.square() * where).sum(dim=(1, 2, 3))).mean()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """The mean where it counts, scene by scene, and the mean over the scenes that have such a place."""
    places = where.sum(dim=(1, 2, 3))
    return ((values * where).sum(dim=(1, 2, 3))[places > 0] / places[places > 0]).mean()


def _fidelity(fused: Tensor, infrared: Tensor, visible: Tensor) -> Tensor:
    strength = [laplacian(image).abs() for image in (fused, infrared, visible)]
    gradient = (strength[0] - torch.maximum(*strength[1:])).abs()
    return (fused - infrared).abs() + (fused - visible).abs() + gradient


def _targets(objects: Tensor) -> tuple[Tensor, Tensor]:
    """Where hot things are, and the background around them."""
    hot = objects.cpu().numpy() == 2
    around = np.stack([ndimage.binary_dilation(image[0], iterations=RING)[None] for image in hot])
    ring = around & (objects.cpu().numpy() == 0)
    return torch.from_numpy(hot).to(objects.device), torch.from_numpy(ring).to(objects.device)


def _contrast(image: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
    """Mean inside minus mean outside, (N,)."""
    inside, outside = (
        (image * where).sum(dim=(1, 2, 3)) / where.sum(dim=(1, 2, 3)).clamp(min=1) for where in (inner, outer)
    )
    return inside - outside
