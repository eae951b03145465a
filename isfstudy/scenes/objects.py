"""What stands in a scene: people, cars, bicycles and street furniture, each as a list of flat `Part`s.

Coordinates are metres in the object's own frame: x to its right, y up from the ground, z forwards. Parts are listed in
painting order, farthest first. `heat` says how much of the object's excess temperature a part shows: the infrared image
sees the bonnet and the tyres of a running car, but hardly its doors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

GLASS, RUBBER, STEEL = (0.05, 0.06, 0.07), (0.03, 0.03, 0.03), (0.35, 0.35, 0.36)
CUE_COLOUR = (0.80, 1.0, 0.15)  # fluorescent yellow-green, as on high-visibility clothing
CUE_RADIUS = 0.15  # metres: one size for every class, so that the cue itself says nothing about the class

# A person's trunk, (x, y) in body heights.
SHOULDERS = [(-0.09, 0.83), (-0.03, 0.86), (0.03, 0.86), (0.09, 0.83)]
SIDE = [(0.125, 0.79), (0.09, 0.62), (0.095, 0.47)]
TORSO = [*SHOULDERS, *SIDE, *((-x, y) for x, y in reversed(SIDE))]
PROFILE = {  # z and y of the corners of a car's body from the front bumper over the roof to the rear one
    "saloon": ((2.1, 2.15, 1.05, 0.30, -1.05, -1.75, -2.1, -2.12), (0.30, 0.70, 0.93, 1.42, 1.45, 1.02, 0.96, 0.32)),
    "van": ((2.1, 2.15, 1.60, 1.05, -1.90, -2.02, -2.1, -2.12), (0.32, 0.88, 1.10, 1.85, 1.92, 1.15, 1.05, 0.34)),
}
# The body between two corners of the profile, front to rear: share of the heat, shading, glazed or not.
STRIP_HEAT, STRIP_SHADE = (0.85, 0.65, 0.1, 0.1, 0.1, 0.12, 0.3), (0.85, 1.1, 1.0, 1.25, 1.0, 1.1, 0.85)
STRIP_GLAZED = (False, False, True, False, True, False, False)
HALF_WIDTH, AXLES = 0.86, (1.3, -1.3)  # metres


class Part(NamedTuple):
    """A flat polygon of one material.

    `outline` is (N, 3) in metres. `colour` is linear RGB reflectance in [0, 1], the file name of a picture to stretch
    over it, or None for what the visible camera does not see. `heat` in [0, 1] scales the excess temperature, None for
    what the infrared camera does not see. `glow` is emitted linear RGB (1 is white in daylight). `extent` says whether
    the part counts as the object's in masks and boxes.
    """

    outline: np.ndarray
    colour: tuple | str | None = None
    heat: float | None = 0.0
    glow: tuple = (0.0, 0.0, 0.0)
    opacity: float = 1.0
    extent: bool = True


def upright(*points: tuple[float, float], z: float = 0.0) -> np.ndarray:
    """(x, y) corners in the plane at depth `z` as an outline (N, 3)."""
    corners = np.asarray(points, float)
    return np.column_stack([corners, np.full(len(corners), z)])


def ellipse(x: float, y: float, rx: float, ry: float, *, z: float = 0.0, corners: int = 20) -> np.ndarray:
    """An ellipse in the plane at depth `z` as an outline (corners, 3)."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle), np.full(corners, z)])


def limb(start: tuple[float, float], end: tuple[float, float], wide: float, narrow: float) -> np.ndarray:
    """A tapered bar between two (x, y) points, `wide` and `narrow` metres across, as an outline (4, 3)."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    across = np.array([a[1] - b[1], b[0] - a[0]]) / (np.hypot(*(b - a)) + 1e-9) / 2
    return upright(a + across * wide, b + across * narrow, b - across * narrow, a - across * wide)


def camera_seen_from(thing: dict) -> np.ndarray:
    """Where the camera, 1.5 m above the world's origin, is in the object's own frame, (3,) metres."""
    cos, sin = np.cos(thing["heading"]), np.sin(thing["heading"])
    return np.array([-cos * thing["x"] - sin * thing["z"], 1.5, sin * thing["x"] - cos * thing["z"]])


def person(thing: dict) -> list[Part]:
    """A standing or walking person; `stride` in [-1, 1] opens the legs, `colour` is the jacket."""
    tall, stride, jacket, trousers = thing["height"], thing["stride"], thing["colour"], thing["second_colour"]
    skin, hair = (0.42, 0.27, 0.19), (0.04, 0.03, 0.025)
    step = 0.13 * stride
    shaded = tuple(0.8 * c for c in jacket)
    parts = [
        Part(limb((0.045, 0.50), (0.05 - step, 0.04), 0.10, 0.055), trousers, 0.78),
        Part(limb((-0.045, 0.50), (-0.05 + step, 0.04), 0.10, 0.055), trousers, 0.80),
        Part(limb((0.035 - step, 0.02), (0.085 - step, 0.02), 0.04, 0.03), RUBBER, 0.35),
        Part(limb((-0.035 + step, 0.02), (-0.085 + step, 0.02), 0.04, 0.03), RUBBER, 0.35),
        Part(limb((0.115, 0.80), (0.15 + step / 2, 0.62), 0.062, 0.05), shaded, 0.75),
        Part(limb((0.15 + step / 2, 0.63), (0.145 + step, 0.47), 0.05, 0.04), shaded, 0.75),
        Part(ellipse(0.145 + step, 0.455, 0.02, 0.026), skin, 0.9),
        Part(upright(*TORSO), jacket, 0.85),
        Part(limb((-0.115, 0.80), (-0.15 - step / 2, 0.62), 0.062, 0.05), jacket, 0.78),
        Part(limb((-0.15 - step / 2, 0.63), (-0.145 - step, 0.47), 0.05, 0.04), jacket, 0.78),
        Part(ellipse(-0.145 - step, 0.455, 0.02, 0.026), skin, 0.9),
        Part(limb((0.0, 0.84), (0.0, 0.90), 0.05, 0.05), skin, 0.95),
        Part(ellipse(0.0, 0.937, 0.047, 0.063), hair, 0.88),
        Part(ellipse(0.006, 0.922, 0.040, 0.047), skin, 1.0),
    ]
    return [part._replace(outline=part.outline * tall) for part in parts]


def car(thing: dict) -> list[Part]:
    """A saloon or a van in any heading: wheels, then the faces of the body that the camera can see."""
    profile, paint = np.column_stack(PROFILE[thing["body"]]), np.array(thing["colour"])
    eye = camera_seen_from(thing)
    near_side = HALF_WIDTH * np.sign(eye[0])
    parts = [Part(_disc(z, x, 0.33), RUBBER, 0.6) for x in (-near_side, near_side) for z in AXLES]
    strips = list(zip(profile[:-1], profile[1:], STRIP_HEAT, STRIP_SHADE, STRIP_GLAZED, strict=True))
    for a, b, heat, shade, glazed in strips if eye[2] < 0 else strips[::-1]:
        if (eye[2] - a[0]) * (b[1] - a[1]) <= (eye[1] - a[1]) * (b[0] - a[0]):
            continue  # turned away from the camera
        outline = np.array([(x, y, z) for x, (z, y) in zip((-1, 1, 1, -1), (a, a, b, b), strict=True)])
        outline *= [HALF_WIDTH, 1, 1]
        parts.append(Part(outline, tuple(shade * paint), heat))
        if glazed:
            parts.append(Part(0.86 * outline + 0.14 * outline.mean(0), GLASS, 0.05, (0.02, 0.022, 0.025)))
    if abs(eye[0]) > HALF_WIDTH:
        parts += _car_side(profile, near_side, tuple(0.8 * paint))
    return parts + _car_end(thing, profile, eye)


def _car_side(profile: np.ndarray, x: float, paint: tuple) -> list[Part]:
    """The flank at `x`: sheet metal, windows with a pillar between them, wheels in dark arches."""

    def flank(z_y: np.ndarray) -> np.ndarray:
        return np.column_stack([np.full(len(z_y), x), z_y[:, 1], z_y[:, 0]])

    windows = profile[2:6] * [0.88, 1.0] - [(0.06, -0.03), (0.06, 0.09), (0.06, 0.09), (0.06, 0.0)]
    roof = profile[3, 1] - 0.05
    pillar = np.array([(-0.28, 0.4), (-0.21, 0.4), (-0.21, roof), (-0.28, roof)])
    parts = [
        Part(flank(profile), paint, 0.2),
        Part(flank(windows), GLASS, 0.05, (0.012, 0.013, 0.015)),
        Part(flank(pillar), paint, 0.2),
    ]
    wheel = ((0.38, (0.015, 0.015, 0.015), 0.4), (0.32, RUBBER, 0.6), (0.19, STEEL, 0.5))  # radius, colour, heat
    return parts + [Part(_disc(z, x, radius), colour, heat) for z in AXLES for radius, colour, heat in wheel]


def _car_end(thing: dict, profile: np.ndarray, eye: np.ndarray) -> list[Part]:
    """Lamps, grille, number plate and exhaust of the end that faces the camera, if one does."""

    def box(x: float, y: float, rx: float, ry: float) -> np.ndarray:
        return upright((x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry), z=z)

    plate, lit = (0.7, 0.7, 0.65), float(thing["lit"])
    if eye[2] > profile[1, 0]:
        z, top = profile[1, 0] + 0.01, profile[1, 1]
        white, glass = (6.0 * lit, 5.6 * lit, 4.8 * lit), (0.7, 0.7, 0.72)
        lamps = [Part(ellipse(x, top - 0.12, 0.15, 0.075, z=z), glass, 0.5, white) for x in (-0.64, 0.64)]
        grille = Part(box(0, top - 0.2, 0.42, 0.09), RUBBER, 1.0)
        return [grille, Part(box(0, 0.38, 0.25, 0.06), plate, 0.3), *lamps]
    if eye[2] < profile[-1, 0]:
        z, top = profile[-1, 0] - 0.01, profile[-2, 1]
        red, glass = (1.5 * lit, 0.08 * lit, 0.04 * lit), (0.45, 0.02, 0.02)
        lamps = [Part(box(x, top - 0.16, 0.12, 0.09), glass, 0.3, red) for x in (-0.69, 0.69)]
        exhaust = Part(box(0.5, 0.31, 0.09, 0.05), RUBBER, 1.0)
        return [Part(box(0, top - 0.26, 0.25, 0.07), plate, 0.2), exhaust, *lamps]
    return []


def _disc(z: float, x: float, radius: float) -> np.ndarray:
    """A wheel, or a part of one: a disc around the axle in the plane of the flank at `x`."""
    return ellipse(z, 0.33, radius, radius)[:, [2, 1, 0]] + [x, 0, 0]


def bicycle(thing: dict) -> list[Part]:
    """A parked bicycle seen from its side. As in hand-drawn labels, its mask includes the wheels' discs."""
    paint, radius, wheels = thing["colour"], 0.34, (-0.52, 0.52)
    crank, seat, head = (-0.08, 0.30), (-0.22, 0.78), (0.36, 0.80)
    rear, front = ((x, radius) for x in wheels)
    tubes = [
        (crank, seat),
        (seat, head),
        (crank, head),
        (rear, crank),
        (rear, seat),
        (front, head),
        (head, (0.32, 0.98)),
    ]
    turn = np.linspace(0, 2 * np.pi, 33)
    ring = np.concatenate([np.column_stack([np.cos(turn), np.sin(turn)]) * r for r in (1.0, 0.86)])
    ring[33:] = ring[33:][::-1]
    parts = [Part(ellipse(x, radius, radius, radius), STEEL, None, opacity=0.12) for x in wheels]
    parts += [Part(upright(*(ring * radius + [x, radius])), RUBBER, 0.6) for x in wheels]
    parts += [Part(limb(a, b, 0.05, 0.05), paint, 1.0) for a, b in tubes]
    return [
        *parts,
        Part(limb((-0.34, 0.86), (-0.10, 0.86), 0.08, 0.05), RUBBER, 0.6),
        Part(limb((-0.22, 0.78), (-0.23, 0.86), 0.04, 0.04), STEEL, 1.0),
        Part(limb((0.26, 1.0), (0.44, 1.0), 0.05, 0.05), RUBBER, 0.6),
        Part(ellipse(*crank, 0.09, 0.09), STEEL, 1.0),
    ]


def vent(thing: dict) -> list[Part]:
    """A warm-air outlet flush with what lies behind it: hot, and without any visible structure."""
    half, top = 0.4, thing["height"]
    rows = np.linspace(top - 0.7, top, 5)
    return [
        Part(upright((-half, low), (half, low), (half, low + 0.175), (-half, low + 0.175)), None, heat)
        for low, heat in zip(rows, (0.55, 0.75, 0.9, 1.0), strict=False)
    ]


def poster(thing: dict) -> list[Part]:
    """A board on two legs at ambient temperature: visible structure without thermal contrast."""
    half, top = 0.75, thing["height"]
    board = upright((-half, top - 1.2), (half, top - 1.2), (half, top), (-half, top))
    legs = [Part(limb((x, 0.0), (x, top - 1.2), 0.07, 0.07), STEEL, None) for x in (-0.6, 0.6)]
    return [*legs, Part(board, thing["picture"], None)]


def lamp_post(thing: dict) -> list[Part]:
    """A street lamp of 5 m with its head towards the road; `lit` is its light in [0, 1]."""
    over = 0.7 * np.sign(-thing["x"])
    light = tuple(9.0 * thing["lit"] * np.array(thing["colour"]))
    return [
        Part(limb((0, 0), (0, 5.0), 0.13, 0.08), (0.12, 0.12, 0.12), 0.0),
        Part(limb((0, 4.97), (over, 5.1), 0.06, 0.06), (0.12, 0.12, 0.12), 0.0),
        Part(ellipse(over, 5.05, 0.26, 0.11), (0.55, 0.55, 0.5), 0.6, light),
    ]


def cue(thing: dict) -> Part:
    """The spurious cue: a fluorescent disc, turned to the camera, without any trace in the infrared image."""
    cos, sin = np.cos(thing["heading"]), np.sin(thing["heading"])
    disc = ellipse(0, 0, CUE_RADIUS, CUE_RADIUS)
    outline = disc[:, :1] * [cos, 0, -sin] + disc[:, 1:2] * [0, 1, 0] + CUE_PLACE[thing["kind"]](thing)
    return Part(outline, CUE_COLOUR, None, tuple(1.1 * c for c in CUE_COLOUR), extent=False)


def _cue_on_car(thing: dict) -> tuple[float, float, float]:
    """Middle of the end, or of the flank, that is turned to the camera."""
    eye = camera_seen_from(thing)
    if abs(eye[2]) > 2.2:
        return 0.0, 0.62, 2.2 * np.sign(eye[2])
    return 0.9 * np.sign(eye[0]), 0.7, 0.0


CUE_PLACE = {
    "person": lambda thing: (0.0, 0.68 * thing["height"], 0.0),
    "car": _cue_on_car,
    "bicycle": lambda thing: (0.05, 0.62, 0.0),
    "vent": lambda thing: (0.0, thing["height"] - 0.4, 0.0),
    "poster": lambda thing: (0.5, thing["height"] - 0.95, 0.0),
}
PARTS = {"person": person, "car": car, "bicycle": bicycle, "vent": vent, "poster": poster, "lamp_post": lamp_post}
