"""One training step as the paper and the released script read: the oracle of tests and the baseline of benchmarks.

Five forward passes of the whole network in training mode, one after the other, in float32 and PyTorch's default layout;
attention with its three steps, and the losses written out. Only modules' parameters are shared with `isfcore`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.direct import attention, up
from isfcore.network import CFI, FusionNetwork
from isfcore.training.recipe import Recipe

Views = dict[str, tuple[Tensor, Tensor]]


def forward(network: FusionNetwork, infrared: Tensor, visible: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Fused luma and the three gates; batch norm uses and updates its statistics as PyTorch does in training mode."""

    def encode(encoder: nn.Module, image: Tensor) -> list[Tensor]:
        full = encoder.full_size(image)
        half = encoder.half_size(functional.max_pool2d(full, 2))
        return [full, half, encoder.quarter_size(functional.max_pool2d(half, 2))]

    i, v = encode(network.encoder_infrared, infrared), encode(network.encoder_visible, visible)
    quarter, gate_quarter = _integrate(network.cfi["quarter_size"], i[2], v[2])
    half, gate_half = _integrate(network.cfi["half_size"], i[1], v[1])
    full, gate_full = _integrate(network.cfi["full_size"], i[0], v[0])
    decoded = network.decoder["half_size"](up(quarter, half) + half)
    decoded = network.decoder["full_size"](up(decoded, full) + full)
    return torch.sigmoid(network.output(decoded)), [gate_full, gate_half, gate_quarter]


def _integrate(cfi: CFI, infrared: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    to_infrared = attention(cfi.query_visible(visible), cfi.key_infrared(infrared), cfi.value_infrared(infrared))
    to_visible = attention(cfi.query_infrared(infrared), cfi.key_visible(visible), cfi.value_visible(visible))
    complementary, local = to_infrared + to_visible, infrared + visible
    gate = torch.sigmoid(cfi.gate(complementary))
    return cfi.refine(gate * complementary + (1 - gate) * local), gate


def loss(network: FusionNetwork, views: Views, recipe: Recipe) -> Tensor:
    """The objective of equation 9 on five passes."""
    fused, gates = {}, {}
    for name, (infrared, visible) in views.items():
        fused[name], gates[name] = forward(network, infrared, visible)
    infrared, visible = views["clean"]
    clean = fused["clean"]
    gradient = [_laplacian(image) for image in (clean, infrared, visible)]
    if recipe.gradient_max == "absolute":
        gradient = [image.abs() for image in gradient]
    total = (clean - infrared).abs().mean() + (clean - visible).abs().mean()
    total = total + recipe.gradient_weight * (gradient[0] - torch.max(gradient[1], gradient[2])).abs().mean()
    total = total + recipe.alpha * _consistency(fused, gates, recipe)
    necessity = (clean - fused["infrared_only"]).abs().mean() + (clean - fused["visible_only"]).abs().mean()
    return total + recipe.beta * (necessity if recipe.necessity == "minimise" else 2 - necessity)


def _consistency(fused: dict[str, Tensor], gates: dict[str, list[Tensor]], recipe: Recipe) -> Tensor:
    def mean_gate(name: str) -> Tensor:
        size = fused[name].shape[2:]
        return sum(functional.interpolate(gate, size=size, mode="bilinear") for gate in gates[name]) / 3

    def regularised(gate: Tensor) -> Tensor:
        inside = gate.clamp(1e-6, 1 - 1e-6)
        entropy = -(inside * inside.log() + (1 - inside) * (1 - inside).log()).mean()
        return (gate.mean() - recipe.gate_target).abs() + (-entropy if recipe.entropy == "maximise" else entropy)

    def difference(name: str, gate: Tensor) -> Tensor:
        return ((fused[name] - fused["clean"]).abs() * gate).mean()

    share = 1 if recipe.consistency == "sum" else 0.5
    if recipe.consistency_gate == "clean":
        gate = mean_gate("clean")
        return share * sum(difference(name, gate) for name in ("complementary", "random")) + regularised(gate)
    own = {name: mean_gate(name) for name in ("complementary", "random")}
    return share * sum(difference(name, gate) + regularised(gate) for name, gate in own.items())


def _laplacian(image: Tensor) -> Tensor:
    kernel = torch.tensor([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]], dtype=image.dtype, device=image.device).view(1, 1, 3, 3)
    return functional.conv2d(image, kernel, padding=1)


def step(network: FusionNetwork, optimiser: torch.optim.Optimizer, views: Views, recipe: Recipe) -> float:
    """One step of the optimiser; the loss before it."""
    optimiser.zero_grad()
    value = loss(network, views, recipe)
    value.backward()
    optimiser.step()
    return value.item()
