"""Embedded data: registered infrared and visible street scenes from a small structural model.

    seed -> variables (light, weather, street, objects) -> physical maps -> visible, infrared, labels

The variables come back with every scene, and `render_scene` is the mechanism that follows them: change one
(`hot`, `cue`, `daylight`, `smoke`, ...), render again, and all else stays as it was, sensor noise included.
That makes the scenes fit for a controlled test of spurious association (section 3.1 of the paper): a visible
*cue*, a fluorescent patch without any infrared trace, co-occurs with heat at a chosen rate.
"""

from __future__ import annotations

import copy
import json
import os
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage

from isfcore.machine.code import code_digest
from isfstudy.scenes import sensors, street
from isfstudy.scenes.paint import paint_objects
from isfstudy.scenes.variables import draw_variables, streams

SEGMENTATION_IDS = {"car": 1, "person": 2, "bicycle": 3}  # as in MSRS; 0 is unlabelled
DETECTION_IDS = {"person": 0, "bicycle": 1, "car": 2}  # as in the MSRS detection labels
SETTINGS_FILE = "scenes.json"
MIN_VISIBLE_SHARE = 0.35  # of the pixels an object would cover if nothing stood in front of it
MIN_BOX_SIDE = 0.02, 3  # of the image height; in pixels


@dataclass(frozen=True)
class Scene:
    """One registered pair with its labels and the variables that generated it.

    `segmentation` holds 0 unlabelled, 1 car, 2 person, 3 bicycle; `instances` holds 0 or 1 + the index into
    `variables["objects"]`. `boxes` are (class, x0, y0, x1, y1) with class 0 person, 1 bicycle, 2 car and
    x0 <= column < x1, y0 <= row < y1 around the visible pixels. An object has no box when fewer than 35 % of
    the pixels it would cover on its own are visible, or a side is below 3 pixels or 2 % of the image height.
    """

    infrared: np.ndarray  # (H, W) uint8
    visible: np.ndarray  # (H, W, 3) uint8 RGB
    segmentation: np.ndarray  # (H, W) uint8
    instances: np.ndarray  # (H, W) uint8
    boxes: list[tuple[int, int, int, int, int]]
    variables: dict  # JSON-serialisable


def make_scene(seed: int, *, height: int = 240, width: int = 320, spurious: float = 0.5) -> Scene:
    """The scene of a seed: `render_scene(draw_variables(seed, spurious=spurious), ...)`.

    The same arguments give bit-identical arrays. With the same seed, another `spurious` changes which objects
    carry the cue and nothing else: infrared image, masks and boxes stay bit-identical.
    """
    return render_scene(draw_variables(seed, spurious=spurious), height=height, width=width)


def render_scene(variables: dict, *, height: int = 240, width: int = 320) -> Scene:
    """Images and labels of a scene from its variables, as drawn or after interventions on them.

    The layout scales with the image; the noise of the sensors is drawn per pixel from the scene's seed.
    Raises ValueError for an image below 32 pixels a side.
    """
    if min(height, width) < 32:
        raise ValueError(f"a scene of {height}x{width} pixels is too small: use at least 32 a side")
    variables, generators = copy.deepcopy(variables), streams(variables["seed"])
    maps = street.paint_street(variables, height=height, width=width)
    areas = paint_objects(maps, variables)
    ids = [0] + [SEGMENTATION_IDS.get(thing["kind"], 0) for thing in variables["objects"]]
    return Scene(
        infrared=sensors.infrared_image(maps, variables, generators["infrared noise"]),
        visible=sensors.visible_image(maps, variables, generators["visible noise"]),
        segmentation=np.array(ids, np.uint8)[maps.instance],
        instances=maps.instance,
        boxes=_boxes(maps.instance, areas, variables["objects"]),
        variables=variables,
    )


def _boxes(instances: np.ndarray, areas: list[int], objects: list[dict]) -> list[tuple]:
    shortest = max(MIN_BOX_SIDE[0] * instances.shape[0], MIN_BOX_SIDE[1])
    boxes, found = [], ndimage.find_objects(instances, len(objects))
    for number, (where, area, thing) in enumerate(zip(found, areas, objects, strict=True), 1):
        if where is None or thing["kind"] not in DETECTION_IDS:
            continue
        rows, columns = where
        side = min(rows.stop - rows.start, columns.stop - columns.start)
        if side >= shortest and (instances[where] == number).sum() >= MIN_VISIBLE_SHARE * area:
            boxes.append((DETECTION_IDS[thing["kind"]], columns.start, rows.start, columns.stop, rows.stop))
    return boxes


def write_scenes(
    folder: Path,
    *,
    count: int,
    seed: int = 0,
    split: str = "test",
    height: int = 240,
    width: int = 320,
    spurious: float = 0.5,
) -> pd.DataFrame:
    """Write `count` scenes to `folder/split` in the layout of MSRS, and return one row a scene.

    `ir/`, `vi/` and `Segmentation_labels/` hold `<stem>.png`, `detection_labels/` YOLO text (class, centre x,
    centre y, width, height as shares of the image), `variables.jsonl` one line of variables a scene. Stems
    are 00001D for day and 00002N for night. Splits of one seed share no scene.

    The split appears complete or not at all. One that is there with the same settings, written by the same
    code, is read back rather than written again; one with other settings is replaced. Raises FileExistsError
    when `folder/split` was not written by this function, and ValueError for a `count` below 1 or where
    `make_scene` does.
    """
    if count < 1:
        raise ValueError(f"count is {count}: ask for at least one scene")
    folder, target = Path(folder), Path(folder) / split
    settings = dict(count=count, seed=seed, split=split, height=height, width=width, spurious=spurious)
    settings["generator"] = code_digest([__name__])
    if not _is_written(target, settings):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{split}-") as scratch:
            staged = Path(scratch) / split
            _write_split(staged, settings)
            try:
                if target.exists():
                    os.replace(target, Path(scratch) / "old")
                os.replace(staged, target)
            except OSError:
                if not _is_written(target, settings):  # else another process was faster with the same scenes
                    raise
    return _read_index(target)


def _is_written(target: Path, settings: dict) -> bool:
    if not target.exists():
        return False
    try:
        found = json.loads((target / SETTINGS_FILE).read_text())
    except (OSError, ValueError) as error:
        raise FileExistsError(
            f"{target} was not written by write_scenes (no valid {SETTINGS_FILE} in it): "
            "choose another folder or move it away"
        ) from error
    return found == settings


def _write_split(target: Path, settings: dict) -> None:
    for name in ("ir", "vi", "Segmentation_labels", "detection_labels"):
        (target / name).mkdir(parents=True)
    split = zlib.crc32(settings["split"].encode())
    size = {"height": settings["height"], "width": settings["width"]}
    with (target / "variables.jsonl").open("w") as lines:
        for number in range(1, settings["count"] + 1):
            seed = int(np.random.SeedSequence([settings["seed"], split, number]).generate_state(1)[0])
            scene = make_scene(seed, spurious=settings["spurious"], **size)
            stem = f"{number:05d}{'N' if scene.variables['time'] == 'night' else 'D'}"
            images = {"ir": scene.infrared, "vi": scene.visible, "Segmentation_labels": scene.segmentation}
            for name, image in images.items():
                Image.fromarray(image).save(target / name / f"{stem}.png")
            boxes = "".join(_yolo_line(box, **size) for box in scene.boxes)
            (target / "detection_labels" / f"{stem}.txt").write_text(boxes)
            lines.write(json.dumps({"stem": stem, **scene.variables}) + "\n")
    (target / SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n")


def _yolo_line(box: tuple[int, int, int, int, int], *, height: int, width: int) -> str:
    kind, x0, y0, x1, y1 = box
    return (
        f"{kind} {(x0 + x1) / 2 / width:.6f} {(y0 + y1) / 2 / height:.6f} "
        f"{(x1 - x0) / width:.6f} {(y1 - y0) / height:.6f}\n"
    )


def _read_index(target: Path) -> pd.DataFrame:
    """One row a scene: stem, seed, time, daylight, ambient, and the numbers of objects, hot ones and cues."""
    rows = []
    for line in (target / "variables.jsonl").read_text().splitlines():
        variables = json.loads(line)
        known = {name: variables[name] for name in ("stem", "seed", "time", "daylight", "ambient")}
        hot, cues = (sum(thing[which] for thing in variables["objects"]) for which in ("hot", "cue"))
        rows.append(known | {"objects": len(variables["objects"]), "hot": hot, "cues": cues})
    return pd.DataFrame(rows)
