"""What the authors call the tensors of their checkpoint, and what we call them."""

from __future__ import annotations

from torch import Tensor

# The authors' names of the parts that are used, and ours. Their CFIs are numbered after the decoder stages.
_ENCODERS = {"encoder_ir": "encoder_infrared", "encoder_vis": "encoder_visible"}
_STAGES = {"module1": "full_size", "module2": "half_size", "module3": "quarter_size"}
_DECODER = {"adjust_channels4": "decoder.half_size", "adjust_channels5": "decoder.full_size"}
_CFIS = {"cfi3": "cfi.quarter_size", "cfi4": "cfi.half_size", "cfi5": "cfi.full_size"}
# Layers of two convolutions, which they number in one list (2 is a ReLU) and we in two; and of a CFI.
_TWO_CONVOLUTIONS = {"0": "0.0", "1": "0.1", "3": "1.0", "4": "1.1"}
_CFI = {"gate.0": "gate.0.0", "gate.1": "gate.0.1", "gate.3": "gate.1", "refine.0": "refine.0", "refine.1": "refine.1"}
_CFI |= {"q_v": "query_visible", "k_v": "key_visible", "v_v": "value_visible"}
_CFI |= {"q_i": "query_infrared", "k_i": "key_infrared", "v_i": "value_infrared"}
_DEAD = ("adjust_channels3.", "module4.", "module5.")  # parts of the checkpoint that no forward pass touches


def _joined(outer: dict[str, str], inner: dict[str, str]) -> dict[str, str]:
    """Every name of `outer` followed by every name of `inner`, theirs and ours."""
    return {f"{a}.{b}": f"{outer[a]}.{inner[b]}" for a in outer for b in inner}


_LAYERS = {
    **_joined(_joined(_ENCODERS, _STAGES) | _DECODER, _TWO_CONVOLUTIONS),
    **_joined(_CFIS, _CFI),
    "final_decoder.0": "output",
}


def released_to_ours(released: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Rename the authors' tensors to ours, and list those that no forward pass touches.

    The dead ones are `adjust_channels3`, `module4` and `module5`: 39,392 of the checkpoint's 231,780 parameters.

    Raises:
        KeyError: for a name that is not in the authors' checkpoint.
    """
    ours, dead = {}, []
    for name, tensor in released.items():
        layer, _, kind = name.rpartition(".")  # kind: weight, bias, running_mean, ...
        if name.startswith(_DEAD):
            dead.append(name)
        elif layer in _LAYERS:
            ours[f"{_LAYERS[layer]}.{kind}"] = tensor
        else:
            raise KeyError(name)
    return ours, dead
