"""What the two cameras see of a scene's maps: light, heat, smoke, blur and noise."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from isfstudy.scenes.street import CAMERA_HEIGHT, SKY_DISTANCE, Maps, sample

VISIBLE_BLUR = {"day": 0.0016, "night": 0.0026}  # standard deviation in image heights; long exposure at night
INFRARED_BLUR = 0.003
GAMMA = 1.7  # of the visible camera: more contrast than 2.2, as in MSRS


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
