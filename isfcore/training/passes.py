"""The forward passes of one training step: clean, and under each intervention (section 3.4).

The passes share what they can without changing what any layer sees. An image that stands in several passes is encoded
once, and the black image that stands for a dropped modality is encoded once for the whole batch. Each pass still goes
through the network on its own, because batch norm must see it on its own: stacking passes along the batch, with batch
norm by parts, came out slower on a processor, whose caches hold one pass better than five.

Batch norm sees, in each pass, the samples of all processes, so that training does not depend on how many there are. Its
running statistics are updated for each pass, clean, complementary, random, infrared only, visible only, in that order,
also where the encoder did not run again: that is what the released script's five plain passes do.

A dropped modality is ill-conditioned in a network that was not trained yet: batch norm has no bias then, a black image
is the same everywhere, and dividing by its deviation of almost zero blows rounding errors up, layer after layer. In
float32 the necessity losses of the first steps therefore differ by percents between devices, thread counts or numbers
of processes, with any implementation; as soon as the biases have moved they agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from isfcore.machine.processes import average, count
from isfcore.network import Encoder, Features, Fused, FusionNetwork, blocks, with_pooled


class Seen(NamedTuple):
    """What one batch norm saw in one pass: the `mean` and biased `variance` of each channel, (C,), and an image's
    number of positions."""

    mean: Tensor
    variance: Tensor
    positions: int


Norm = Any  # an `nn.BatchNorm2d`; by PyTorch's types it might have no statistics, and all here have
Statistics = dict[Norm, list[Seen]]


@contextmanager
def recording(network: FusionNetwork) -> Iterator[Statistics]:
    """Within the block, batch norms normalise by their batch, write down what they saw, and update nothing."""
    statistics: Statistics = {module: [] for module in network.modules() if isinstance(module, nn.BatchNorm2d)}
    recorded = [block for _, block in blocks(network)]
    for block in recorded:
        block.forward = partial(_forward_block, block, statistics)  # type: ignore[method-assign]
    try:
        yield statistics
    finally:
        for block in recorded:
            del block.forward


def _forward_block(block: Any, statistics: Statistics, image: Tensor) -> Tensor:
    convolution, norm, activation = block  # of `isfcore.network.convolution`
    image = convolution(image)
    normalise = _normalise if count() == 1 else _normalise_together
    image, mean, variance = normalise(image, norm)
    statistics[norm].append(Seen(mean, variance, image.shape[2] * image.shape[3]))
    return functional.leaky_relu(image, activation.negative_slope, inplace=True)


def _normalise(image: Tensor, norm: Norm) -> tuple[Tensor, Tensor, Tensor]:
    mean, variance = torch.zeros_like(norm.running_mean), torch.zeros_like(norm.running_var)
    # With a momentum of 1 the statistics of the batch take the place of the running ones; variance comes unbiased.
    image = functional.batch_norm(image, mean, variance, norm.weight, norm.bias, True, 1.0, norm.eps)
    values = image.numel() // image.shape[1]
    return image, mean, variance * ((values - 1) / values)


def _normalise_together(image: Tensor, norm: Norm) -> tuple[Tensor, Tensor, Tensor]:
    """The same over the samples of all processes; PyTorch's own synchronised batch norm is for CUDA alone."""
    values = image.to(norm.weight.dtype)
    mean = average(values.mean(dim=(0, 2, 3)))
    centred = values - mean.view(1, -1, 1, 1)
    variance = average(centred.square().mean(dim=(0, 2, 3)))
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    normalised = centred * scale.view(1, -1, 1, 1) + norm.bias.view(1, -1, 1, 1)
    return normalised.to(image.dtype), mean.detach(), variance.detach()


def update_running(statistics: Statistics, batch: int) -> None:
    """Update running means and variances by what was seen, in order.

    Args:
        statistics: from `recording`.
        batch: samples of all processes, which make the variance unbiased.
    """
    with torch.no_grad():
        for number in range(max((len(calls) for calls in statistics.values()), default=0)):
            called = [(norm, calls[number]) for norm, calls in statistics.items() if number < len(calls)]
            for momentum in {norm.momentum for norm, _ in called}:  # one, but for a network made to differ
                norms, seen = zip(*(both for both in called if both[0].momentum == momentum), strict=True)
                unbiased = [batch * each.positions / (batch * each.positions - 1) for each in seen]
                variances = torch._foreach_mul([each.variance for each in seen], unbiased)
                torch._foreach_lerp_([norm.running_mean for norm in norms], [each.mean for each in seen], momentum)
                torch._foreach_lerp_([norm.running_var for norm in norms], variances, momentum)
        for norm, calls in statistics.items():
            norm.num_batches_tracked += len(calls)


def settle_statistics(network: FusionNetwork, batches: Iterable[dict[str, tuple[Tensor, Tensor]]]) -> None:
    """Replace running statistics by the plain mean of what batch norm sees over many batches, all passes alike.

    Running statistics with a momentum of 0.1 that five passes a step update rest on about two steps. That is a large
    sample with the paper's 16 crops of 256 a step, and a noisy one with a few small crops.

    Args:
        batches: views of each, as for `run_passes`.
    """
    collected: Statistics = {}
    for views in batches:
        with torch.no_grad(), recording(network) as statistics:
            run_passes(network, views, statistics)
        for norm, calls in statistics.items():
            collected.setdefault(norm, []).extend(calls)
    for norm, calls in collected.items():
        norm.running_mean.copy_(torch.stack([seen.mean for seen in calls]).mean(dim=0))
        norm.running_var.copy_(torch.stack([seen.variance for seen in calls]).mean(dim=0))


def run_passes(
    network: FusionNetwork, views: dict[str, tuple[Tensor, Tensor]], statistics: Statistics
) -> dict[str, Fused]:
    """Fuse each view of a batch, within `recording`.

    Args:
        views: infrared and visible images (B, 1, H, W) in [0, 1] by pass, in the order in which batch norm is to see
            them. Images that are the same tensor are encoded once; one that was expanded from a single image, as
            `isfcore.masks.intervene` gives for a dropped modality, is encoded as that single image.
        statistics: what `recording` gave.
    """
    encoded: dict[tuple[Encoder, int], tuple[dict[str, Features], dict[nn.BatchNorm2d, Seen]]] = {}

    def encode(encoder: Encoder, image: Tensor) -> dict[str, Features]:
        norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm2d)]
        key = (encoder, id(image))
        if key in encoded:
            features, seen = encoded[key]
            for norm in norms:
                statistics[norm].append(seen[norm])
        else:
            one_for_all = image.stride(0) == 0
            features = with_pooled(encoder(image[:1] if one_for_all else image), network.pooled_side)
            encoded[key] = features, {norm: statistics[norm][-1] for norm in norms}
        everywhere = (len(image), -1, -1, -1)
        return {scale: Features(*(part.expand(everywhere) for part in both)) for scale, both in features.items()}

    return {
        name: network.integrate(encode(network.encoder_infrared, infrared), encode(network.encoder_visible, visible))
        for name, (infrared, visible) in views.items()
    }
