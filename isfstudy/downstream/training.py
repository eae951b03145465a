"""Training a detector or a segmentation network on fused images, and predicting with it.

One loop for both, so that both are trained under one discipline: the seed decides initial weights, order of the samples
and every window that is cut, whatever the images are, so that inputs are compared under equal conditions. A run that is
killed goes on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from tqdm import tqdm

from isfcore.machine.devices import choose_precision
from isfcore.machine.lower_precision import lower_precision
from isfcore.machine.seeds import generator
from isfcore.training.run_folder import LOG, append_row, drop_rows_after, load_checkpoint, open_run, save_checkpoint

CHECKPOINT_EVERY = 50  # steps
CLIP = 10.0  # norm of a step's gradient, as YOLOv5 limits it
WEIGHT_DECAY = 0.01
LEAST_VISIBLE = 0.3  # of a box's area that a window must hold for the box to count


class Task(NamedTuple):
    """What there is to know of a downstream network, see `isfstudy.downstream.segmenter.task` and
    `isfstudy.downstream.detector.task`.

    Attributes:
        name: `segmentation` or `detection`.
        kind: of labels, as in `isfstudy.downstream.labels.KINDS`.
        network: in words; runs of different words are different runs.
        build: a network to train, from the number of classes and the labels it will see.
        loss: of a network in training mode, for images (B, 3, H, W) in [0, 1] and their labels.
        predict: of a network in evaluation mode, for images (B, 3, H, W): per image a class map (H, W) uint8, or boxes
            (N, 6) float32 as class, centre x, centre y, width, height, score.
    """

    name: str
    kind: str
    network: str
    build: Callable[[int, Sequence[np.ndarray]], nn.Module]
    loss: Callable[[nn.Module, Tensor, list[Tensor]], Tensor]
    predict: Callable[[nn.Module, Tensor], list[np.ndarray]]


class Budget(NamedTuple):
    """How a network is trained; the same for every input.

    Attributes:
        steps, batch, learning_rate, seed: of training; the rate rises over the first tenth and falls to zero (cosine).
        train_size: height and width in pixels that windows are scaled to, multiples of 32.
        test_size: the same for whole images.
        least_window: side of the smallest window, as a share of the image's.
    """

    steps: int
    batch: int = 8
    learning_rate: float = 1e-3
    seed: int = 0
    train_size: tuple[int, int] = (192, 256)
    test_size: tuple[int, int] = (288, 384)
    least_window: float = 0.5


class Sample(NamedTuple):
    """An image, (3, H, W) uint8, and its label: a class map (H, W) uint8, or boxes (N, 5)."""

    image: Tensor
    label: Tensor


def check_budget(budget: Budget) -> None:
    """Refuse what cannot be trained.

    Raises:
        ValueError: naming the value and what it must be.
    """
    for name in ("steps", "batch"):
        if getattr(budget, name) < 1:
            raise ValueError(f"{name} must be 1 or more, not {getattr(budget, name)}")
    for name in ("train_size", "test_size"):
        if any(side < 32 or side % 32 for side in getattr(budget, name)):
            given = list(getattr(budget, name))
            raise ValueError(f"{name} must be multiples of 32, which the networks halve five times, not {given}")
    if not 0 < budget.least_window <= 1:
        raise ValueError(f"least_window must lie in (0, 1], not {budget.least_window}")


def sample(image: np.ndarray, label: np.ndarray, size: tuple[int, int]) -> Sample:
    """An image and its label, as large as windows are cut from: the size that whole images are tested at.

    Args:
        image: (H, W, 3) or (H, W) uint8.
        label: see `isfstudy.downstream.labels.Labelled`.
    """
    pixels = resized(torch.from_numpy(np.array(image)), size)
    if label.dtype != np.uint8:
        return Sample(pixels, torch.from_numpy(label).float())
    nearest = interpolate(torch.from_numpy(label)[None, None].float(), size, mode="nearest-exact")
    return Sample(pixels, nearest[0, 0].byte())


def resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """An image (H, W, 3) or (H, W) uint8 as (3, *size) uint8, grey ones with three equal channels."""
    image = image[..., None].expand(*image.shape[:2], 3) if image.ndim == 2 else image
    image = image.permute(2, 0, 1)[None].float()
    return interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)[0].round().byte()


def window(item: Sample, size: tuple[int, int], least: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """A random window of a sample, mirrored in half of the cases: image (3, *size) in [0, 1], and its label.

    Args:
        least: the shortest side of a window, as a share of the image's.
        draw: decides window and mirroring.
    """
    share, y, x, mirror = torch.rand(4, generator=draw).tolist()
    share = least + (1 - least) * share
    height, width = item.image.shape[1:]
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    top, left = int(y * (height - rows + 1)), int(x * (width - columns + 1))
    part = item.image[None, :, top : top + rows, left : left + columns].float() / 255
    image = interpolate(part, size, mode="bilinear", antialias=True, align_corners=False)[0]
    if item.label.dtype == torch.uint8:
        part = item.label[None, None, top : top + rows, left : left + columns].float()
        label = interpolate(part, size, mode="nearest-exact")[0, 0].long()
    else:
        label = _boxes_in_window(item.label, (top / height, left / width, rows / height, columns / width))
    if mirror < 0.5:
        return image, label
    if item.label.dtype == torch.uint8:
        return image.flip(-1), label.flip(-1)
    label[:, 1] = 1 - label[:, 1]
    return image.flip(-1), label


def _boxes_in_window(boxes: Tensor, inside: tuple[float, float, float, float]) -> Tensor:
    """Boxes as fractions of a window (top, left, height, width as fractions of the image), cut to it."""
    top, left, height, width = inside
    scale = boxes.new_tensor([width, height])
    low = (boxes[:, 1:3] - boxes[:, 3:] / 2 - boxes.new_tensor([left, top])) / scale
    high = low + boxes[:, 3:] / scale
    area = (high - low).prod(1)
    low, high = low.clamp(0, 1), high.clamp(0, 1)
    kept = (high - low).prod(1) >= LEAST_VISIBLE * area
    return torch.cat([boxes[:, :1], (low + high) / 2, high - low], 1)[kept]


def _batch(samples: Sequence[Sample], budget: Budget, step: int) -> tuple[Tensor, list[Tensor]]:
    """The batch of a step, which follows from the seed and the step alone; rounds through the samples are shuffled."""
    size = min(budget.batch, len(samples))
    round_, place = divmod(step * size, len(samples) // size * size)
    order = torch.randperm(len(samples), generator=generator(budget.seed, 0, round_))[place : place + size]
    draw = generator(budget.seed, 1, step)
    pairs = [window(samples[index], budget.train_size, budget.least_window, draw) for index in order.tolist()]
    return torch.stack([image for image, _ in pairs]), [label for _, label in pairs]


def new_network(task: Task, classes: int, labels: Sequence[np.ndarray], seed: int) -> nn.Module:
    """A network whose weights follow from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return task.build(classes, labels)


def train(
    task: Task,
    network: nn.Module,
    samples: Sequence[Sample],
    budget: Budget,
    folder: Path,
    *,
    description: dict[str, Any],
    device: torch.device,
    precision: str = "auto",
    progress: str = "",
) -> nn.Module:
    """Train a network in place, from the folder's checkpoint where there is one.

    Args:
        network: from `new_network`, or one trained before.
        folder: keeps the description, a log (`step`, `loss`) and the checkpoint.
        description: what the result depends on; a folder holds one run.
        precision: see `isfcore.machine.devices.choose_precision`.
        progress: label of the progress bar; none without it.

    Returns:
        The network, on `device`, in evaluation mode.

    Raises:
        ValueError: for a budget that cannot be, no samples, or a folder that holds another run.
        FloatingPointError: when the loss is no number.
        OSError: when the folder cannot be written.
    """
    check_budget(budget)
    if not samples:
        raise ValueError("there are no images to train on")
    open_run(folder, description)
    dtype = choose_precision(precision, device)
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=budget.learning_rate, weight_decay=WEIGHT_DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, budget.learning_rate, budget.steps, pct_start=0.1)
    parts = {"network": network, "optimiser": optimiser, "rates": rates}
    done = 0
    if state := load_checkpoint(folder):
        done = state["step"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    drop_rows_after(folder / LOG, done)
    network.train()
    bar = tqdm(range(done, budget.steps), initial=done, total=budget.steps, desc=progress, disable=not progress)
    for step in bar:
        images, labels = _batch(samples, budget, step)
        images = images.to(device, memory_format=torch.channels_last)
        with lower_precision(device, dtype):
            loss = task.loss(network, images, [label.to(device) for label in labels])
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"{folder}: the loss of step {step + 1} is {loss.item()}: use a smaller "
                "learning_rate, or precision float32"
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        if step + 1 < budget.steps:
            rates.step()
        append_row(folder / LOG, {"step": step + 1, "loss": loss.item()})
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == budget.steps:
            state = {name: part.state_dict() for name, part in parts.items()}
            save_checkpoint(folder, state | {"step": step + 1})
    return network.eval()


@torch.inference_mode()
def predict(task: Task, network: nn.Module, images: Sequence[Tensor], *, batch: int = 8) -> list[np.ndarray]:
    """What a trained network finds in images (3, H, W) uint8 of one size, in float32; see `Task.predict`."""
    device = next(network.parameters()).device
    found: list[np.ndarray] = []
    for start in range(0, len(images), batch):
        stack = torch.stack(list(images[start : start + batch])).to(device).float() / 255
        found += task.predict(network, stack.contiguous(memory_format=torch.channels_last))
    return found
