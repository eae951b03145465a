"""Computing in bfloat16, with the same rounding on processors that cannot multiply it.

On x86 without AVX-512 the library's bfloat16 convolutions are reference code, ten times slower than float32. A product
of two bfloat16 numbers is exact in float32, and hardware adds such products up in float32, too: so factors are rounded
to bfloat16, multiplied in float32, and the result is rounded. Only the order of additions differs. Autograd goes the
same way back, since the gradient of a rounding is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

PRODUCTS = {
    torch.conv2d,
    torch.matmul,
    torch.Tensor.matmul,
    torch.Tensor.__matmul__,
    torch.baddbmm,
    functional.scaled_dot_product_attention,
}  # what autocast lowers of what the network calls; `Tensor @ Tensor` arrives as one of the three of `matmul`


@contextmanager
def lower_precision(device: torch.device, precision: torch.dtype) -> Iterator[None]:
    """Within the block, convolutions and attention compute in `precision`, and what follows them, as far as autocast
    lets it; nothing is changed for float32.

    Args:
        precision: from `isfcore.machine.devices.choose_precision`.
    """
    by_hand = precision == torch.bfloat16 and device.type == "cpu" and not multiplies_bfloat16()
    lowered = torch.autocast(device.type, precision, enabled=precision != torch.float32)
    with lowered, RoundedProducts() if by_hand else nullcontext():
        yield


def multiplies_bfloat16() -> bool:
    """Whether the library has more than reference code for bfloat16 on this processor."""
    asked = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)  # not public: who cannot be asked has none
    return bool(asked and asked())


class RoundedProducts(TorchFunctionMode):
    """Within the block, `PRODUCTS` take factors rounded to bfloat16, compute in float32, and round what comes out."""

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        named = kwargs or {}
        if func not in PRODUCTS:
            return func(*args, **named)
        with torch.autocast("cpu", enabled=False):
            return func(*map(_rounded, args), **{name: _rounded(value) for name, value in named.items()}).bfloat16()


def _rounded(value: Any) -> Any:
    return value.bfloat16().float() if isinstance(value, Tensor) else value
