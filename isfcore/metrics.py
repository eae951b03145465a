"""The five metrics of the paper, each under two named conventions.

Tables of fusion papers disagree mostly because "AG" or "PSNR" name several definitions. `paper` is what Table 1 was
computed with (found by reproducing its rows to the printed digit); `standard` is the textbook definition on grey
levels 0 to 255:

======  ===========================================  ==========================================
metric  `paper`                                      `standard`
======  ===========================================  ==========================================
AG      sum over (H-1)(W-1)                          mean over H*W
SF      on images in [0, 1], times 100               on images in [0, 255]
PSNR    20 log10(255 / RMSE), RMSE on [0, 1] images  20 log10(255 / RMSE), RMSE on [0, 255]
CC      the same                                     the same
Qabf    on images in [0, 1]                          on images in [0, 255]
======  ===========================================  ==========================================

PSNR takes one mean squared error, the average over both sources. Under `paper` it is 48.13 dB above `standard`, and SF
is `standard` / 2.55. Qabf depends on the range because it tests gradients for equality (see `qabf`).

`evaluate` checks its input and gives all five. The functions behind it take checked float64 images (B, H, W) in
[0, 255] and return (B,) float64 on the device of their input. Higher is better for every metric.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

METRICS = ("AG", "SF", "PSNR", "CC", "Qabf")
CONVENTIONS = ("paper", "standard")
BLOCK = 2**16  # pixels worked on at a time on a processor


def _checked(images: dict[str, Tensor], convention: str) -> list[Tensor]:
    """The images in float64, after saying clearly what is wrong with them."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}, not {convention!r}")
    shapes = {name: tuple(image.shape) for name, image in images.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"images must have one size, not {shapes}")
    shape = next(iter(shapes.values()))
    if len(shape) != 3 or min(shape) < 1 or min(shape[1:]) < 3:
        raise ValueError(f"images must be (B, H, W) with at least one image of 3 x 3 pixels, not {shape}")
    images = {name: image.to(torch.float64) for name, image in images.items()}
    for name, image in images.items():
        low, high = (value.item() for value in image.aminmax())
        if not (low >= 0 and high <= 255 + 1e-6):  # luma of white may exceed 255 by rounding; NaN makes both NaN
            raise ValueError(f"the {name} image must lie in [0, 255], not in [{low:g}, {high:g}]")
    return list(images.values())


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Sum over the pixels of a product, (B,)."""
    return torch.linalg.vecdot(one.flatten(1), other.flatten(1))


def average_gradient(fused: Tensor, *, convention: str) -> Tensor:
    """AG: mean of sqrt((gx^2 + gy^2) / 2), central differences inside and one-sided at the borders.

    0 for a constant image. `paper` divides the sum by (H-1)(W-1) instead of H*W, 0.4 % more at 640 x 480.
    """
    height, width = fused.shape[1:]
    energy = torch.zeros_like(fused)
    for axis, length in ((1, height), (2, width)):
        step = fused.diff(dim=axis)
        energy.narrow(axis, 0, 1).add_(step.narrow(axis, 0, 1).square())  # one-sided at the borders
        energy.narrow(axis, length - 1, 1).add_(step.narrow(axis, length - 2, 1).square())
        central = step.narrow(axis, 1, length - 2).add(step.narrow(axis, 0, length - 2))  # twice the gradient
        energy.narrow(axis, 1, length - 2).addcmul_(central, central, value=0.25)
    total = energy.sqrt_().sum(dim=(1, 2)) / math.sqrt(2)
    return total / ((height - 1) * (width - 1) if convention == "paper" else height * width)


def spatial_frequency(fused: Tensor, *, convention: str) -> Tensor:
    """SF: root of the mean squared row difference plus the mean squared column difference; 0 for a constant image."""
    energy = torch.zeros(len(fused), dtype=torch.float64, device=fused.device)
    for axis in (1, 2):
        difference = fused.diff(dim=axis)
        energy += _dot(difference, difference) / difference[0].numel()
    return energy.sqrt() * (100 / 255 if convention == "paper" else 1)


def psnr(fused: Tensor, infrared: Tensor, visible: Tensor, *, convention: str) -> Tensor:
    """PSNR in dB with the average of the two mean squared errors; infinite where the fused image equals both."""
    error = torch.zeros(len(fused), dtype=torch.float64, device=fused.device)
    for source in (infrared, visible):
        difference = fused - source
        error += _dot(difference, difference) / difference[0].numel() / 2
    ordinary = 20 * math.log10(255) - 10 * torch.log10(error)
    return ordinary + (20 * math.log10(255) if convention == "paper" else 0)


def correlation(fused: Tensor, infrared: Tensor, visible: Tensor, *, convention: str) -> Tensor:
    """CC: mean of the two Pearson correlations of the fused image with its sources, in [-1, 1].

    A constant image correlates with nothing: its correlation counts as 0. Both conventions agree.
    """
    # Subtracting one pixel first makes a constant image exactly zero, whatever the rounding of its mean.
    centred = [image - image[:, :1, :1] for image in (fused, infrared, visible)]
    centred = [image.sub_(image.mean(dim=(1, 2), keepdim=True)) for image in centred]
    of_fused = _dot(centred[0], centred[0])
    total = torch.zeros_like(of_fused)
    for source in centred[1:]:
        energy = of_fused * _dot(source, source)
        total += torch.where(energy > 0, _dot(centred[0], source) / energy.sqrt(), 0.0)
    return total / 2


def _sobel(padded: Tensor) -> tuple[Tensor, Tensor]:
    """Strength (float64) and orientation in (-pi/2, pi/2] (float32) of the Sobel gradient inside a border of 1."""
    smooth_down = torch.add(padded[:, :-2], padded[:, 1:-1], alpha=2).add_(padded[:, 2:])
    horizontal = smooth_down[:, :, 2:] - smooth_down[:, :, :-2]
    smooth_right = torch.add(padded[:, :, :-2], padded[:, :, 1:-1], alpha=2).add_(padded[:, :, 2:])
    vertical = smooth_right[:, :-2] - smooth_right[:, 2:]
    strength = (horizontal * horizontal).addcmul_(vertical, vertical).sqrt_()
    slope = vertical.div_(horizontal)
    # No horizontal change, x / 0 and 0 / 0 alike, makes the angle pi / 2; one pass, where a mask would take three.
    slope.nan_to_num_(nan=math.inf, posinf=math.inf, neginf=math.inf)
    return strength, slope.float().atan_()


def _preserved(source: tuple[Tensor, Tensor], fused: tuple[Tensor, Tensor]) -> Tensor:
    """How much of a source's edges the fused image preserves, pixel by pixel, in [0, 1) (Xydeas and Petrovic).

    Gradients are compared in float64, since equality counts; the two sigmoids are smooth, and float32 serves.
    """
    (strength, orientation), (fused_strength, fused_orientation) = source, fused
    one, other = strength.float(), fused_strength.float()
    ratio = torch.minimum(one, other).div_(torch.maximum(one, other).clamp_min_(1e-30))  # float32 may round both to 0
    ratio = torch.where(strength == fused_strength, other, ratio)
    agreement = (orientation - fused_orientation).abs_().mul_(-2 / math.pi).add_(1)
    of_strength = ratio.sub_(0.5).mul_(15).sigmoid_().mul_(0.9994 * 0.9879)
    return of_strength.mul_(agreement.sub_(0.8).mul_(22).sigmoid_())


def qabf(fused: Tensor, infrared: Tensor, visible: Tensor, *, convention: str) -> Tensor:
    """Qabf: share of the sources' edge information that the fused image keeps, weighted by edge strength, in [0, 1).

    Xydeas and Petrovic 2000 with the constants in common use (0.9994, 15, 0.5; 0.9879, 22, 0.8). As in the evaluators
    of the field, where a source's gradient strength *equals* the fused one their ratio is replaced by the strength
    itself; that slip is kept, because the printed numbers contain it. On integers 0 to 255 the tests for equality and
    for a vertical edge are exact (`standard`); on [0, 1] rounding decides them, which moves means by about 0.001.
    The border is padded with zeros, so that a bright image has an edge all around; 0 where neither source has an edge,
    which takes two black ones.
    """
    divisor = 255 if convention == "paper" else 1
    padded = [functional.pad(image / divisor, (1, 1, 1, 1)) for image in (fused, infrared, visible)]
    kept = torch.zeros(len(fused), dtype=torch.float64, device=fused.device)
    total = torch.zeros_like(kept)
    height = fused.shape[1]
    rows = _block_rows(fused)
    for start in range(0, height, rows):
        of_fused, *of_sources = (_sobel(image[:, start : start + rows + 2]) for image in padded)
        for source in of_sources:
            kept += _dot(_preserved(source, of_fused).double(), source[0])
            total += source[0].sum(dim=(1, 2))
    return torch.where(total > 0, kept / total, 0.0)


def _block_rows(image: Tensor) -> int:
    """Rows to work on at a time: on a processor as many as its cache holds, which is twice as fast as whole images."""
    batch, height, width = image.shape
    return height if image.is_cuda else max(1, BLOCK // (batch * width))


def evaluate(fused: Tensor, infrared: Tensor, visible: Tensor, *, convention: str = "paper") -> dict[str, Tensor]:
    """All five metrics of a batch, by name (`METRICS`), each (B,) float64.

    Args:
        fused, infrared, visible: grey images (B, H, W) in [0, 255], any dtype, on one device.
        convention: `paper` or `standard`, see the module's table.

    Raises:
        ValueError: for another convention, sizes that differ, images under 3 x 3 pixels, or values outside [0, 255]
            (NaN among them).
    """
    images = _checked({"fused": fused, "infrared": infrared, "visible": visible}, convention)
    return {
        "AG": average_gradient(images[0], convention=convention),
        "SF": spatial_frequency(images[0], convention=convention),
        "PSNR": psnr(*images, convention=convention),
        "CC": correlation(*images, convention=convention),
        "Qabf": qabf(*images, convention=convention),
    }
