"""Average precision as the standard evaluator (faster-coco-eval, an extra) gives it: the numbers that tables show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isfstudy.downstream.detection_scores import THRESHOLDS, mean_precision

MISSING = (
    "average precision needs faster-coco-eval, which is not installed: pip install -e '.[detection]' -c constraints.txt"
)


def average_precision(detections: Sequence[np.ndarray], truths: Sequence[np.ndarray], classes: int) -> np.ndarray:
    """Average precision by class and threshold, (classes, thresholds), of the standard evaluator.

    Args:
        detections, truths: as for `match`, as fractions of the image; overlaps do not depend on its size.

    Raises:
        ModuleNotFoundError: without the extra, with the cure.
    """
    try:
        from faster_coco_eval import COCO, COCOeval_faster
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{MISSING} ({error})") from error
    side = 1000  # of images that fractions are of, as the evaluator wants pixels

    def corner_and_size(boxes: np.ndarray) -> list[list[float]]:
        boxes = boxes[:, 1:5].astype(np.float64) * side
        return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1).tolist()

    true = [
        {"image_id": index, "category_id": int(kind), "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for index, boxes in enumerate(truths)
        for kind, box in zip(boxes[:, 0], corner_and_size(boxes), strict=True)
    ]
    found = [
        {"image_id": index, "category_id": int(kind), "bbox": box, "score": float(score)}
        for index, boxes in enumerate(detections)
        for kind, box, score in zip(boxes[:, 0], corner_and_size(boxes), boxes[:, 5], strict=True)
    ]
    if not found:
        return np.where(
            [[any(row["category_id"] == kind for row in true)] for kind in range(classes)],
            0.0,
            np.full((classes, len(THRESHOLDS)), np.nan),
        )
    truth = COCO(
        {
            "images": [{"id": index, "height": side, "width": side} for index in range(len(truths))],
            "annotations": [row | {"id": number} for number, row in enumerate(true, start=1)],
            "categories": [{"id": kind, "name": str(kind)} for kind in range(classes)],
        }
    )
    evaluator = COCOeval_faster(truth, truth.loadRes(found), "bbox", print_function=lambda *_: None)
    evaluator.evaluate()
    evaluator.accumulate()
    precision = evaluator.eval["precision"][:, :, :, 0, -1]  # thresholds, recalls, classes; all areas, 100 boxes
    return np.where((precision < 0).any(1), np.nan, precision.mean(1)).T


def standard_precision(
    found: Sequence[Sequence[np.ndarray]], truths: Sequence[np.ndarray], names: Sequence[str]
) -> dict[str, float]:
    """`columns` of all images by `average_precision`, the standard evaluator: mean over the seeds.

    Args:
        found: of each seed the detections of each image.
        names: of the classes.

    Raises:
        ModuleNotFoundError: without the extra, with the cure.
    """
    each = np.mean([average_precision(one, truths, len(names)) for one in found], axis=0)
    half, whole = mean_precision(each)
    return {"mAP50": float(half), "mAP50-95": float(whole)} | dict(zip(names, each[:, 0].tolist(), strict=True))
