"""Make torchvision importable beside a CPU build of torch.

Its wheels are CUDA builds. Beside a CPU build of torch their compiled operators do not load, and `import torchvision`
fails as it describes two of them that are then unknown, although none of what this study uses calls them. Naming these
two before the import is all that is missing; where the operators load, nothing is done.
"""

from __future__ import annotations

import importlib

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_kept: list[torch.library.Library] = []  # what is declared is gone once its library object is


def import_torchvision() -> None:
    """Import torchvision, with its operators or without.

    Raises:
        ModuleNotFoundError: where it is not installed.
    """
    if _kept:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in ("nms", "qnms"):
            library.define(name + _SCHEMA)
        _kept.append(library)
        importlib.import_module("torchvision")
