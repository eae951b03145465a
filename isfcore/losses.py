"""The fusion fidelity loss of equation 10; the terms that need interventions come with training."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

GRADIENT_WEIGHT = 1.0  # lambda_1 of section 4.1


def laplacian(image: Tensor) -> Tensor:
    """The 8-neighbour Laplacian (centre -8, zero border) of (B, 1, H, W)."""
    kernel = image.new_ones(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = -8
    return functional.conv2d(image, kernel, padding=1)


def fidelity_loss(fused: Tensor, infrared: Tensor, visible: Tensor) -> dict[str, Tensor]:
    """Equation 10 term by term, each a scalar: `infrared`, `visible` (L1), `gradient`, and their weighted `total`.

    The gradient term compares |Laplacian| with the greater of the sources', as the released script does; the paper
    does not say whether magnitudes or signed values are meant.

    Args:
        fused, infrared, visible: (B, 1, H, W) in [0, 1].
    """
    target = torch.maximum(laplacian(infrared).abs(), laplacian(visible).abs())
    terms = {
        "infrared": functional.l1_loss(fused, infrared),
        "visible": functional.l1_loss(fused, visible),
        "gradient": functional.l1_loss(laplacian(fused).abs(), target),
    }
    return terms | {"total": terms["infrared"] + terms["visible"] + GRADIENT_WEIGHT * terms["gradient"]}
