"""The fusion network of the paper (section 3.3, Figure 2, equations 5 to 8).

Two encoders give features of the infrared and of the visible image at three scales (H, H/2, H/4). At each scale a
Causal Feature Integrator (CFI) lets each modality attend to the other, and an invariance gate blends what attention
brings (complementary features) with the plain sum (local features). A decoder upsamples and adds.

The printed and the released network differ; one class is both:

================  =====================================  =============================================
argument          `printed` reading                      `released` reading
================  =====================================  =============================================
`encoder`         `shared` (section 3.3)                 `separate`
`gate`            `printed`: sigmoid(Conv3x3), eq. 8     `released`: conv-BN-LeakyReLU-conv, and a
                                                         refining convolution after the blend
================  =====================================  =============================================

Shapes in comments: B batch, C = 32 channels, h x w a scale's size, r = 8 the side of the pooled keys.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 32  # at every scale (released code)
POOLED_SIDE = 8  # r of section 4.1
SCALES = ("full_size", "half_size", "quarter_size")
Upsample = Callable[[Tensor, str, torch.Size], Tensor]


class Fused(NamedTuple):
    """What the network returns: `luma` (B, 1, H, W) in [0, 1], and the gate of each scale, (B, 1, h, w) in [0, 1]."""

    luma: Tensor
    gates: dict[str, Tensor]


class Features(NamedTuple):
    """One modality's features at one scale, (B, C, h, w), and the same pooled to (B, C, r, r)."""

    local: Tensor
    pooled: Tensor


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3x3 convolution, batch normalisation and leaky ReLU: the network's only building block."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.01))


def blocks(network: nn.Module) -> list[tuple[str, Any]]:
    """Every `convolution` of a network, an `nn.Sequential`, with its name."""
    sequences = [(name, part) for name, part in network.named_modules() if isinstance(part, nn.Sequential)]
    return [(name, part) for name, part in sequences if len(part) == 3 and isinstance(part[1], nn.BatchNorm2d)]


def two_convolutions(inputs: int) -> nn.Sequential:
    return nn.Sequential(convolution(inputs, CHANNELS), convolution(CHANNELS, CHANNELS))


def full_precision(tensor: Tensor) -> Tensor:
    """float32 for the half-precision types that mixed precision brings; others stay as they are."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def upsample_to(coarse: Tensor, scale: str, size: torch.Size) -> Tensor:
    """Bilinear upsampling to the size of the next scale, corners not aligned; sides may be odd."""
    return functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)


class Encoder(nn.Module):
    """Three stages of two convolutions, with 2x2 max pooling between them."""

    def __init__(self) -> None:
        super().__init__()
        self.full_size = two_convolutions(1)
        self.half_size = two_convolutions(CHANNELS)
        self.quarter_size = two_convolutions(CHANNELS)

    def finest(self, image: Tensor) -> Tensor:
        """From (B, 1, H, W) to the features of the full size, (B, C, H, W); a row depends on 2 rows around it."""
        return self.full_size(image)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 1, H, W) to the features of each scale, (B, C, H, W), (B, C, H/2, W/2), (B, C, H/4, W/4)."""
        full = self.finest(image)
        half = self.half_size(functional.max_pool2d(full, 2))
        return {"full_size": full, "half_size": half, "quarter_size": self.quarter_size(functional.max_pool2d(half, 2))}


def attention(queries: Tensor, keys: Tensor, values: Tensor, offsets: Tensor) -> Tensor:
    """softmax(queries keys^T + offsets) values: (B, n, C) of queries (B, n, C), keys and values (B, m, C).

    The library's fused kernels are fastest, but have no gradient for offsets (B, 1, m), and with one fall back to a
    slower way than the one written out here.
    """
    if torch.is_grad_enabled() and offsets.requires_grad:
        weights = torch.softmax(torch.baddbmm(offsets, queries, keys.transpose(1, 2)), dim=-1)
        return weights @ values
    mask = offsets.unsqueeze(1).expand(-1, -1, queries.shape[1], -1)
    queries, keys, values = (tensor.unsqueeze(1) for tensor in (queries, keys, values))  # one head
    return functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=1.0).squeeze(1)


def projection() -> nn.Conv2d:
    """A 1x1 convolution: queries, keys or values of one modality."""
    return nn.Conv2d(CHANNELS, CHANNELS, 1)


def attend(asking: Features, answering: Features, query: nn.Conv2d, key: nn.Conv2d, value: nn.Conv2d) -> Tensor:
    """Cross-modal attention (equation 6): (B, C, h, w) of the answering modality's values, one head.

    Both projections of the answering modality are taken after pooling: a 1x1 convolution commutes with an average, and
    r x r positions are fewer than h x w. The query's projection W x + b meets the keys in a product only, so W goes
    over to the r x r keys as well, and the full-size query is never formed.
    """
    flat = key(answering.pooled).flatten(2)  # (B, C, r*r)
    keys = flat.transpose(1, 2)  # (B, r*r, C)
    values = value(answering.pooled).flatten(2).transpose(1, 2)  # (B, r*r, C)
    positions = asking.local.flatten(2).transpose(1, 2)  # (B, h*w, C)
    keys_of_positions = keys @ query.weight.flatten(1)  # (B, r*r, C)
    # The vector stands first: onnxruntime multiplies a transposed stack of matrices by a vector wrongly (export.py).
    assert query.bias is not None
    offsets = (query.bias.to(keys.dtype) @ flat).unsqueeze(1) * CHANNELS**-0.5  # (B, 1, r*r)
    attended = attention(positions, keys_of_positions * CHANNELS**-0.5, values, offsets)
    return attended.transpose(1, 2).unflatten(2, asking.local.shape[2:])


class CFI(nn.Module):
    """The Causal Feature Integrator at one scale (equations 5 to 8)."""

    def __init__(self, gate: str) -> None:
        super().__init__()
        self.query_visible, self.query_infrared = projection(), projection()  # equation 5
        self.key_visible, self.key_infrared = projection(), projection()
        self.value_visible, self.value_infrared = projection(), projection()
        self.gate: nn.Module
        self.refine: nn.Module
        if gate == "released":
            self.gate = nn.Sequential(convolution(CHANNELS, CHANNELS // 2), nn.Conv2d(CHANNELS // 2, 1, 1))
            self.refine = convolution(CHANNELS, CHANNELS)
        else:
            self.gate = nn.Conv2d(CHANNELS, 1, 3, padding=1)
            self.refine = nn.Identity()

    def forward(self, infrared: Features, visible: Features) -> tuple[Tensor, Tensor]:
        """From both modalities' features to the integrated features (B, C, h, w) and the gate (B, 1, h, w)."""
        of_infrared = attend(visible, infrared, self.query_visible, self.key_infrared, self.value_infrared)
        of_visible = attend(infrared, visible, self.query_infrared, self.key_visible, self.value_visible)
        complementary = of_infrared + of_visible  # equation 7
        local = infrared.local + visible.local
        gate = torch.sigmoid(full_precision(self.gate(complementary)))
        blended = torch.lerp(local, complementary, gate.to(local.dtype))  # equation 8
        return self.refine(blended), gate


class LocalSum(nn.Module):
    """What is left of a CFI when it is ablated (Table 2): equation 8 with a gate of 0, the sum of both features."""

    def forward(self, infrared: Features, visible: Features) -> tuple[Tensor, Tensor]:
        """Shapes as of `CFI`; the gate is 0 everywhere."""
        local = infrared.local + visible.local
        return local, local.new_zeros(len(local), 1, *local.shape[2:], dtype=torch.float32)


class FusionNetwork(nn.Module):
    """The paper's network: infrared and visible luma in, fused luma and invariance gates out.

    Args:
        encoder: `separate` weights for the two modalities (released) or `shared` (printed, section 3.3).
        gate: `released` or `printed`, see the module's table.
        integrator: `cfi`, or `sum` for the ablation without it.
        pooled_side: r, the side that features are pooled to for keys and values.

    Raises:
        ValueError: for another value of any.
    """

    def __init__(
        self,
        *,
        encoder: str = "separate",
        gate: str = "released",
        integrator: str = "cfi",
        pooled_side: int = POOLED_SIDE,
    ) -> None:
        super().__init__()
        if encoder not in ("separate", "shared"):
            raise ValueError(f"encoder must be 'separate' or 'shared', not {encoder!r}")
        if gate not in ("released", "printed"):
            raise ValueError(f"gate must be 'released' or 'printed', not {gate!r}")
        if integrator not in ("cfi", "sum"):
            raise ValueError(f"integrator must be 'cfi' or 'sum', not {integrator!r}")
        if type(pooled_side) is not int or not 1 <= pooled_side <= 64:  # 64 x 64 keys take minutes an image
            raise ValueError(f"pooled_side must be a whole number from 1 to 64, not {pooled_side!r}")
        self.reading = {"encoder": encoder, "gate": gate, "integrator": integrator, "pooled_side": pooled_side}
        self.pooled_side = pooled_side
        self.encoder_infrared = Encoder()
        self.encoder_visible = Encoder() if encoder == "separate" else self.encoder_infrared
        self.cfi = nn.ModuleDict({scale: CFI(gate) if integrator == "cfi" else LocalSum() for scale in SCALES})
        self.decoder = nn.ModuleDict({scale: two_convolutions(CHANNELS) for scale in ("half_size", "full_size")})
        self.output = nn.Conv2d(CHANNELS, 1, 3, padding=1)

    def encode(self, infrared: Tensor, visible: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Features of both images (B, 1, H, W) in [0, 1], by scale."""
        return self.encoder_infrared(infrared), self.encoder_visible(visible)

    def integrate(
        self, infrared: dict[str, Features], visible: dict[str, Features], *, upsample: Upsample = upsample_to
    ) -> Fused:
        """CFI at each scale, then the decoder from the coarsest scale to the finest.

        `upsample(coarse, scale, size)` brings features to the `size` of the named scale; inference by tiles gives its
        own, since the place of a tile in the whole image decides the weights of the interpolation.
        """
        gates = {}
        decoded, gates["quarter_size"] = self.cfi["quarter_size"](infrared["quarter_size"], visible["quarter_size"])
        integrated, gates["half_size"] = self.cfi["half_size"](infrared["half_size"], visible["half_size"])
        upsampled = upsample(decoded, "half_size", integrated.shape[2:])
        decoded = self.decoder["half_size"](integrated + upsampled)
        upsampled = upsample(decoded, "full_size", infrared["full_size"].local.shape[2:])
        luma, gates["full_size"] = self.finish(upsampled, infrared["full_size"], visible["full_size"])
        return Fused(luma, {scale: gates[scale] for scale in SCALES})

    def finish(self, upsampled: Tensor, infrared: Features, visible: Features) -> tuple[Tensor, Tensor]:
        """The full size: from upsampled features (B, C, H, W) and both modalities' to the fused luma and the gate.

        A row depends on 5 rows around it: 2 in the CFI, 2 in the decoder, 1 in the output.
        """
        integrated, gate = self.cfi["full_size"](infrared, visible)
        decoded = self.decoder["full_size"](integrated + upsampled)
        # In full precision also where the rest is mixed: training compares outputs that differ by little.
        with torch.autocast(decoded.device.type, enabled=False):
            return torch.sigmoid(self.output(full_precision(decoded))), gate

    def forward(self, infrared: Tensor, visible: Tensor) -> Fused:
        """Fuse a batch.

        Args:
            infrared: (B, 1, H, W) in [0, 1].
            visible: the visible image's luma, same shape and range.

        Values are not looked at; `isfcore.inference.run` refuses those outside the range.

        Raises:
            ValueError: when the shapes differ, there is not one channel, or a side is under 4 pixels.
        """
        check_pair(infrared, visible)
        return self.integrate(*(with_pooled(features, self.pooled_side) for features in self.encode(infrared, visible)))


def exchange(network: FusionNetwork) -> FusionNetwork:
    """A copy in which the two modalities have changed places: what it makes of an infrared and a visible image is what
    `network` makes of them the other way round."""
    exchanged = copy.deepcopy(network)
    for part in (exchanged, *exchanged.cfi.values()):
        ours = [name for name, _ in part.named_children() if name.endswith("_infrared")]
        for infrared, visible in ((name, name.replace("_infrared", "_visible")) for name in ours):
            before = getattr(part, infrared), getattr(part, visible)
            setattr(part, infrared, before[1])
            setattr(part, visible, before[0])
    return exchanged


def check_pair(infrared: Tensor, visible: Tensor) -> None:
    """ValueError unless both are (B, 1, H, W) of one size, with at least one image of at least 4 x 4 pixels."""
    if infrared.shape != visible.shape or infrared.dim() != 4 or infrared.shape[1] != 1:
        raise ValueError(
            "infrared and visible must both be (B, 1, H, W) of one size, "
            f"not {tuple(infrared.shape)} and {tuple(visible.shape)}"
        )
    if len(infrared) < 1 or min(infrared.shape[2:]) < 4:
        raise ValueError(f"there must be at least one image of at least 4 x 4 pixels, not {tuple(infrared.shape)}")


def with_pooled(features: dict[str, Tensor], side: int = POOLED_SIDE) -> dict[str, Features]:
    """Add to each scale's features their average over an r x r grid, which keys and values are made from."""
    return {scale: Features(x, functional.adaptive_avg_pool2d(x, side)) for scale, x in features.items()}
