"""Definitions written down as directly as possible: the oracle of tests and the baseline of benchmarks.

Nothing here is fast and nothing is shared with `isfcore`. The network is evaluated tensor by tensor from the authors'
own names, in the order of the paper's equations; the metrics are plain numpy and scipy, one image at a time.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Each position of the query, (B, C, H, W), looks at 8 x 8 pooled keys and values."""
    batch, channels, height, width = query.shape
    q = query.flatten(2).transpose(1, 2)  # (B, HW, C)
    k = functional.adaptive_avg_pool2d(key, 8).flatten(2)  # (B, C, 64)
    v = functional.adaptive_avg_pool2d(value, 8).flatten(2).transpose(1, 2)  # (B, 64, C)
    scores = torch.softmax(torch.matmul(q, k) / channels**0.5, dim=-1)
    return torch.matmul(scores, v).transpose(1, 2).reshape(batch, channels, height, width)


def up(x: Tensor, like: Tensor) -> Tensor:
    """Interpolated to the height and width of another."""
    return functional.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def released_network(weights: dict[str, Tensor], infrared: Tensor, visible: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Fused luma and the gates at (H/4, H/2, H) of the released network, from a checkpoint with the authors' names.

    Args:
        weights: the authors' state dict.
        infrared: (B, 1, H, W) in [0, 1].
        visible: the visible luma, same shape and range.
    """

    def conv(x: Tensor, name: str) -> Tensor:
        kernel = weights[f"{name}.weight"]
        return functional.conv2d(x, kernel, weights[f"{name}.bias"], padding=kernel.shape[-1] // 2)

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return functional.batch_norm(x, mean, variance, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def block(x: Tensor, name: str, first: int) -> Tensor:
        return functional.leaky_relu(norm(conv(x, f"{name}.{first}"), f"{name}.{first + 1}"), 0.01)

    def twice(x: Tensor, name: str) -> Tensor:
        return block(block(x, name, 0), name, 3)

    def encoder(x: Tensor, name: str) -> list[Tensor]:
        one = twice(x, f"{name}.module1")
        two = twice(functional.max_pool2d(one, 2), f"{name}.module2")
        return [one, two, twice(functional.max_pool2d(two, 2), f"{name}.module3")]

    def cfi(i: Tensor, v: Tensor, name: str) -> tuple[Tensor, Tensor]:
        of_visible = [conv(v, f"{name}.{letter}_v") for letter in "qkv"]
        of_infrared = [conv(i, f"{name}.{letter}_i") for letter in "qkv"]
        complementary = attention(of_visible[0], *of_infrared[1:]) + attention(of_infrared[0], *of_visible[1:])
        local = i + v
        gate = torch.sigmoid(conv(block(complementary, f"{name}.gate", 0), f"{name}.gate.3"))
        return block(gate * complementary + (1 - gate) * local, f"{name}.refine", 0), gate

    of_infrared, of_visible = encoder(infrared, "encoder_ir"), encoder(visible, "encoder_vis")
    quarter, gate_quarter = cfi(of_infrared[2], of_visible[2], "cfi3")
    half, gate_half = cfi(of_infrared[1], of_visible[1], "cfi4")
    full, gate_full = cfi(of_infrared[0], of_visible[0], "cfi5")
    decoded = twice(up(quarter, half) + half, "adjust_channels4")
    decoded = twice(up(decoded, full) + full, "adjust_channels5")
    return torch.sigmoid(conv(decoded, "final_decoder.0")), [gate_quarter, gate_half, gate_full]


def metrics(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray, *, convention: str) -> dict[str, float]:
    """AG, SF, PSNR, CC and Qabf of one image as their definitions read.

    Args:
        fused, infrared, visible: (H, W) grey levels 0 to 255.
        convention: `paper` or `standard`, see `isfcore.metrics`.
    """
    fused, infrared, visible = (image.astype(np.float64) for image in (fused, infrared, visible))
    height, width = fused.shape
    down, right = np.gradient(fused)
    strength = np.sqrt((down**2 + right**2) / 2)
    ag = strength.sum() / ((height - 1) * (width - 1)) if convention == "paper" else strength.mean()
    if convention == "paper":
        fused, infrared, visible = fused / 255, infrared / 255, visible / 255
    sf = np.sqrt(np.mean(np.diff(fused, axis=0) ** 2) + np.mean(np.diff(fused, axis=1) ** 2))
    error = (np.mean((fused - infrared) ** 2) + np.mean((fused - visible) ** 2)) / 2
    cc = [np.corrcoef(fused.ravel(), source.ravel())[0, 1] for source in (infrared, visible)]
    return {
        "AG": ag,
        "SF": sf * 100 if convention == "paper" else sf,
        "PSNR": 20 * np.log10(255 / np.sqrt(error)),
        "CC": np.mean(cc),
        "Qabf": _qabf(fused, infrared, visible),
    }


def _qabf(fused: np.ndarray, infrared: np.ndarray, visible: np.ndarray) -> float:
    from scipy.signal import convolve2d  # here: the network above, an oracle too, does without scipy

    across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=float)
    along = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], dtype=float)

    def gradient(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Rotated kernels: `convolve2d` turns them back, so that this correlates.
        sx = convolve2d(image, across[::-1, ::-1], mode="same")
        sy = convolve2d(image, along[::-1, ::-1], mode="same")
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(sx**2 + sy**2), np.where(sx == 0, np.pi / 2, np.arctan(sy / sx))

    def preserved(source: tuple[np.ndarray, np.ndarray], target: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        (g_source, a_source), (g_target, a_target) = source, target
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(g_source > g_target, g_target / g_source, g_source / g_target)
        ratio = np.where(g_source == g_target, g_target, ratio)
        agreement = 1 - np.abs(a_source - a_target) / (np.pi / 2)
        return 0.9994 / (1 + np.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + np.exp(-22 * (agreement - 0.8)))

    of_fused, of_infrared, of_visible = gradient(fused), gradient(infrared), gradient(visible)
    kept = preserved(of_infrared, of_fused) * of_infrared[0] + preserved(of_visible, of_fused) * of_visible[0]
    return kept.sum() / (of_infrared[0] + of_visible[0]).sum()
