"""Object detection: YOLOv5 of ultralytics, an extra under AGPL-3.0 that nothing imports before it is asked for.

The library's current YOLOv5 has YOLOv5's backbone and neck with an anchor-free head ("YOLOv5u"); the paper does not say
which size or release it trained.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from isfstudy.downstream.training import Task
from isfstudy.places import repository

LEAST_SCORE = 0.01  # boxes below count for nothing
OVERLAP = 0.6  # intersection over union above which the weaker of two boxes of a class is dropped
CANDIDATES = 1000  # of an image, the strongest, that are compared with each other
MOST_BOXES = 100  # of an image, as COCO's evaluation counts
GAINS = {"box": 7.5, "cls": 0.5, "dfl": 1.5}  # of the three parts of the loss, the library's defaults
MISSING = (
    "detection needs ultralytics, which is not installed: pip install -e '.[detection]' -c constraints.txt. It is "
    "under AGPL-3.0, so what you build on it and pass on, or offer over a network, is bound by that licence"
)


def _library() -> Any:
    """`ultralytics.nn.tasks`, told to stay off the network and to leave the user's settings alone."""
    os.environ["YOLO_OFFLINE"] = "True"
    os.environ["YOLO_AUTOINSTALL"] = "False"
    os.environ["YOLO_VERBOSE"] = "False"
    os.environ.setdefault("YOLO_CONFIG_DIR", str(repository() / "runs" / "ultralytics"))
    try:
        from ultralytics.nn import tasks
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{MISSING} ({error})") from error
    return tasks


def task(*, model: str = "yolov5n") -> Task:
    """The detection task.

    Args:
        model: `yolov5n`, `yolov5s`, `yolov5m`, `yolov5l` or `yolov5x`, smallest first; weights are drawn.

    Raises:
        ModuleNotFoundError: without the extra, with the cure.
        ValueError: for another model.
    """
    if model not in (known := [f"yolov5{size}" for size in "nsmlx"]):
        raise ValueError(f"model must be one of {', '.join(known)}, not {model!r}")
    _library()
    return Task(
        name="detection",
        kind="boxes",
        network=f"YOLOv5 ({model}u of ultralytics, from scratch)",
        build=partial(_build, model=model),
        loss=_loss,
        predict=_predict,
    )


def _build(classes: int, labels: Sequence[np.ndarray], *, model: str) -> nn.Module:
    network = _library().DetectionModel(f"{model}u.yaml", ch=3, nc=classes, verbose=False)
    network.args = SimpleNamespace(**GAINS)
    return network


def _loss(network: nn.Module, images: Tensor, labels: list[Tensor]) -> Tensor:
    """Box, class and distribution loss, mean over the images of a batch."""
    boxes = torch.cat(labels)
    owner = torch.cat([boxes.new_full((len(label),), index) for index, label in enumerate(labels)])
    total, _ = network.loss({"img": images, "cls": boxes[:, :1], "bboxes": boxes[:, 1:], "batch_idx": owner})
    return total.sum() / len(images)


def _predict(network: nn.Module, images: Tensor) -> list[np.ndarray]:
    outputs = network(images)[0].float()  # (B, 4 + classes, places): centre and size in pixels, a score a class
    height, width = images.shape[2:]
    scale = images.new_tensor([width, height, width, height])
    return [_strongest(each[:4].t() / scale, each[4:].t()) for each in outputs]


def _strongest(boxes: Tensor, scores: Tensor) -> np.ndarray:
    """Boxes (N, 4) with scores (N, classes) without weaker ones of the same class over them, as `Task.predict` says.

    torchvision's own suppression is not used, as it has no operators beside a CPU build of torch; one kind everywhere
    gives the same boxes everywhere.
    """
    from ultralytics.utils.nms import TorchNMS

    place, kind = (scores > LEAST_SCORE).nonzero(as_tuple=True)
    score = scores[place, kind]
    strongest = score.argsort(descending=True, stable=True)[:CANDIDATES]
    place, kind, score = place[strongest], kind[strongest], score[strongest]
    rows = torch.cat([kind[:, None], boxes[place], score[:, None]], 1)
    low, high = rows[:, 1:3] - rows[:, 3:5] / 2, rows[:, 1:3] + rows[:, 3:5] / 2
    apart = 4 * kind[:, None]  # so that boxes of different classes do not overlap
    kept = TorchNMS.nms(torch.cat([low + apart, high + apart], 1), score, OVERLAP)[:MOST_BOXES]
    return rows[kept].cpu().numpy().astype(np.float32)
