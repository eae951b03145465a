"""The variables behind a scene, drawn from one seed: light, weather, street and objects.

Every component draws from its own generator. Lengths are metres, temperatures degrees Celsius, headings
radians; `horizon`, `vanishing` and the place of smoke are shares of the image. What a variable does is best
read where it is used: in `street`, `objects`, and `sensors` (light, smoke and noise).
"""

from __future__ import annotations

import numpy as np

from isfstudy.scenes.street import FOCAL

STREAMS = ("street", "objects", "cue", "visible noise", "infrared noise")  # append only: order is seeding
POSTERS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "text.png")
KINDS = ("person", "car", "bicycle", "vent", "poster")
DISTANCES = {"person": (5, 20), "car": (8, 26), "bicycle": (5, 14), "vent": (10, 20), "poster": (10, 20)}
TINTS = {"brick": ([0.9, 0.62, 0.45], [1.0, 0.85, 0.7]), "plaster": ([0.88, 0.88, 0.88], [1.0, 1.0, 1.0])}


def draw_variables(seed: int, *, spurious: float = 0.5) -> dict:
    """Draw all variables of a scene, a JSON-serialisable dict.

    `spurious` in [0, 1] is the probability with which an object's cue agrees with its heat, independently for
    each object: P(cue | hot) = spurious and P(cue | cold) = 1 - spurious. At 0.5 the cue says nothing about
    heat, at 1 it is on all hot objects and on no cold one, at 0 the other way round. An object's draw is kept
    over all values of `spurious`, so that raising it turns single objects from disagreement to agreement.

    Raises ValueError for a negative seed or a `spurious` outside [0, 1].
    """
    if seed < 0:
        raise ValueError(f"seed is {seed}: use an integer of 0 or more")
    if not 0.0 <= spurious <= 1.0:
        raise ValueError(f"spurious is {spurious}: it is a probability, use a value from 0 to 1")
    generators = streams(seed)
    variables = {"seed": int(seed), "spurious": float(spurious), **_draw_street(generators["street"])}
    variables["objects"] = _draw_objects(generators["objects"], variables)
    for thing in variables["objects"]:
        thing["cue"] = thing["hot"] == bool(generators["cue"].random() < spurious)
    return variables


def streams(seed: int) -> dict[str, np.random.Generator]:
    """One generator a component, so that one more draw in one of them shifts no other."""
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {name: np.random.default_rng(child) for name, child in zip(STREAMS, children, strict=True)}


def _draw_street(rng: np.random.Generator) -> dict:
    """Light, weather and layout; `time` decides on lamps and exposure, `daylight` in [0, 1] on the light."""
    night = bool(rng.random() < 0.5)
    daylight = rng.uniform(0.0, 0.06) if night else rng.uniform(0.6, 1.0)
    road, lane = rng.uniform(3.2, 5.0), rng.uniform(-2.0, -0.8)
    street = {
        "time": "night" if night else "day",
        "daylight": daylight,
        "sun": 0.0 if night else rng.uniform(0, 1),
        "sun_side": int(rng.choice([-1, 1])),
        "shadow_edge": rng.uniform(-1.0, 6.0),
        "ambient": rng.uniform(2, 16) if night else rng.uniform(8, 24),
        "infrared_offset": rng.uniform(0.3, 2.3),
        "haze": float(rng.choice([0.001, rng.uniform(0.004, 0.015)], p=[0.8, 0.2])),
        "smoke": None,
        "clouds": rng.uniform(0, 1),
        "white_balance": (np.array([0.95, 1.0, 0.95]) + rng.uniform(-0.06, 0.06, 3)).tolist(),
        "horizon": rng.uniform(0.38, 0.47),
        "vanishing": rng.uniform(0.35, 0.65),
        "texture": int(rng.integers(40_000, 50_000)),
        "tree_line": rng.uniform(4, 14),
        "road": road,
        "road_warmth": rng.uniform(0.2, 1.2),
        "lane": lane,
        "verge": str(rng.choice(["grass", "pavement"], p=[0.35, 0.65])),
        "manhole": [rng.uniform(-2, 2), rng.uniform(4, 12), rng.uniform(-1, 4)],
        "headlamp": float(rng.choice([0.0, rng.uniform(2, 20)])) if night else 0.0,
    }
    if rng.random() < 0.2:
        street["smoke"] = {
            "x": rng.uniform(0.2, 0.8),
            "y": rng.uniform(0.35, 0.6),
            "width": rng.uniform(0.12, 0.3),
            "height": rng.uniform(0.15, 0.3),
            "density": rng.uniform(0.7, 1.1),
            "texture": int(rng.integers(512)),
        }
    street["buildings"] = [block for side in (-1, 1) for block in _draw_blocks(rng, side, road, night)]
    street["trees"] = [_draw_tree(rng, road) for _ in range(rng.integers(2, 7))]
    posts = rng.integers(1, 4)
    street["lamp_posts"] = [_draw_lamp_post(rng, road, night, street["ambient"]) for _ in range(posts)]
    return street


def _draw_blocks(rng: np.random.Generator, side: int, road: float, night: bool) -> list[dict]:
    near, blocks = rng.uniform(-10, 14), []
    while near < 45:
        far = near + rng.uniform(12, 35)
        tone = rng.uniform(0.12, 0.38)
        material = str(rng.choice(["brick", "plaster"]))
        tint = rng.uniform(*TINTS[material])
        blocks.append(
            {
                "side": side,
                "near": max(near, 1.0),
                "far": far,
                "setback": road + rng.uniform(2.5, 6.0),
                "height": rng.uniform(6, 17),
                "bay": rng.uniform(2.4, 4.0),
                "material": material,
                "colour": (tone * tint).tolist(),
                "warmth": rng.uniform(0.0, 3.0),
                "pattern": int(rng.integers(2**31)),
                "lit": rng.uniform(0.1, 0.55) if night else 0.0,
                "lamp_colour": rng.uniform([0.9, 0.75, 0.35], [1.0, 1.0, 0.9]).tolist(),
            }
        )
        near = far + float(rng.choice([0.0, rng.uniform(4, 20)]))
    return blocks


def _draw_tree(rng: np.random.Generator, road: float) -> dict:
    crown = rng.uniform(1.6, 3.2)
    return {
        "kind": "tree",
        "x": float(rng.choice([-1, 1])) * (road + rng.uniform(0.8, 2.5)),
        "z": rng.uniform(11, 45),
        "trunk": rng.uniform(2.0, 3.5),
        "crown": crown,
        "texture": int(rng.integers(40_000, 50_000)),
        "colour": rng.uniform([0.06, 0.10, 0.02], [0.16, 0.16, 0.05]).tolist(),
    }


def _draw_lamp_post(rng: np.random.Generator, road: float, night: bool, ambient: float) -> dict:
    lit = float(night and rng.random() < 0.85)
    return {
        "kind": "lamp_post",
        "x": float(rng.choice([-1, 1])) * (road + 0.6),
        "z": rng.uniform(9, 32),
        "heading": 0.0,
        "hot": bool(lit),
        "temperature": ambient + 10.0,
        "emissivity": 0.95,
        "lit": lit,
        "power": rng.uniform(4, 14),
        "colour": rng.uniform([1.0, 0.7, 0.35], [1.0, 0.95, 0.9]).tolist(),
    }


def _draw_objects(rng: np.random.Generator, street: dict) -> list[dict]:
    """Two to eleven objects, spread over slots across the image so that few hide each other fully."""
    counts = rng.integers((1, 0, 0, 0, 0), (5, 4, 3, 2, 2))
    if counts[1:].sum() == 0:
        counts[1 + rng.integers(2)] = 2
    kinds = np.repeat(KINDS, counts)
    slots = (rng.permutation(len(kinds)) + rng.uniform(0.2, 0.8, len(kinds))) / len(kinds)
    return [_draw_object(rng, str(kind), slot, street) for kind, slot in zip(kinds, slots, strict=True)]


def _draw_object(rng: np.random.Generator, kind: str, slot: float, street: dict) -> dict:
    """One object; its hottest part has `temperature` if it is `hot`, else all of it is as warm as the air.

    A vent never shows in the visible image and a poster never in the infrared one, whatever their `hot` is.
    """
    z = float(np.exp(rng.uniform(*np.log(DISTANCES[kind]))))
    x = z * (slot - street["vanishing"]) * 4 / 3 / FOCAL
    if kind in ("vent", "poster"):
        x = np.sign(x) * (street["road"] + rng.uniform(0.6, 1.4))
    reach = street["road"] + (-1.0 if kind == "car" else 1.5)
    thing = {
        "kind": kind,
        "x": float(np.clip(x, -reach, reach)),
        "z": z,
        "heading": 0.0,
        "emissivity": rng.uniform(0.93, 0.98),
    }
    if kind == "person":
        dark = rng.uniform(0.02, 0.12, (2, 3))
        bright = rng.uniform(0.05, 0.55, 3)
        return thing | {
            "hot": True,
            "temperature": rng.uniform(30, 34),
            "height": rng.uniform(1.5, 1.9),
            "stride": rng.uniform(-1, 1),
            "second_colour": dark[0].tolist(),
            "colour": (bright if rng.random() < 0.5 else dark[1]).tolist(),
        }
    if kind == "car":
        heading = rng.choice([0.0, np.pi, np.pi / 2, -np.pi / 2], p=[0.35, 0.35, 0.15, 0.15])  # 0: away
        grey = rng.choice([0.03, 0.25, 0.5, 0.65]) * np.ones(3)
        bright = rng.uniform([0.05, 0.04, 0.04], [0.45, 0.15, 0.35])
        return thing | {
            "hot": bool(rng.random() < 0.5),
            "temperature": rng.uniform(28, 40),
            "heading": float(heading + rng.normal(0, 0.08)),
            "lit": bool(rng.random() < 0.6),
            "body": str(rng.choice(["saloon", "van"], p=[0.7, 0.3])),
            "colour": (grey if rng.random() < 0.65 else bright).tolist(),
        }
    if kind == "bicycle":
        return thing | {
            "hot": False,
            "temperature": rng.uniform(24, 34),
            "heading": float(rng.normal(0, 0.35)),
            "colour": rng.uniform(0.03, 0.6, 3).tolist(),
        }
    if kind == "vent":
        return thing | {"hot": True, "temperature": rng.uniform(26, 38), "height": rng.uniform(1.0, 2.4)}
    return thing | {
        "hot": False,
        "temperature": street["ambient"],
        "height": rng.uniform(1.8, 2.4),
        "picture": str(rng.choice(POSTERS)),
    }
