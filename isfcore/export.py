"""The network as an ONNX file: without torch, in any engine and at any size, it gives the grey levels it gives here.

What exporters make of the network for sizes that are not fixed went wrong in two places, both written otherwise here:

- the averages over r x r cells, of which they keep the sizes of the example: products with matrices now;
- a transposed stack of matrices times a vector, which onnxruntime 1.32 fuses into a wrong product (its pass
  `MatmulTransposeFusion`; 9 grey levels of difference): `isfcore.network.attend` puts the vector first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from isfcore.inference import folded
from isfcore.machine.files import replacing
from isfcore.network import Features, FusionNetwork

# Heights and widths that a file is tried on: the least, odd ones, ones that 8 does not divide, and batches.
SIZES = ((1, 4, 4), (1, 5, 7), (1, 61, 47), (2, 64, 48), (1, 240, 321))
IMAGES = "float32 (batch, 1, height, width), at least 4 x 4 pixels, grey levels / 255 (of 16 bits: / 65535)"
USE = {
    "inputs": f"infrared and visible: {IMAGES}; of colours the luma, 0.299 R + 0.587 G + 0.114 B (BT.601)",
    "output": "fused: luma in [0, 1], of the same shape; grey level: round(255 fused)",
    "colour": "not in here: add round(255 fused - visible luma) to R, G and B of the visible image, and clip to 0..255",
}
Engine = Callable[[np.ndarray, np.ndarray], np.ndarray]  # infrared, visible -> fused, each (B, 1, H, W) in [0, 1]


class Exportable(nn.Module):
    """A network of which sizes and batch stay open when it is exported; equal to it within 1e-5."""

    def __init__(self, network: FusionNetwork) -> None:
        super().__init__()
        self.network = folded(network)

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        """From both images (B, 1, H, W) in [0, 1] to the fused luma, the same."""
        side = self.network.pooled_side
        both = (
            {scale: Features(local, averages(local, side)) for scale, local in features.items()}
            for features in self.network.encode(infrared, visible)
        )
        return self.network.integrate(*both).luma


def averages(features: Tensor, side: int) -> Tensor:
    """`torch.nn.functional.adaptive_avg_pool2d(features, side)`, by two products with matrices."""
    rows, columns = (_cells(side, length) for length in features.shape[2:])
    return rows @ features @ columns.t()


def _cells(side: int, length: int) -> Tensor:
    """(r, length): the weight of each place in the average of each of r = `side` cells.

    A place p lies in cell n from floor(n length / r) to below ceil((n + 1) length / r), here without the divisions.
    """
    cell, place = torch.arange(side)[:, None], torch.arange(length)
    inside = ((place + 1) * side > cell * length) & (place * side < (cell + 1) * length)
    return inside.float() / inside.sum(dim=1, keepdim=True)


def export(network: FusionNetwork, path: Path, about: dict[str, str]) -> float | None:
    """Write a network as an ONNX file, which appears whole, tried, or not at all.

    Args:
        network: from `isfcore.weights.load_weights`, in evaluation mode.
        path: of the file.
        about: what stands in the file besides `USE`: its weights.

    Returns:
        The largest difference of the fused luma in [0, 1] that `check` finds in onnxruntime; None where that is not
        installed.

    Raises:
        ModuleNotFoundError: without the extra `deploy`.
        ValueError: where onnxruntime gives other grey levels than torch.
        OSError: when the file cannot be written.
    """
    import onnx
    import onnxscript  # noqa: F401 - torch's exporter needs it, and says so at length

    height, width = torch.export.Dim("height", min=4), torch.export.Dim("width", min=4)
    sizes = {0: torch.export.Dim("batch"), 2: height, 3: width}
    example = torch.rand(2, 1, 60, 52), torch.rand(2, 1, 60, 52)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how the exporter is made, which says nothing of the file
        program = torch.onnx.export(
            Exportable(network).eval(),
            example,
            dynamo=True,
            dynamic_shapes=(sizes, sizes),
            input_names=["infrared", "visible"],
            output_names=["fused"],
            opset_version=20,
            verbose=False,
        )
    assert program is not None  # with `dynamo` it is one
    model = program.model_proto
    onnx.helper.set_model_props(model, USE | about)
    with replacing(path) as partial:
        onnx.save(model, partial)
        try:
            engine = onnxruntime_engine(partial)
        except ModuleNotFoundError:
            return None
        return check(network, engine)


def onnxruntime_engine(path: Path, *, threads: int = 0) -> Engine:
    """A file as a function, run by onnxruntime on the processor; `threads` of 0 are as many as it likes.

    Raises:
        ModuleNotFoundError: where it is not installed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda infrared, visible: session.run(None, {"infrared": infrared, "visible": visible})[0]


@torch.inference_mode()
def check(network: FusionNetwork, engine: Engine, sizes: tuple[tuple[int, int, int], ...] = SIZES) -> float:
    """The largest difference between an engine's fused luma and torch's, over smooth images of several sizes.

    Args:
        sizes: batch, height and width of each.

    Raises:
        ValueError: where both differ by more than one grey level, naming the size and the difference.
    """
    worst = 0.0
    for batch, height, width in sizes:
        generator = torch.Generator().manual_seed(0)
        coarse = torch.rand(2 * batch, 1, height // 8 + 2, width // 8 + 2, generator=generator)
        images = functional.interpolate(coarse, (height, width), mode="bilinear").chunk(2)
        ours = network(*images).luma.numpy()
        theirs = engine(*(image.numpy() for image in images))
        apart = float(np.abs(theirs - ours).max()) if theirs.shape == ours.shape else np.inf
        if not apart <= 1 / 255:
            said = f"{batch} images of {width} x {height} come out {apart * 255:.1f} grey levels apart"
            raise ValueError(f"the exported file is wrong in this engine: {said}; please report it, with its version")
        worst = max(worst, apart)
    return worst
