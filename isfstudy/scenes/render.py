"""From the variables of a scene to its two images: objects into the street's maps, then the two sensors."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from isfstudy.scenes.objects import PARTS, Part, cue, ellipse
from isfstudy.scenes.street import CAMERA_HEIGHT, SKY_DISTANCE, Maps, picture, sample

VISIBLE_BLUR = {"day": 0.0016, "night": 0.0026}  # standard deviation in image heights; long exposure at night
INFRARED_BLUR = 0.003
GAMMA = 1.7  # of the visible camera: more contrast than 2.2, as in MSRS
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
    cos, sin = np.cos(thing["heading"]), np.sin(thing["heading"])
    x, y, z = part.outline.T
    world = np.column_stack([thing["x"] + cos * x - sin * z, y, thing["z"] + sin * x + cos * z])
    temperature = None
    if part.heat is not None:
        excess = part.heat * (thing["temperature"] - ambient) if thing["hot"] else 0.0
        temperature = thing["emissivity"] * excess - (1 - thing["emissivity"]) * SKY_DEFICIT
    _fill(
        maps,
        _project(maps, world),
        distance=thing["z"],
        colour=part.colour,
        glow=part.glow,
        shade=None if part.colour is None else 1.0,
        temperature=temperature,
        opacity=part.opacity,
        instance=number if part.extent and number else None,
    )


def _paint_contact_shadow(maps: Maps, thing: dict) -> None:
    """Dim the daylight on the ground under an object, in two steps for a soft edge."""
    long, wide = {"person": (0.35, 0.3), "car": (2.5, 1.25), "bicycle": (0.35, 0.9)}[thing["kind"]]
    cos, sin = np.cos(thing["heading"]), np.sin(thing["heading"])
    for scale in (1.0, 0.8):
        across, along = ellipse(0, 0, wide * scale, long * scale)[:, :2].T
        world = np.column_stack(
            [thing["x"] + cos * across - sin * along, 0 * across, thing["z"] + sin * across + cos * along]
        )
        _fill(maps, _project(maps, world), distance=thing["z"], shade=0.35, opacity=0.55)


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


def _project(maps: Maps, points: np.ndarray) -> np.ndarray:
    """World points (N, 3) in metres to pixel positions (N, 2) as (x, y)."""
    x, y, z = points.T
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


def visible_image(maps: Maps, variables: dict, rng: np.random.Generator) -> np.ndarray:
    """Visible sensor: reflectance x illumination + glow, haze and smoke, halo, blur, exposure, gamma, noise.

    Returns (H, W, 3) uint8 RGB. Heat plays no part in it.
    """
    v = variables
    height, width = maps.shade.shape
    day = v["daylight"] ** 1.5
    airlight = 0.002 + 0.9 * day
    clear = np.exp(-v["haze"] * np.minimum(maps.distance, 120.0))
    if v["smoke"]:
        clear *= 1 - _smoke(maps, v["smoke"])
    clear = clear[..., None]
    radiance = maps.reflectance * _illumination(maps, v) + maps.glow
    radiance = clear * radiance + (1 - clear) * np.float32(airlight)
    radiance += _halo(np.where(maps.distance[..., None] < SKY_DISTANCE, np.minimum(maps.glow, 6.0), 0.0))
    blur = VISIBLE_BLUR[v["time"]] * height
    radiance = ndimage.gaussian_filter(radiance, (blur, blur, 0))
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    exposure = 1 / (0.25 + 0.75 * day) if v["time"] == "day" else 1.0
    gain = exposure * (1 - 0.12 * (x**2 + y**2))[..., None] * np.array(v["white_balance"])
    encoded = 255 * np.clip(radiance * gain.astype(np.float32), 0, 1) ** np.float32(1 / GAMMA)
    grain = rng.standard_normal(encoded.shape, dtype=np.float32)
    deviation = np.float32(1.6 - 0.6 * v["daylight"])
    return np.clip(np.rint(encoded + deviation * grain), 0, 255).astype(np.uint8)


def _illumination(maps: Maps, v: dict) -> np.ndarray:
    """Light on each surface, (H, W, 3); 1 is open daylight. Lamps fall off with the squared distance."""
    height, width = maps.shade.shape
    light = (0.002 + 1.1 * v["daylight"] ** 1.5 * maps.shade) * _rounding(maps, v)
    light = light[..., None] * np.array([1.0, 0.98, 0.95], np.float32)
    scale = maps.distance / maps.focal
    x = (np.arange(width, dtype=np.float32)[None] + 0.5 - maps.vanishing) * scale
    y = CAMERA_HEIGHT + (maps.horizon - np.arange(height, dtype=np.float32)[:, None] - 0.5) * scale
    for (lamp_x, lamp_y, lamp_z), power, colour in _lamps(v):
        squared = (x - lamp_x) ** 2 + (y - lamp_y) ** 2 + (maps.distance - lamp_z) ** 2
        light += (power / (squared + 1.0))[..., None] * np.array(colour, np.float32)
    if v["headlamp"]:
        beam = np.exp(-2.5 * (x / np.maximum(maps.distance, 1)) ** 2) / (maps.distance + 4) ** 2
        light += (v["headlamp"] * beam)[..., None] * np.array([1.0, 0.95, 0.85], np.float32)
    return light


def _rounding(maps: Maps, v: dict) -> np.ndarray:
    """Flat parts look round: objects darken towards their outlines, (H, W) factors of at most 1."""
    solid = np.array([0] + [thing["kind"] != "vent" for thing in v["objects"]], np.float32)[maps.instance]
    inside = ndimage.gaussian_filter(solid, 0.012 * solid.shape[0])
    return 1 - solid * np.clip(0.9 - inside, 0, 0.45)


def _lamps(v: dict) -> list[tuple[tuple[float, float, float], float, tuple]]:
    """Position in metres, power and colour of what lights the street at night."""
    posts = [
        ((post["x"] - 0.7 * np.sign(post["x"]), 5.0, post["z"]), post["power"], post["colour"])
        for post in v["lamp_posts"]
        if post["lit"]
    ]
    ahead = [
        (car["x"] - 4 * np.sin(car["heading"]), 0.6, car["z"] + 4 * np.cos(car["heading"]))
        for car in v["objects"]
        if car["kind"] == "car" and car["lit"] and v["time"] == "night"
    ]
    return posts + [(place, 0.6, (1.0, 0.95, 0.85)) for place in ahead]


def _halo(glow: np.ndarray) -> np.ndarray:
    """Light that lamps scatter around them in the lens, computed on a quarter of the resolution."""
    height, width = glow.shape[:2]
    small = np.pad(glow, ((0, -height % 4), (0, -width % 4), (0, 0)), mode="edge")
    small = small.reshape(small.shape[0] // 4, 4, small.shape[1] // 4, 4, 3).mean((1, 3))
    unit = height / 4
    scattered = sum(
        weight * ndimage.gaussian_filter(small, (sigma * unit, sigma * unit, 0), mode="constant")
        for weight, sigma in ((0.12, 0.012), (0.06, 0.05))
    )
    size = scattered.shape[1] * 4, scattered.shape[0] * 4
    channels = [
        np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BILINEAR))
        for channel in np.ascontiguousarray(scattered.transpose(2, 0, 1))
    ]
    return np.stack(channels, axis=2)[:height, :width]


def _smoke(maps: Maps, smoke: dict) -> np.ndarray:
    """Opacity (H, W) of a plume in front of the scene; infrared passes through it."""
    height, width = maps.shade.shape
    x = (np.arange(width)[None] + 0.5) / width - smoke["x"]
    y = (np.arange(height)[:, None] + 0.5) / height - smoke["y"]
    wisps = sample("gravel.png", 400 * x + smoke["texture"], 400 * y, 64.0)
    wisps = ndimage.gaussian_filter(np.asarray(wisps), 0.01 * height)
    shape = np.exp(-((x / smoke["width"]) ** 2) - (y / smoke["height"]) ** 2)
    return np.clip(smoke["density"] * shape * (1 + 1.5 * wisps), 0, 0.97)


def infrared_image(maps: Maps, variables: dict, rng: np.random.Generator) -> np.ndarray:
    """Infrared sensor: apparent temperature through a softer lens, gain, vignetting, slow drift, noise.

    Returns (H, W) uint8. Light, colour, cue, haze and smoke play no part in it.
    """
    v = variables
    height, width = maps.shade.shape
    seen = ndimage.gaussian_filter(maps.temperature, INFRARED_BLUR * height)
    low, high = -v["infrared_offset"], max(33.0 - v["ambient"], 8.0)
    grey = 235 * (seen - low) / (high - low)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    phase = rng.uniform(0, 2 * np.pi, 2)
    drift = 1.5 * np.sin(1.7 * x + phase[0]) + 1.5 * np.cos(1.3 * y + phase[1]) - 3.0 * (x**2 + y**2)
    columns = 0.35 * rng.standard_normal((1, width))
    noise = rng.standard_normal(grey.shape, dtype=np.float32)
    return np.clip(np.rint(grey + drift + columns + noise), 0, 255).astype(np.uint8)
