"""The embedded scenes: seeding, interventions, labels, the spurious knob, and what is written to disk."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from isfstudy.scenes import scenes
from isfstudy.scenes.scenes import DETECTION_IDS, SEGMENTATION_IDS, make_scene, render_scene, write_scenes
from isfstudy.scenes.variables import draw_variables

SMALL = {"height": 96, "width": 128}
IMAGES = ("infrared", "visible", "segmentation", "instances")


def _same(first, second, names=IMAGES) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


def _intervene(scene, **values):
    """The scene rendered again after setting scene-level variables."""
    return render_scene(scene.variables | values, height=scene.infrared.shape[0], width=scene.infrared.shape[1])


def _with_objects(scene, **values):
    return _intervene(scene, objects=[thing | values for thing in scene.variables["objects"]])


@pytest.mark.parametrize("seed", [0, 5, 2**40])
def test_same_seed_gives_identical_scenes_and_another_seed_does_not(seed):
    first, second, other = make_scene(seed, **SMALL), make_scene(seed, **SMALL), make_scene(seed + 1, **SMALL)
    assert _same(first, second) and first.boxes == second.boxes and first.variables == second.variables
    assert not np.array_equal(first.visible, other.visible)
    assert not np.array_equal(first.infrared, other.infrared)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(32, 150), st.integers(32, 150))
def test_any_size_gives_aligned_images_with_content(seed, height, width):
    scene = make_scene(seed, height=height, width=width)
    assert scene.infrared.shape == scene.segmentation.shape == scene.instances.shape == (height, width)
    assert scene.visible.shape == (height, width, 3)
    assert all(getattr(scene, name).dtype == np.uint8 for name in IMAGES)
    assert scene.visible.std() > 3 and scene.infrared.std() > 1
    assert scene.instances.max() <= len(scene.variables["objects"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_masks_and_boxes_follow_the_visible_pixels(seed):
    scene = make_scene(seed, **SMALL)
    objects = scene.variables["objects"]
    expected = np.zeros_like(scene.segmentation)
    for number, thing in enumerate(objects, 1):
        expected[scene.instances == number] = SEGMENTATION_IDS.get(thing["kind"], 0)
    np.testing.assert_array_equal(scene.segmentation, expected)
    extents = {}
    for number, thing in enumerate(objects, 1):
        rows, columns = np.nonzero(scene.instances == number)
        if len(rows) and thing["kind"] in DETECTION_IDS:
            box = (DETECTION_IDS[thing["kind"]], columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            extents[box] = thing
    assert set(scene.boxes) <= set(extents)
    assert all(min(x1 - x0, y1 - y0) >= 3 for _, x0, y0, x1, y1 in scene.boxes)


def _person(**values) -> dict:
    return {
        "kind": "person",
        "x": 0.0,
        "z": 8.0,
        "heading": 0.0,
        "emissivity": 0.95,
        "hot": True,
        "height": 1.8,
        "temperature": 33.0,
        "stride": 0.0,
        "colour": [0.3] * 3,
        "second_colour": [0.1] * 3,
        "cue": False,
    } | values


def _car(**values) -> dict:
    return _person(kind="car", body="van", lit=False, heading=np.pi / 2) | values


def test_nearer_objects_hide_farther_ones_whatever_their_order():
    scene = _intervene(make_scene(1, **SMALL), trees=[], objects=[_car(z=6.0), _person(z=14.0)])
    assert (scene.instances == 1).sum() > 500 and (scene.instances == 2).sum() == 0
    assert [box[0] for box in scene.boxes] == [DETECTION_IDS["car"]]
    swapped = _intervene(make_scene(1, **SMALL), trees=[], objects=[_person(z=6.0), _car(z=14.0)])
    assert sorted(box[0] for box in swapped.boxes) == [DETECTION_IDS["person"], DETECTION_IDS["car"]]


def test_objects_mostly_hidden_or_tiny_get_no_box():
    def boxes(*objects: dict) -> list:
        return _intervene(make_scene(1, **SMALL), trees=[], objects=list(objects)).boxes

    assert len(boxes(_person(z=9.0), _person(z=7.0, x=1.5))) == 2
    assert len(boxes(_person(z=9.0), _person(z=7.0, x=0.05))) == 1
    assert len(boxes(_person(z=120.0))) == 0


def test_sizes_grow_towards_the_viewer():
    heights = [
        y1 - y0
        for z in (6, 9, 14, 20)
        for _, _, y0, _, y1 in _intervene(make_scene(2), trees=[], objects=[_person(z=z)]).boxes
    ]
    assert heights == sorted(heights, reverse=True) and heights[0] > 2.5 * heights[-1]


@pytest.mark.parametrize("spurious", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_spurious_is_the_rate_at_which_cue_and_heat_agree(spurious):
    objects = [thing for seed in range(600) for thing in draw_variables(seed, spurious=spurious)["objects"]]
    for hot, expected in ((True, spurious), (False, 1 - spurious)):
        cues = [thing["cue"] for thing in objects if thing["hot"] == hot]
        tolerance = 4 * np.sqrt(expected * (1 - expected) / len(cues))  # four standard errors; exact at 0 and 1
        assert len(cues) > 1000
        assert abs(np.mean(cues) - expected) <= tolerance


def test_raising_spurious_only_turns_disagreement_into_agreement():
    for seed in range(50):
        agreement = [
            [thing["cue"] == thing["hot"] for thing in draw_variables(seed, spurious=s)["objects"]]
            for s in (0.0, 0.3, 0.6, 1.0)
        ]
        assert np.all(np.diff(np.array(agreement, int), axis=0) >= 0)


@pytest.mark.parametrize("seed", range(8))
def test_spurious_changes_the_cue_and_nothing_else(seed):
    low, high = make_scene(seed, spurious=0.0, **SMALL), make_scene(seed, spurious=1.0, **SMALL)
    assert _same(low, high, ("infrared", "segmentation", "instances")) and low.boxes == high.boxes

    def without_cue(variables: dict) -> dict:
        return variables | {"spurious": None, "objects": [thing | {"cue": None} for thing in variables["objects"]]}

    assert without_cue(low.variables) == without_cue(high.variables)
    assert all(a["cue"] != b["cue"] for a, b in zip(low.variables["objects"], high.variables["objects"], strict=True))
    same_cue = [_with_objects(scene, cue=False).visible for scene in (low, high)]
    np.testing.assert_array_equal(*same_cue)


def test_the_cue_is_a_bright_local_patch():
    plain = _intervene(make_scene(3), smoke=None, haze=0.0, trees=[], objects=[_person()])
    marked = _with_objects(plain, cue=True)
    change = marked.visible.astype(int).sum(2) - plain.visible.astype(int).sum(2)
    assert change.max() > 150 and change.min() > -60
    assert 10 < (change > 100).sum() < 0.01 * change.size
    assert (plain.instances[change > 100] == 1).mean() > 0.5


@pytest.mark.parametrize("seed", range(4))
def test_each_intervention_reaches_its_own_sensor_only(seed):
    scene = make_scene(seed, **SMALL)
    cold = _with_objects(scene, hot=False)
    assert np.array_equal(cold.visible, scene.visible) and not np.array_equal(cold.infrared, scene.infrared)
    smoke = {"x": 0.5, "y": 0.5, "width": 0.3, "height": 0.3, "density": 1.0, "texture": 0}
    for change in ({"smoke": smoke}, {"haze": 0.05}, {"daylight": 0.3}):
        changed = _intervene(scene, **change)
        assert np.array_equal(changed.infrared, scene.infrared)
        assert not np.array_equal(changed.visible, scene.visible)


def test_the_distractors_show_in_one_sensor_only():
    scene = make_scene(4, **SMALL)
    empty = _intervene(scene, trees=[], objects=[])
    vent = _intervene(empty, objects=[_person(kind="vent", temperature=40.0)])
    assert np.array_equal(vent.visible, empty.visible) and vent.infrared.max() > empty.infrared.max()
    poster = _intervene(empty, objects=[_person(kind="poster", picture="coffee.png")])
    assert np.array_equal(poster.infrared, empty.infrared) and not np.array_equal(poster.visible, empty.visible)
    assert vent.boxes == poster.boxes == [] and vent.segmentation.max() == poster.segmentation.max() == 0


def test_variables_survive_json_and_render_to_the_same_scene():
    scene = make_scene(6, **SMALL)
    variables = json.loads(json.dumps(scene.variables))
    assert variables == scene.variables and _same(render_scene(variables, **SMALL), scene)


def test_rendering_leaves_its_variables_alone_and_scenes_are_frozen():
    variables = draw_variables(7)
    before = json.dumps(variables)
    scene = render_scene(variables, **SMALL)
    scene.variables["objects"].clear()
    assert json.dumps(variables) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        scene.boxes = []


def test_hot_objects_outshine_their_surroundings_in_the_infrared_image():
    contrast = {True: [], False: []}
    for seed in range(30):
        scene = make_scene(seed, height=120, width=160)
        taken = scene.instances > 0
        for number, thing in enumerate(scene.variables["objects"], 1):
            inside = scene.instances == number
            ring = ndimage.binary_dilation(inside, iterations=4) & ~ndimage.binary_dilation(taken, iterations=1)
            if inside.sum() > 20 and ring.sum() > 20:
                contrast[thing["hot"]].append(scene.infrared[inside].mean() - scene.infrared[ring].mean())
    assert np.mean(contrast[True]) > 50
    assert abs(np.mean(contrast[False])) < 15


def test_night_is_dark_and_day_is_not():
    means = {"day": [], "night": []}
    for seed in range(24):
        scene = make_scene(seed, **SMALL)
        means[scene.variables["time"]].append(scene.visible.mean())
    assert 10 < np.mean(means["night"]) < 50 and 80 < np.mean(means["day"]) < 140


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0, "spurious": 1.5}, "spurious is 1.5"),
        ({"seed": 0, "spurious": float("nan")}, "spurious is nan"),
        ({"seed": 0, "height": 16}, "16x320"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_scene(**arguments)


def test_written_scenes_read_back_in_the_layout_of_msrs(tmp_path):
    table = write_scenes(tmp_path, count=4, seed=3, split="train", spurious=0.8, **SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train"]
    assert list(table.columns) == ["stem", "seed", "time", "daylight", "ambient", "objects", "hot", "cues"]
    lines = (tmp_path / "train" / "variables.jsonl").read_text().splitlines()
    for number, (row, line) in enumerate(zip(table.itertuples(), lines, strict=True), 1):
        assert row.stem == f"{number:05d}{row.time[0].upper()}"
        scene = make_scene(row.seed, spurious=0.8, **SMALL)
        for folder, image in (
            ("ir", scene.infrared),
            ("vi", scene.visible),
            ("Segmentation_labels", scene.segmentation),
        ):
            with Image.open(tmp_path / "train" / folder / f"{row.stem}.png") as stored:
                np.testing.assert_array_equal(np.asarray(stored), image)
        labels = (tmp_path / "train" / "detection_labels" / f"{row.stem}.txt").read_text().splitlines()
        boxes = []
        for label in labels:
            kind, *shares = (float(field) for field in label.split())
            x, y, w, h = np.array(shares) * [128, 96, 128, 96]
            boxes.append((int(kind), *np.rint([x - w / 2, y - h / 2, x + w / 2, y + h / 2]).astype(int)))
        assert boxes == scene.boxes
        assert json.loads(line) == {"stem": row.stem, **scene.variables}


def test_a_complete_split_is_kept_and_other_settings_replace_it(tmp_path):
    first = write_scenes(tmp_path, count=2, **SMALL)
    image = next((tmp_path / "test" / "ir").iterdir())
    os.utime(image, (1, 1))
    assert write_scenes(tmp_path, count=2, **SMALL).equals(first)
    assert image.stat().st_mtime == 1
    longer = write_scenes(tmp_path, count=3, **SMALL)
    assert image.stat().st_mtime > 1 and longer[:2].equals(first)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test"]


def test_splits_and_seeds_share_no_scene(tmp_path):
    seeds = [
        seed
        for split in ("train", "test")
        for start in (0, 1)
        for seed in write_scenes(tmp_path / str(start), count=3, seed=start, split=split, **SMALL)["seed"]
    ]
    assert len(set(seeds)) == 12


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(scenes, "_yolo_line", fail)
    with pytest.raises(KeyboardInterrupt):
        write_scenes(tmp_path, count=3, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_someone_else_is_refused(tmp_path):
    (tmp_path / "test" / "vi").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="was not written by write_scenes"):
        write_scenes(tmp_path, count=1, **SMALL)
    assert (tmp_path / "test" / "vi").is_dir()


def test_no_scenes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="count is 0"):
        write_scenes(tmp_path, count=0)
