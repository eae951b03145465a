"""Semantic segmentation: DeepLabV3+ (Chen et al., ECCV 2018) of segmentation_models_pytorch, an extra.

The paper names "the official segmentation network" of SRAF (Cao et al., TIM 2023), a DeepLab, and no more than that.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import TqdmWarning

from isfstudy.downstream.training import Task
from isfstudy.downstream.vision_operators import import_torchvision

BACKBONES = ("scratch", "cached", "download")
CLASS_WEIGHTS = ("none", "root", "log")
STAGES, WIDTH = 4, 128  # of the encoder, whose fifth stage costs as much as all others; channels of the decoder
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which pretrained encoders expect
MISSING = (
    "segmentation needs segmentation_models_pytorch, which is not installed: pip install -e '.[segmentation]' -c "
    "constraints.txt"
)


def _library() -> Any:
    try:
        import_torchvision()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TqdmWarning)  # of widgets, which a static page could not show anyway
            import segmentation_models_pytorch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{MISSING} ({error})") from error
    return segmentation_models_pytorch


def task(*, encoder: str = "resnet18", backbone: str = "cached", class_weights: str = "root") -> Task:
    """The segmentation task.

    Args:
        encoder: of DeepLabV3+, by the library's name.
        backbone: `scratch` draws the encoder's weights; `cached` takes ImageNet weights where they lie in this
            machine's Hugging Face cache, and else draws them; `download` fetches them there first. `network` says
            which it was.
        class_weights: of cross-entropy, as nine tenths of MSRS are unlabelled and some classes have a hundredth of a
            percent: `none`; `log`, 1 / ln(1.02 + share of the pixels) (Paszke et al., ENet); `root`, the square root of
            that, with which common classes are less often taken for rare ones.

    Raises:
        ModuleNotFoundError: without the extra, with the cure.
        ValueError: for other values of `backbone` and `class_weights`.
        OSError: when `download` does not reach the weights.
    """
    if backbone not in BACKBONES:
        raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, not {backbone!r}")
    if class_weights not in CLASS_WEIGHTS:
        raise ValueError(f"class_weights must be one of {', '.join(CLASS_WEIGHTS)}, not {class_weights!r}")
    _library()
    weights = _encoder_weights(encoder, backbone)
    start = "encoder pretrained on ImageNet" if weights else "from scratch"
    return Task(
        name="segmentation",
        kind="maps",
        network=f"DeepLabV3+ ({encoder}, {start}; class weights: {class_weights})",
        build=partial(_build, encoder=encoder, weights=weights, class_weights=class_weights),
        loss=_loss,
        predict=_predict,
    )


def _encoder_weights(encoder: str, backbone: str) -> str | None:
    """The file of ImageNet weights to start from, or None."""
    if backbone == "scratch":
        return None
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from segmentation_models_pytorch.encoders import encoders

    settings = encoders[encoder]["pretrained_settings"]["imagenet"]
    where = {key: settings[key] for key in ("repo_id", "revision")} | {"filename": "model.safetensors"}
    if backbone == "download":
        return hf_hub_download(**where)
    found = try_to_load_from_cache(**where)
    return found if isinstance(found, str) else None


def _build(
    classes: int, labels: Sequence[np.ndarray], *, encoder: str, weights: str | None, class_weights: str
) -> nn.Module:
    network = _library().DeepLabV3Plus(
        encoder, encoder_depth=STAGES, encoder_weights=None, decoder_channels=WIDTH, classes=classes
    )
    if weights:
        from safetensors.torch import load_file

        network.encoder.load_state_dict(load_file(weights))
    count = np.sum([np.bincount(label.ravel(), minlength=classes) for label in labels], axis=0)
    power = {"none": 0, "root": 0.5, "log": 1}[class_weights]
    chosen = (1 / np.log(1.02 + count / count.sum())) ** power
    for name, values in (("mean", MEAN), ("deviation", DEVIATION)):
        network.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))
    network.register_buffer("class_weights", torch.tensor(chosen, dtype=torch.float32))
    return network


def _logits(network: nn.Module, images: Tensor) -> Tensor:
    return network((images - network.mean) / network.deviation)


def _loss(network: nn.Module, images: Tensor, labels: list[Tensor]) -> Tensor:
    return cross_entropy(_logits(network, images).float(), torch.stack(labels), weight=network.class_weights)


def _predict(network: nn.Module, images: Tensor) -> list[np.ndarray]:
    return list(_logits(network, images).argmax(1).byte().cpu().numpy())
