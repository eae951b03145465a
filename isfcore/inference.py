"""Running a trained network fast, exactly, and in bounded memory.

Speed comes from arithmetic that changes nothing but the order of rounding: batch normalisation is folded into the
convolution before it, features lie channels-last, which is what the processor's convolutions want, and the full-size
layers go row stripe by row stripe, because fetching fresh memory for large temporaries costs a processor more than the
arithmetic on the few rows that stripes share.

Large images go through in tiles: a first pass collects the r x r averages that attention needs of the whole image; then
every output pixel depends on its neighbourhood only, and a second pass computes it with that much margin.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from isfcore.machine.devices import one_channel_last
from isfcore.network import SCALES, Features, Fused, FusionNetwork, blocks, check_pair

# Pixels around a tile that its result depends on: 35 (two convolutions a stage, the gate, the refinement, and the
# interpolation between scales), 3 more where odd sides shift the interpolation, and up to a multiple of 4 so that
# tiles meet the pooling grid.
MARGIN = 40
TILE = 1024
STRIPE = 2**16  # pixels of a row stripe: 8 MB of features


def folded(network: FusionNetwork) -> FusionNetwork:
    """A copy of a network in evaluation mode, with batch norm folded into the convolution before it.

    Same outputs up to float32 rounding. `network` itself is left as it is.
    """
    copied = copy.deepcopy(network).eval().requires_grad_(False)
    for name, block in blocks(copied):
        convolution = nn.utils.fusion.fuse_conv_bn_eval(block[0], block[1])
        copied.set_submodule(name, nn.Sequential(convolution, nn.LeakyReLU(block[2].negative_slope, inplace=True)))
    return copied


def prepare(network: FusionNetwork, device: str | torch.device = "cpu") -> FusionNetwork:
    """A copy of a network for inference: evaluation mode, batch norm folded, channels-last, on `device`.

    Same outputs up to float32 rounding. `network` itself is left as it is.
    """
    prepared = folded(network).to(device=device)
    prepared = prepared.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # which its types lack
    for module in prepared.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == 1:
            module.weight.data = one_channel_last(module.weight.data)
    if torch.device(device).type == "cpu":
        for encoder in (prepared.encoder_infrared, prepared.encoder_visible):
            encoder.finest = _by_rows(encoder.full_size, reach=2)
        prepared.finish = _by_rows(partial(FusionNetwork.finish, prepared), reach=5)
    return prepared


Outputs = Tensor | tuple[Tensor, ...]


def _by_rows(function: Callable[..., Outputs], *, reach: int) -> Callable[..., Outputs]:
    """A function of images applied to one stripe of rows after the other, with the same result.

    Args:
        function: takes and returns tensors (B, C, H, W) of one height; of `Features` the `local` part is cut.
        reach: how many rows around a row its result depends on.
    """

    def striped(*inputs: Tensor | Features) -> Outputs:
        first = inputs[0].local if isinstance(inputs[0], Features) else inputs[0]
        batch, _, height, width = first.shape
        rows = max(4 * reach, STRIPE // (batch * width))
        if rows >= height:
            return function(*inputs)
        whole: tuple[Tensor, ...] = ()
        for read, keep in _spans(height, rows, reach):
            outputs = function(*(_rows(value, read) for value in inputs))
            parts = (outputs,) if isinstance(outputs, Tensor) else outputs
            if not whole:
                shapes = [(batch, part.shape[1], height, width) for part in parts]
                whole = tuple(torch.empty(shape, memory_format=torch.channels_last) for shape in shapes)
            inside = slice(keep.start - read.start, keep.stop - read.start)
            for place, part in zip(whole, parts, strict=True):
                place[:, :, keep] = part[:, :, inside]
        return whole[0] if isinstance(outputs, Tensor) else whole

    return striped


def _rows(value: Tensor | Features, span: slice) -> Tensor | Features:
    if isinstance(value, Features):
        return value._replace(local=value.local[:, :, span])
    return value[:, :, span]


class Window(NamedTuple):
    """A span of rows and of columns, as slices into the whole image."""

    rows: slice
    columns: slice


def _spans(length: int, tile: int, margin: int) -> list[tuple[slice, slice]]:
    """Cut [0, length) into tiles; for each, what to read (with margin) and what to keep."""
    spans = []
    for start in range(0, length, tile):
        stop = min(start + tile, length)
        read = slice(max(start - margin, 0), min(stop + margin, length))
        spans.append((read, slice(start, stop)))
    return spans


def _tiles(height: int, width: int, tile: int) -> list[tuple[Window, Window]]:
    return [
        (Window(read_rows, read_columns), Window(keep_rows, keep_columns))
        for read_rows, keep_rows in _spans(height, tile, MARGIN)
        for read_columns, keep_columns in _spans(width, tile, MARGIN)
    ]


def _coarser(length: int, scale: str) -> int:
    """The length at a scale; max pooling drops the odd row."""
    for _ in range(SCALES.index(scale)):
        length //= 2
    return length


def _pooling_matrix(side: int, length: int, like: Tensor) -> Tensor:
    """(r, length) matrix whose product with a signal is its adaptive average pooling to r = `side` values."""
    matrix = like.new_zeros(side, length)
    for row in range(side):
        start = row * length // side
        stop = -(-(row + 1) * length // side)
        matrix[row, start:stop] = 1 / (stop - start)
    return matrix


def _pooled_of_whole(network: FusionNetwork, infrared: Tensor, visible: Tensor, tile: int) -> list[dict[str, Tensor]]:
    """First pass: the r x r averages of both modalities' features, by scale."""
    height, width = infrared.shape[2:]
    matrices = {
        scale: [_pooling_matrix(network.pooled_side, _coarser(side, scale), infrared) for side in (height, width)]
        for scale in SCALES
    }
    pooled: list[dict[str, Tensor]] = [{}, {}]
    for read, keep in _tiles(height, width, tile):
        encoded = network.encode(infrared[:, :, *read], visible[:, :, *read])
        for features, sums in zip(encoded, pooled, strict=True):
            for scale in SCALES:
                rows, columns = matrices[scale]
                (inner_rows, whole_rows), (inner_columns, whole_columns) = (
                    _at_scale(read_span, keep_span, scale, matrix.shape[1])
                    for read_span, keep_span, matrix in zip(read, keep, (rows, columns), strict=True)
                )
                part = features[scale][:, :, inner_rows, inner_columns]
                part = rows[:, whole_rows] @ part @ columns[:, whole_columns].t()
                sums[scale] = sums.get(scale, 0) + part
    return pooled


def _at_scale(read: slice, keep: slice, scale: str, length: int) -> tuple[slice, slice]:
    """Where a kept span lies at a coarser scale: inside the span that was read, and in the whole image."""
    factor = 2 ** SCALES.index(scale)
    start, stop = keep.start // factor, min(-(-keep.stop // factor), length)
    first = read.start // factor
    return slice(start - first, stop - first), slice(start, stop)


def _neighbours(start: int, count: int, length: int, coarse_start: int, coarse_count: int, coarse_length: int):
    """Bilinear interpolation of `count` positions from `start` on: two coarse indices and a weight for each."""
    position = (torch.arange(start, start + count, dtype=torch.float32) + 0.5) * (coarse_length / length) - 0.5
    position = position.clamp(min=0)
    lower = position.floor().long()
    upper = (lower + 1).clamp(max=coarse_length - 1)
    # Neighbours outside the tile that was read matter to its margin only, which is thrown away.
    here, above = ((index - coarse_start).clamp(0, coarse_count - 1) for index in (lower, upper))
    return here, above, position - lower


def _upsample_window(read: Window, height: int, width: int):
    """An `upsample` for `FusionNetwork.integrate` that interpolates as the whole image would, odd sides included."""

    def upsample(coarse: Tensor, scale: str, size: torch.Size) -> Tensor:
        below = SCALES[SCALES.index(scale) + 1]
        coarse = coarse.permute(0, 2, 3, 1)  # so that index_select, which lays axes out in order, keeps channels last
        for axis, (span, length) in enumerate(((read.rows, height), (read.columns, width)), start=1):
            start, coarse_start = (span.start // 2 ** SCALES.index(name) for name in (scale, below))
            lower, upper, weight = _neighbours(
                start,
                size[axis - 1],
                _coarser(length, scale),
                coarse_start,
                coarse.shape[axis],
                _coarser(length, below),
            )
            lower, upper, weight = (index.to(coarse.device) for index in (lower, upper, weight))
            weight = weight.view(-1, 1, 1) if axis == 1 else weight.view(-1, 1)
            coarse = torch.lerp(coarse.index_select(axis, lower), coarse.index_select(axis, upper), weight)
        return coarse.permute(0, 3, 1, 2)

    return upsample


@torch.inference_mode()
def run(network: FusionNetwork, infrared: Tensor, visible: Tensor, *, tile: int = TILE) -> Fused:
    """Fuse a batch with a prepared network; images with a side above `tile` + 2 margins go through in tiles.

    Args:
        network: from `prepare`.
        infrared: (B, 1, H, W) in [0, 1], any size from 4 x 4 pixels, any dtype and device.
        visible: the visible luma, same shape and range.
        tile: side of a tile in pixels, a multiple of 4; memory grows with its square and not with the image's size.

    Returns:
        Fused luma (B, 1, H, W) in [0, 1] on the network's device; gates by scale, empty where tiles were used.

    Raises:
        ValueError: for a tile that is not a positive multiple of 4, images of shapes that the network refuses, or
            values outside [0, 1] (grey levels, NaN).
    """
    if tile < 4 or tile % 4:
        raise ValueError(f"tile must be a positive multiple of 4, not {tile}")
    check_pair(infrared, visible)
    for name, image in (("infrared", infrared), ("visible", visible)):
        low, high = (value.item() for value in image.aminmax())
        if not (low >= 0 and high <= 1):  # as one NaN makes both NaN, this refuses it too
            raise ValueError(f"the {name} image must lie in [0, 1], not in [{low:g}, {high:g}]")
    device = network.output.weight.device
    infrared, visible = (one_channel_last(image.to(device, torch.float32)) for image in (infrared, visible))
    height, width = infrared.shape[2:]
    if max(height, width) <= tile + 2 * MARGIN:
        return network(infrared, visible)
    pooled = _pooled_of_whole(network, infrared, visible, tile)
    luma = torch.empty_like(infrared)
    for read, keep in _tiles(height, width, tile):
        encoded = network.encode(infrared[:, :, *read], visible[:, :, *read])
        features = [
            {scale: Features(local[scale], averages[scale]) for scale in SCALES}
            for local, averages in zip(encoded, pooled, strict=True)
        ]
        part = network.integrate(*features, upsample=_upsample_window(read, height, width)).luma
        rows, columns = (slice(k.start - r.start, k.stop - r.start) for r, k in zip(read, keep, strict=True))
        luma[:, :, *keep] = part[:, :, rows, columns]
    return Fused(luma, {})
