"""The training loop of downstream networks, on a network of one layer; and the two real ones, overfitted."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from isfcore.machine.seeds import generator
from isfcore.training.run_folder import CHECKPOINT, LOG
from isfstudy.downstream import detector, segmenter
from isfstudy.downstream.detection_scores import match, mean_precision, resampled_precision
from isfstudy.downstream.segmentation_scores import confusion_matrices, mean_iou
from isfstudy.downstream.training import (
    Budget,
    Sample,
    check_budget,
    new_network,
    predict,
    resized,
    sample,
    train,
    window,
)
from isfstudy.scenes.scenes import Scene, make_scene
from tests.helpers.downstream import TASK

CPU = torch.device("cpu")
SMALL = Budget(steps=7, batch=2, train_size=(32, 32), test_size=(32, 64))


def samples(count: int = 5) -> list[Sample]:
    draws = np.random.default_rng(0)
    images = draws.integers(0, 256, (count, 40, 80, 3), dtype=np.uint8)
    return [sample(image, (image[..., 0] > 128).astype(np.uint8), SMALL.test_size) for image in images]


def trained(folder: Path, **changes) -> nn.Module:
    budget = SMALL._replace(**changes)
    network = new_network(TASK, 2, [], budget.seed)
    described = {"seed": budget.seed, "steps": budget.steps}
    return train(TASK, network, samples(), budget, folder, description=described, device=CPU, precision="float32")


def values(network: nn.Module) -> torch.Tensor:
    return torch.cat([value.float().ravel() for value in network.state_dict().values()])


def test_the_same_seed_gives_the_same_network_whatever_happened_before(tmp_path: Path) -> None:
    first = values(trained(tmp_path / "a"))
    torch.rand(3)
    assert torch.equal(first, values(trained(tmp_path / "b")))
    assert not torch.equal(first, values(trained(tmp_path / "c", seed=1)))


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = values(trained(tmp_path / "whole"))
    monkeypatch.setattr("isfstudy.downstream.training.CHECKPOINT_EVERY", 2)

    def killed(network: nn.Module, images: torch.Tensor, labels: list[torch.Tensor]) -> torch.Tensor:
        steps.append(len(images))
        if len(steps) == 6:
            raise KeyboardInterrupt
        return TASK.loss(network, images, labels)

    steps: list[int] = []
    folder, described = tmp_path / "killed", {"seed": SMALL.seed, "steps": SMALL.steps}
    with pytest.raises(KeyboardInterrupt):
        train(
            TASK._replace(loss=killed),
            new_network(TASK, 2, [], 0),
            samples(),
            SMALL,
            folder,
            description=described,
            device=CPU,
            precision="float32",
        )
    assert (folder / CHECKPOINT).is_file() and len((folder / LOG).read_text().splitlines()) == 1 + 5
    assert torch.equal(whole, values(trained(folder)))
    rows = (folder / LOG).read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", *map(str, range(1, 8))]


def test_a_folder_holds_one_run(tmp_path: Path) -> None:
    trained(tmp_path / "a")
    with pytest.raises(ValueError, match="holds another run"):
        trained(tmp_path / "a", steps=8)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": 0}, "steps must be 1 or more, not 0"),
        ({"batch": 0}, "batch must be 1"),
        ({"train_size": (100, 128)}, r"train_size must be multiples of 32.*\[100, 128\]"),
        ({"test_size": (0, 64)}, "test_size must be multiples"),
        ({"least_window": 1.5}, "least_window must lie in"),
    ],
)
def test_budgets_that_cannot_be(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_budget(SMALL._replace(**changes))


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    broken = TASK._replace(loss=lambda network, images, labels: network(images).sum() * float("nan"))
    with pytest.raises(FloatingPointError, match="the loss of step 1 is nan"):
        train(broken, new_network(TASK, 2, [], 0), samples(), SMALL, tmp_path / "a", description={}, device=CPU)
    with pytest.raises(ValueError, match="no images to train on"):
        train(TASK, new_network(TASK, 2, [], 0), [], SMALL, tmp_path / "b", description={}, device=CPU)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_windows_keep_image_map_and_boxes_together(seed: int) -> None:
    """A bright rectangle on black: its pixels, its class map and its box are cut and mirrored alike."""
    image = np.zeros((96, 128, 3), np.uint8)
    image[24:72, 32:96] = 255
    box = np.array([[0, 0.5, 0.5, 0.5, 0.5]])
    seen, classes = window(sample(image, image[..., 0] // 255, (96, 128)), (96, 128), 0.7, generator(seed))
    same, boxes = window(sample(image, box, (96, 128)), (96, 128), 0.7, generator(seed))
    assert torch.equal(seen, same) and classes.shape == (96, 128)
    assert ((seen[0] > 0.5) == (classes == 1)).float().mean() > 0.97
    ((_, x, y, width, height),) = boxes.tolist()
    rows, columns = (np.arange(side) / side for side in (96, 128))
    inside = (abs(rows - y) < height / 2)[:, None] & (abs(columns - x) < width / 2)
    assert (torch.from_numpy(inside) == (classes == 1)).float().mean() > 0.95


def test_a_box_that_is_mostly_outside_the_window_is_dropped() -> None:
    item = Sample(
        torch.zeros(3, 64, 64, dtype=torch.uint8), torch.tensor([[1, 0.1, 0.5, 0.1, 0.1], [0, 0.5, 0.5, 0.3, 0.3]])
    )
    kept = [window(item, (32, 32), 0.5, generator(seed))[1] for seed in range(20)]
    assert all(0 in each[:, 0] for each in kept)
    assert 0 < sum(1 in each[:, 0] for each in kept) < 20
    assert all((each[:, 1:3] - each[:, 3:] / 2 >= -1e-6).all() for each in kept)


def test_grey_images_have_three_equal_channels_and_predictions_do_not_depend_on_the_batch() -> None:
    grey = resized(torch.arange(64, dtype=torch.uint8).view(8, 8), (8, 8))
    assert grey.shape == (3, 8, 8) and torch.equal(grey[0], grey[2]) and grey[1, 3, 4] == 28
    network = new_network(TASK, 2, [], 0).eval()
    images = [each.image for each in samples()]
    assert np.array_equal(predict(TASK, network, images, batch=2), predict(TASK, network, images, batch=5))


@pytest.mark.parametrize(
    ("make", "module", "said"),
    [
        (detector.task, "ultralytics", r"pip install -e '\.\[detection\]'.*AGPL-3\.0"),
        (segmenter.task, "segmentation_models_pytorch", r"pip install -e '\.\[segmentation\]'"),
    ],
)
def test_a_missing_extra_is_named_with_the_cure(make, module: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=said):
        make()


def test_values_that_are_none() -> None:
    with pytest.raises(ValueError, match="model must be one of yolov5n, .* not 'yolov8n'"):
        detector.task(model="yolov8n")
    with pytest.raises(ValueError, match="backbone must be one of scratch, cached, download"):
        segmenter.task(backbone="yes")
    with pytest.raises(ValueError, match="class_weights must be one of none, root, log"):
        segmenter.task(class_weights="balanced")


def test_class_weights_by_hand() -> None:
    labels = [np.array([[0, 0, 0, 1]], np.uint8)]
    log = 1 / np.log(1.02 + np.array([0.75, 0.25, 0]))
    for name, expected in (("none", np.ones(3)), ("log", log), ("root", np.sqrt(log))):
        network = new_network(segmenter.task(backbone="scratch", class_weights=name), 3, labels, 0)
        assert network.class_weights.numpy() == pytest.approx(expected, rel=1e-6)


def test_a_cached_backbone_is_taken_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the cache stands for ImageNet weights; without it the network is drawn, and both say so."""
    from safetensors.torch import save_file

    donor = new_network(segmenter.task(backbone="scratch"), 3, [np.zeros((1, 1), np.uint8)], 5)
    save_file(donor.encoder.state_dict(), tmp_path / "model.safetensors")
    found: list[str | None] = [None]
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda **_: found[0])
    assert "from scratch" in segmenter.task(backbone="cached").network
    found[0] = str(tmp_path / "model.safetensors")
    task = segmenter.task(backbone="cached")
    assert "pretrained on ImageNet" in task.network
    network = new_network(task, 3, [np.zeros((1, 1), np.uint8)], 0)
    assert torch.equal(network.encoder.conv1.weight, donor.encoder.conv1.weight)


def scenes_with_objects(count: int) -> list[Scene]:
    made = (make_scene(seed, height=192, width=256) for seed in range(100))
    return [scene for scene, _ in zip((scene for scene in made if len(scene.boxes) >= 2), range(count), strict=False)]


@pytest.mark.slow
def test_the_segmentation_network_learns_four_images_by_heart(tmp_path: Path) -> None:
    scenes, task = scenes_with_objects(4), segmenter.task(backbone="scratch", class_weights="none")
    budget = Budget(300, 4, 5e-3, train_size=(192, 256), test_size=(192, 256), least_window=1)
    labels = [scene.segmentation for scene in scenes]
    images = [sample(scene.visible, label, budget.test_size) for scene, label in zip(scenes, labels, strict=True)]
    network = train(task, new_network(task, 9, labels, 0), images, budget, tmp_path / "run", description={}, device=CPU)
    found = predict(task, network, [each.image for each in images])
    assert mean_iou(confusion_matrices(found, labels, 9).sum(0)) > 0.9


@pytest.mark.slow
def test_the_detector_learns_eight_images_by_heart(tmp_path: Path) -> None:
    scenes, task = scenes_with_objects(8), detector.task()
    budget = Budget(300, 8, 5e-3, train_size=(192, 256), test_size=(192, 256), least_window=1)
    boxes = [
        np.array(
            [
                (kind, (x0 + x1) / 512, (y0 + y1) / 384, (x1 - x0) / 256, (y1 - y0) / 192)
                for kind, x0, y0, x1, y1 in scene.boxes
            ]
        )
        for scene in scenes
    ]
    images = [sample(scene.visible, each, budget.test_size) for scene, each in zip(scenes, boxes, strict=True)]
    network = train(task, new_network(task, 3, boxes, 0), images, budget, tmp_path / "run", description={}, device=CPU)
    found = predict(task, network, [each.image for each in images])
    half, _ = mean_precision(resampled_precision(match(found, boxes, 3), np.ones((1, 8))))
    assert half[0] > 0.9
