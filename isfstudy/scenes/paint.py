"""Objects into the street's maps, from far to near: what either sensor will see of them, and what they hide."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from isfstudy.scenes.objects import PARTS, Part, cue, ellipse
from isfstudy.scenes.street import CAMERA_HEIGHT, Maps, picture, sample

SUPERSAMPLING = 3  # per axis, for the edges of polygons
SKY_DEFICIT = 25.0  # degrees Celsius by which the sky, which surfaces mirror, is colder than the air


def paint_objects(maps: Maps, variables: dict) -> list[int]:
    """Paint trees, lamp posts and objects from far to near; returns the objects' own areas in pixels."""
    areas = [0] * len(variables["objects"])
    furniture = [(thing, 0) for thing in variables["trees"] + variables["lamp_posts"]]
    objects = [(thing, number) for number, thing in enumerate(variables["objects"], 1)]
    far_to_near = sorted(furniture + objects, key=lambda pair: -pair[0]["z"])
    for thing, number in sorted(far_to_near, key=lambda pair: pair[0]["kind"] != "vent"):  # flush with the wall
        if thing["kind"] == "tree":
            _paint_tree(maps, thing)
            continue
        if thing["kind"] in ("person", "car", "bicycle"):
            _paint_contact_shadow(maps, thing)
        for part in PARTS[thing["kind"]](thing):
            _paint_part(maps, thing, part, number, variables["ambient"])
        if number:
            areas[number - 1] = int((maps.instance == number).sum())
            if thing["cue"]:
                _paint_part(maps, thing, cue(thing), number, variables["ambient"])
    return areas


def _paint_part(maps: Maps, thing: dict, part: Part, number: int, ambient: float) -> None:
    temperature = None
    if part.heat is not None:
        excess = part.heat * (thing["temperature"] - ambient) if thing["hot"] else 0.0
        temperature = thing["emissivity"] * excess - (1 - thing["emissivity"]) * SKY_DEFICIT
    look = dict(colour=part.colour, glow=part.glow, shade=None if part.colour is None else 1.0, opacity=part.opacity)
    instance = number if part.extent and number else None
    outline = _project(maps, thing, part.outline)
    _fill(maps, outline, distance=thing["z"], temperature=temperature, instance=instance, **look)


def _paint_contact_shadow(maps: Maps, thing: dict) -> None:
    """Dim the daylight on the ground under an object, in two steps for a soft edge."""
    long, wide = {"person": (0.35, 0.3), "car": (2.5, 1.25), "bicycle": (0.35, 0.9)}[thing["kind"]]
    for scale in (1.0, 0.8):
        ground = ellipse(0, 0, wide * scale, long * scale)[:, [0, 2, 1]]
        _fill(maps, _project(maps, thing, ground), distance=thing["z"], shade=0.35, opacity=0.55)


def _paint_tree(maps: Maps, tree: dict) -> None:
    """A trunk under a crown: an ellipse whose edge and gaps follow a leafy texture."""
    height, width = maps.shade.shape
    scale = maps.focal / tree["z"]
    foot = np.array([maps.vanishing + scale * tree["x"], maps.horizon + scale * CAMERA_HEIGHT])
    top_of_trunk = -tree["trunk"] - 1
    trunk = foot + scale * np.array([(-0.2, 0), (0.2, 0), (0.13, top_of_trunk), (-0.13, top_of_trunk)])
    _fill(maps, trunk, distance=tree["z"], colour=(0.05, 0.04, 0.03), temperature=0.3, shade=1.0)
    centre, radius = foot - [0, scale * (tree["trunk"] + 0.75 * tree["crown"])], scale * tree["crown"]
    left, top = np.clip(np.floor(centre - 1.5 * radius).astype(int), 0, (width, height))
    right, bottom = np.clip(np.ceil(centre + 1.5 * radius).astype(int), 0, (width, height))
    here = np.s_[top:bottom, left:right]
    x = (np.arange(left, right)[None] + 0.5 - centre[0]) / radius
    y = (np.arange(top, bottom)[:, None] + 0.5 - centre[1]) / radius
    texels = 90 * tree["crown"]
    coarse = sample("grass.png", texels * x / 2 + tree["texture"], texels * y / 2, 60.0) * 3.0
    leaves = sample("grass.png", texels * x + tree["texture"], texels * y, 1.5 * texels / radius)
    field = 1 - x**2 - (y / 0.85) ** 2 + 0.55 * coarse + 0.25 * leaves
    alpha = np.clip(6 * field, 0, 1).astype(np.float32)
    tone = (1 + 0.75 * leaves + 0.6 * coarse - 0.5 * y).clip(0.12)
    _blend(maps.reflectance[here], alpha[..., None], tone[..., None] * np.array(tree["colour"]))
    _blend(maps.glow[here], alpha[..., None], 0.0)
    _blend(maps.shade[here], alpha, 1.0)
    _blend(maps.temperature[here], alpha, -1.0 + 0.5 * leaves + 0.6 * coarse)
    maps.distance[here][alpha > 0.5], maps.instance[here][alpha > 0.5] = tree["z"], 0


def _project(maps: Maps, thing: dict, outline: np.ndarray) -> np.ndarray:
    """Points (N, 3) in metres in an object's own frame to pixel positions (N, 2) as (x, y)."""
    cos, sin = np.cos(thing["heading"]), np.sin(thing["heading"])
    right, y, forwards = outline.T
    x, z = thing["x"] + cos * right - sin * forwards, thing["z"] + sin * right + cos * forwards
    scale = maps.focal / np.maximum(z, 0.5)
    return np.column_stack([maps.vanishing + scale * x, maps.horizon + scale * (CAMERA_HEIGHT - y)])


def _fill(
    maps: Maps,
    outline: np.ndarray,
    *,
    distance: float,
    colour=None,
    glow=0.0,
    temperature=None,
    shade=None,
    opacity: float = 1.0,
    instance: int | None = None,
) -> None:
    """Paint an antialiased polygon of (N, 2) pixel corners; a map whose value is None stays as it is."""
    height, width = maps.shade.shape
    left, top = np.maximum(np.floor(outline.min(0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(outline.max(0)).astype(int) + 1, (width, height))
    if left >= right or top >= bottom:
        return
    here = np.s_[top:bottom, left:right]
    cover = Image.new("L", ((right - left) * SUPERSAMPLING, (bottom - top) * SUPERSAMPLING))
    corners = (outline - [left, top]) * SUPERSAMPLING
    ImageDraw.Draw(cover).polygon([tuple(corner) for corner in corners], fill=255)
    alpha = np.asarray(cover.reduce(SUPERSAMPLING), np.float32) * np.float32(opacity / 255)
    if colour is not None:
        if isinstance(colour, str):
            colour = _stretched(picture(colour), outline, here)
        _blend(maps.reflectance[here], alpha[..., None], colour)
        _blend(maps.glow[here], alpha[..., None], glow)
    if shade is not None:
        _blend(maps.shade[here], alpha, shade)
    if temperature is not None:
        _blend(maps.temperature[here], alpha, temperature)
    if instance is not None:
        inside = alpha > 0.5 * opacity
        maps.instance[here][inside] = instance
        if colour is not None:
            maps.distance[here][inside] = distance


def _blend(target: np.ndarray, alpha: np.ndarray, value) -> None:
    target += alpha * (np.asarray(value, np.float32) - target)


def _stretched(image: np.ndarray, outline: np.ndarray, here: tuple[slice, slice]) -> np.ndarray:
    """The part of `image` that shows in the window `here` when it is stretched over the box of `outline`."""
    low, span = outline.min(0), np.ptp(outline, axis=0)
    rows = (np.arange(here[0].start, here[0].stop) + 0.5 - low[1]) / span[1] * image.shape[0]
    columns = (np.arange(here[1].start, here[1].stop) + 0.5 - low[0]) / span[0] * image.shape[1]
    rows = np.clip(rows.astype(int), 0, image.shape[0] - 1)
    return image[rows[:, None], np.clip(columns.astype(int), 0, image.shape[1] - 1)]
