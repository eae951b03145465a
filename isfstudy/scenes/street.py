"""The street a scene stands in: sky, tree line, ground and buildings, painted into physical maps.

One pinhole camera, 1.5 m above the ground, looks along z; x points right and y up, all in metres. Each sensor
later reads its own maps only: an intervention on heat never reaches the visible image, and one on colour
never reaches the infrared image.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from PIL import Image
from scipy import ndimage

CAMERA_HEIGHT = 1.5  # metres
FOCAL = 1.1  # focal length in image heights (or 3/4 of a width, where the image is narrower than 4:3)
SKY_DISTANCE = 300.0  # metres


@dataclass
class Maps:
    """What both sensors look at; arrays of H x W, float32 but for `instance`."""

    focal: float  # pixels
    vanishing: float  # column of the vanishing point, pixels
    horizon: float  # row of the horizon, pixels
    reflectance: np.ndarray  # (H, W, 3), [0, 1]
    glow: np.ndarray  # (H, W, 3), emitted light; 1 is white in daylight
    shade: np.ndarray  # (H, W), [0, 1], share of the daylight that arrives
    temperature: np.ndarray  # (H, W), apparent, relative to the air, degrees Celsius
    distance: np.ndarray  # (H, W), metres along z
    instance: np.ndarray  # (H, W) uint8, 0 or 1 + index into the objects of the scene


@functools.cache
def picture(name: str) -> np.ndarray:
    """Image `name` out of the scikit-image wheel as linear RGB (H, W, 3) in [0, 1]; nothing is downloaded."""
    path = files("skimage.data") / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: reinstall scikit-image from its wheel, which ships it")
    with path.open("rb") as stream, Image.open(stream) as image:
        return (np.asarray(image.convert("RGB"), np.float32) / 255) ** 2.2


@functools.cache
def texture(name: str) -> np.ndarray:
    """Four blur levels (4, 512, 512) of a grey texture: zero mean, unit deviation at the sharpest level."""
    grey = picture(name).mean(2)
    grey = (grey - grey.mean()) / grey.std()
    return np.stack([ndimage.gaussian_filter(grey, sigma, mode="wrap") for sigma in (0, 2, 6, 18)])


def sample(name: str, u: np.ndarray, v: np.ndarray, footprint: np.ndarray) -> np.ndarray:
    """Texture at (u, v), in texels and repeated, blurred as a pixel of `footprint` texels would see it."""
    level = np.clip(np.log2(np.maximum(footprint, 1.0)) / 1.6, 0, 3).astype(np.intp)
    level, row, column = np.broadcast_arrays(level, v.astype(np.intp) & 511, u.astype(np.intp) & 511)
    return texture(name)[level, row, column]


def paint_street(variables: dict, *, height: int, width: int) -> Maps:
    """Maps of the empty street of a scene; nothing here depends on its objects."""
    v = variables
    focal = FOCAL * min(height, 0.75 * width)
    plane, colour = np.zeros((height, width), np.float32), np.zeros((height, width, 3), np.float32)
    vanishing, horizon, ids = v["vanishing"] * width, v["horizon"] * height, np.zeros((height, width), np.uint8)
    maps = Maps(focal, vanishing, horizon, colour, colour.copy(), plane + 1, plane, plane + SKY_DISTANCE, ids)
    up = (maps.horizon - np.arange(height, dtype=np.float32)[:, None] - 0.5) / focal  # (H, 1), tangents
    across = (np.arange(width, dtype=np.float32)[None] + 0.5 - maps.vanishing) / focal  # (1, W)
    _sky(maps, v, up, across)
    _tree_line(maps, v, up, across)
    _ground(maps, v, -up, across)
    for block in sorted(v["buildings"], key=lambda block: -block["near"]):
        _building(maps, v, block, up, across)
    return maps


def _put(maps: Maps, where: np.ndarray | slice, *, distance, colour, temperature, glow=0.0) -> None:
    """Set the pixels of a boolean mask or of a slice of rows; values are constants or one entry a pixel."""
    maps.reflectance[where], maps.temperature[where] = colour, temperature
    maps.glow[where], maps.distance[where] = glow, distance


def _sky(maps: Maps, v: dict, up: np.ndarray, across: np.ndarray) -> None:
    """Brightest at the horizon, with soft clouds, and far colder than anything on the ground."""
    clouds = sample("gravel.png", 150 * across + v["texture"], 500 * up + v["texture"], 64.0)
    tone = np.clip(1.35 - 0.6 * np.clip(up, 0, 1) + 0.4 * v["clouds"] * clouds, 0.2, 1.6)
    blue = np.array([0.80, 0.93, 1.0]) + v["clouds"] * np.array([0.2, 0.07, 0.0])
    maps.glow[:] = tone[..., None] * blue * (0.003 + v["daylight"] ** 1.5)
    maps.temperature[:] = -14 + 8 * np.exp(-3 * np.clip(up, 0, None)) + v["clouds"]


def _tree_line(maps: Maps, v: dict, up: np.ndarray, across: np.ndarray) -> None:
    far = 70.0
    profile = 1 + 0.5 * sample("grass.png", 60 * across + v["texture"], 0 * across, 40.0)
    leaves = sample("grass.png", 900 * across + v["texture"], 900 * up, 1.0)
    where = (up * far < v["tree_line"] * profile + 0.35 * leaves) & (up > -0.03)
    leaves = leaves[where]
    colour = np.array([0.045, 0.065, 0.03]) * (1 + 0.7 * leaves[:, None]).clip(0.1)
    _put(maps, where, distance=far, colour=colour, temperature=-1.5 + 0.5 * leaves)


def _ground(maps: Maps, v: dict, down: np.ndarray, across: np.ndarray) -> None:
    """Carriageway with markings, kerb, pavement or grass, a manhole cover and the shadow of the buildings."""
    first = int((down[:, 0] <= 0.008).sum())
    if first == len(down):
        return
    z = CAMERA_HEIGHT / down[first:]
    x = across * z
    z = np.broadcast_to(z, x.shape)
    texel = 250 * z / maps.focal * np.sqrt(np.maximum(z, 1) / CAMERA_HEIGHT)  # mean of a pixel's two sides
    grain = sample("gravel.png", 250 * x + v["texture"], 250 * z, texel)
    road, kerb = np.abs(x) < v["road"], np.abs(np.abs(x) - v["road"]) < 0.12
    dashes = (np.abs(x - v["lane"]) < 0.08) & (np.mod(z, 5.0) < 2.5)
    paint = road & (dashes | (np.abs(np.abs(x) - v["road"] + 0.35) < 0.06))
    joint = ~road & ((np.mod(x, 0.9) < 0.03) | (np.mod(z, 0.9) < 0.03)) & (z < 14)
    grey = np.where(road, 0.12 * (1 + 0.25 * grain), 0.24 * (1 + 0.2 * grain))
    grey = np.select([paint, kerb, joint], [0.5 + 0.06 * grain, 0.32, 0.15], grey)
    colour = np.repeat(grey[..., None], 3, axis=2)
    warmth = np.where(road, v["road_warmth"], 0.0) + 0.35 * grain
    if v["verge"] == "grass":
        blades = sample("grass.png", 250 * x + v["texture"], 250 * z, texel)
        green = ~road & ~kerb
        colour[green] = np.array([0.07, 0.10, 0.035]) * (1 + 0.6 * blades[green][:, None])
        warmth = np.where(green, -1.2 + 0.5 * blades, warmth)
    radius = np.hypot(x - v["manhole"][0], z - v["manhole"][1])
    cover = radius < 0.35
    colour[cover] *= (0.5 + 0.3 * (np.mod(radius[cover], 0.14) < 0.07))[:, None]
    _put(maps, np.s_[first:], distance=z, colour=colour, temperature=warmth + v["manhole"][2] * cover)
    inside = v["sun_side"] * x - v["shadow_edge"] + 0.05 * z  # metres
    maps.shade[first:] = 1 - 0.6 * v["sun"] / (1 + np.exp(-np.clip(4 * inside, -30, 30)))


def _building(maps: Maps, v: dict, block: dict, up: np.ndarray, across: np.ndarray) -> None:
    """A block along the street: the front that looks at the camera and the face that lines the street."""
    outwards = np.maximum(block["side"] * across, 1e-4)
    facing_sun = 1 - 0.45 * v["sun"] * (block["side"] == v["sun_side"])
    for along_street in (False, True):
        z = block["setback"] / outwards if along_street else np.full_like(across, block["near"])
        x, y = outwards * z, CAMERA_HEIGHT + up * z
        where = (block["side"] * across > 0) & (y >= 0) & (y <= block["height"])
        if along_street:
            where &= (z >= block["near"]) & (z <= block["far"])
        else:
            where &= (x >= block["setback"]) & (x <= block["setback"] + 14)
        position = z if along_street else x + 50
        u, z = (np.broadcast_to(a, where.shape)[where] for a in (position, z))
        _facade(maps, v, block, where, u=u, y=y[where], z=z, light=facing_sun if along_street else 0.75)


def _facade(maps: Maps, v: dict, block: dict, where: np.ndarray, *, u, y, z, light: float) -> None:
    """Wall and windows at (u, y) metres on a face seen `z` metres away, one entry a pixel of `where`."""
    name = "brick.png" if block["material"] == "brick" else "gravel.png"
    grain = sample(name, 250 * y, 250 * u, 250 * z / maps.focal)  # the picture's courses run down its columns
    column, storey = u / block["bay"], (y - 0.4) / 3.2
    table = np.random.default_rng(block["pattern"]).random((64, 8))
    chance = table[column.astype(int) % 64, np.clip(storey, 0, 7).astype(int)]
    off_u, off_y = np.abs(np.mod(column, 1) - 0.5), np.abs(np.mod(storey, 1) - 0.52)
    inside = (storey > 0) & (y < block["height"] - 0.6)
    frame = inside & (off_u < 0.28) & (off_y < 0.31)
    pane = frame & (off_u > 0.012) & (off_u < 0.24) & (off_y < 0.27)
    lit = pane & (chance < block["lit"])
    roughness = 0.25 if block["material"] == "brick" else 0.12
    relief = (1 + roughness * grain) * np.where(np.mod(storey, 1) < 0.05, 0.7, 1.0)  # a ledge on every storey
    colour = np.asarray(block["colour"]) * (relief * light)[:, None]
    colour[frame], colour[pane] = 0.30 * light, 0.05
    mirrored = np.where(pane, v["daylight"] ** 1.5 * (0.04 + 0.22 * (chance > 0.6)), 0.0)
    lamps = np.where(lit, (0.25 + 0.9 * np.mod(97 * chance, 1)), 0.0)
    glow = mirrored[:, None] * np.array([0.85, 0.95, 1.0]) + lamps[:, None] * np.array(block["lamp_colour"])
    glass = np.where(chance < 0.5, 3.0, -4.0)  # a heated room behind it, or the mirrored sky
    warmth = block["warmth"] + np.select([pane, frame], [glass, -1.0], 0.6 * grain + 0.10 * y)
    _put(maps, where, distance=z, colour=colour, temperature=warmth, glow=glow)
