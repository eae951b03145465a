"""Which device computes, and in which precision."""

from __future__ import annotations

import re

import torch
from torch import Tensor


def choose_device(which: str | torch.device = "auto") -> torch.device:
    """The device called `which`: `cpu`, `cuda`, `cuda:1`; `auto` is CUDA where there is one, else the processor.

    Choosing CUDA turns TF32 convolutions off for the process: they would move results by grey levels, and float32
    would not be float32. A CUDA device that is chosen by its number is the process's current one, which `cuda` names.

    Raises:
        ValueError: for another name, whether PyTorch knows it or not, and for a CUDA device that is not there.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", str(which)):
        raise ValueError(f"no device is called {str(which)!r}: use auto, cpu or cuda")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu") if which == "auto" else torch.device(which)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("there is no CUDA device here: use --device cpu, or auto")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no device {which} here: they are cuda:0 to cuda:{torch.cuda.device_count() - 1}")
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        if device.index is not None:
            torch.cuda.set_device(device)
    return device


def one_channel_last(tensor: Tensor) -> Tensor:
    """The same values with channels-last strides. With one channel both layouts look contiguous, so that
    `.contiguous(memory_format=...)` does nothing, and convolutions would fall back to the slow layout."""
    batch, _, height, width = tensor.shape
    return tensor.contiguous().as_strided(tensor.shape, (height * width, 1, width, 1))


def computing_type(precision: str, device: torch.device) -> torch.dtype:
    """Make convolutions of this process compute as a run's description says: the type that they compute in.

    Args:
        precision: `float32`, `bfloat16`, or `tf32`: float32 with factors rounded to 10 bits, which CUDA alone has.

    Raises:
        ValueError: for `tf32` where there is no CUDA device.
    """
    if precision == "tf32" and device.type != "cuda":
        raise ValueError("tf32 is a precision of CUDA devices: use float32 here")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return torch.float32 if precision == "tf32" else getattr(torch, precision)


PRECISIONS = ("auto", "float32", "bfloat16")


def choose_precision(which: str, device: torch.device) -> torch.dtype:
    """The type of convolutions and attention; outputs, losses, weights and the optimiser are always float32.

    `auto` is bfloat16 where the hardware multiplies it faster than float32, else float32.

    Raises:
        ValueError: for a name that is not in `PRECISIONS`.
    """
    if which not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {which!r}")
    if which != "auto":
        return getattr(torch, which)
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    # Not public in every release that the package allows; a processor that cannot be asked gets float32.
    asked = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    return torch.bfloat16 if any(question and question() for question in asked) else torch.float32
