"""Fusion of arrays and files: grey levels, bit depth, colour, odd sizes, batches, what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from isfcore.fusion import fuse, fuse_batches, fuse_files, unit_luma, uses_little
from isfcore.images import luma, read_image
from isfcore.inference import prepare
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair


@pytest.fixture(scope="module")
def network() -> FusionNetwork:
    torch.manual_seed(0)
    untrained = FusionNetwork()
    untrained.output.weight.data *= 100  # an untrained network gives nearly one grey: make differences show
    return prepare(untrained)


def levels(*shape: int, low: int = 0, high: int = 256, dtype=np.uint8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, shape, dtype=dtype)


def chroma(image: np.ndarray) -> np.ndarray:
    """Cb and Cr by the definition of JPEG files, not rounded."""
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([(blue - grey) / 1.772, (red - grey) / 1.402])


def test_unit_luma_by_hand() -> None:
    eight = np.array([[0, 51, 255]], np.uint8)
    sixteen = np.array([[1000, 2000, 3000]], np.uint16)
    assert unit_luma(eight) == pytest.approx(np.array([[0, 0.2, 1]]))
    assert unit_luma(sixteen) == pytest.approx(sixteen / 65535, abs=1e-7)
    assert unit_luma(sixteen, sixteen_bit="stretch") == pytest.approx(np.array([[0, 0.5, 1]]))
    assert unit_luma(eight, sixteen_bit="stretch") == pytest.approx(np.array([[0, 0.2, 1]])), (
        "8-bit levels are absolute"
    )
    coloured = np.array([[[10, 20, 30]]], np.uint8)
    assert unit_luma(coloured).item() == pytest.approx((2.99 + 11.74 + 3.42) / 255), "not rounded to a level"
    assert unit_luma(eight).dtype == np.float32


def test_unit_luma_of_a_constant_16_bit_image_is_finite() -> None:
    assert (unit_luma(np.full((4, 4), 700, np.uint16), sixteen_bit="stretch") == 0).all()


@pytest.mark.parametrize(
    ("image", "sixteen_bit", "said"),
    [
        (np.zeros((4, 4), np.float32), "full", "uint8 or uint16, not float32"),
        (np.zeros((4, 4), np.uint16), "half", "full, stretch, not 'half'"),
        (np.zeros((4, 4, 2), np.uint8), "full", "neither HxW nor HxWx3"),
    ],
)
def test_unit_luma_says_what_is_wrong(image: np.ndarray, sixteen_bit: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        unit_luma(image, sixteen_bit=sixteen_bit)


def test_result_is_the_networks_output_rounded(network: FusionNetwork) -> None:
    infrared, visible = levels(24, 20), levels(24, 20, seed=1)
    tensors = [torch.from_numpy(image / 255).float()[None, None] for image in (infrared, visible)]
    with torch.inference_mode():
        expected = (network(*tensors).luma[0, 0] * 255).numpy()
    fused = fuse(network, infrared, visible)
    assert fused.dtype == np.uint8 and fused.shape == (24, 20)
    assert np.abs(fused - expected).max() <= 0.5 + 1e-3
    assert fused.std() > 10


@pytest.mark.parametrize("size", [(17, 31), (5, 4), (16, 48)])
@pytest.mark.parametrize("colour", ["visible", "grey"])
def test_any_size_comes_back(network: FusionNetwork, size: tuple[int, int], colour: str) -> None:
    fused = fuse(network, levels(*size), levels(*size, 3, seed=1), colour=colour)
    assert fused.shape == (size if colour == "grey" else (*size, 3))


def test_infrared_with_three_channels(network: FusionNetwork) -> None:
    one, visible = levels(16, 16), levels(16, 16, seed=1)
    expected = fuse(network, one, visible)
    assert np.abs(fuse(network, np.stack([one] * 3, axis=2), visible).astype(int) - expected).max() <= 1
    unequal = levels(16, 16, 3, seed=2)
    fused = fuse(network, unequal, visible)
    assert np.abs(fused.astype(int) - fuse(network, np.rint(luma(unequal)).astype(np.uint8), visible)).max() <= 1


def test_sixteen_bits_of_scaled_levels_fuse_like_eight(network: FusionNetwork) -> None:
    infrared, visible = levels(16, 16), levels(16, 16, seed=1)
    wide = infrared.astype(np.uint16) * 257
    assert (fuse(network, wide, visible) == fuse(network, infrared, visible)).all()
    infrared[0, :2] = 0, 255
    narrow = infrared.astype(np.uint16) + 3000  # what `stretch` maps back to all levels
    assert (fuse(network, narrow, visible, sixteen_bit="stretch") == fuse(network, infrared, visible)).all()
    assert (fuse(network, narrow, visible) != fuse(network, infrared, visible)).any()


def test_16_bit_visible_gives_grey(network: FusionNetwork) -> None:
    assert fuse(network, levels(8, 8), levels(8, 8, high=65536, dtype=np.uint16)).shape == (8, 8)


def test_16_bit_colour_is_not_lost_silently(network: FusionNetwork) -> None:
    visible = levels(8, 8, 3, high=65536, dtype=np.uint16)
    with pytest.raises(ValueError, match="colour of a 16-bit image cannot be kept: give 8-bit colour, or ask for grey"):
        fuse(network, levels(8, 8), visible)
    assert fuse(network, levels(8, 8), visible, colour="grey").shape == (8, 8)


def test_fused_image_has_the_fused_luma_and_the_visible_chroma(network: FusionNetwork) -> None:
    infrared, visible = levels(16, 16), levels(16, 16, 3, low=100, high=150, seed=1)
    grey, coloured = fuse(network, infrared, visible, colour="grey"), fuse(network, infrared, visible)
    assert np.abs(luma(coloured) - grey).max() <= 1
    assert np.abs(chroma(coloured) - chroma(visible)).max() <= 1.5


def test_wrong_arguments_are_named(network: FusionNetwork) -> None:
    with pytest.raises(ValueError, match="infrared is 9 x 8, visible is 8 x 9: register"):
        fuse(network, levels(8, 9), levels(9, 8))
    with pytest.raises(ValueError, match="visible, grey, not 'red'"):
        fuse(network, levels(8, 8), levels(8, 8), colour="red")
    with pytest.raises(ValueError, match="4 x 4"):
        fuse(network, levels(3, 8), levels(3, 8))


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_batches_equal_single_images(network: FusionNetwork, batch: int) -> None:
    sizes = [(16, 16), (16, 16), (16, 16), (12, 20), (16, 16)]
    images = [(f"{number}", levels(*size, seed=number), levels(*size, 3, seed=9)) for number, size in enumerate(sizes)]
    fused = list(fuse_batches(network, iter(images), batch=batch))
    assert [name for name, _ in fused] == ["0", "1", "2", "3", "4"]
    for (_, infrared, visible), (_, ours) in zip(images, fused, strict=True):
        alone = fuse(network, infrared, visible, colour="grey")
        assert ours.shape == alone.shape
        assert np.abs(ours.astype(int) - alone).max() <= 1


def test_a_batch_names_the_pair_that_does_not_fit(network: FusionNetwork) -> None:
    images = [("good", levels(8, 8), levels(8, 8)), ("bad", levels(8, 8), levels(8, 9))]
    with pytest.raises(ValueError, match="bad: the images differ in size: infrared is 8 x 8, visible is 9 x 8"):
        list(fuse_batches(network, images, batch=2))


def test_which_images_use_little_of_16_bits() -> None:
    assert uses_little(np.array([[5000, 5000 + 2**14 - 1]], np.uint16))
    assert not uses_little(np.array([[5000, 5000 + 2**14]], np.uint16))
    assert not uses_little(np.array([[5, 9]], np.uint8))


def test_files(network: FusionNetwork, tmp_path: Path) -> None:
    infrared, visible = levels(16, 16, high=900, dtype=np.uint16), levels(16, 16, 3, seed=1)
    pair = Pair("a", tmp_path / "a_ir.png", tmp_path / "a.png")
    Image.fromarray(infrared).save(pair.infrared)
    Image.fromarray(visible).save(pair.visible)
    out = tmp_path / "out.png"
    dark = fuse_files(network, pair, out, colour="visible", sixteen_bit="full")
    assert dark == [pair.infrared]
    assert (read_image(out) == fuse(network, infrared, visible)).all()
    assert fuse_files(network, pair, out, colour="grey", sixteen_bit="stretch") == []
    assert (read_image(out) == fuse(network, infrared, visible, colour="grey", sixteen_bit="stretch")).all()


def test_files_that_do_not_fit_are_named(network: FusionNetwork, tmp_path: Path) -> None:
    pair = Pair("a", tmp_path / "ir.png", tmp_path / "vi.png")
    Image.fromarray(levels(8, 8)).save(pair.infrared)
    Image.fromarray(levels(8, 9)).save(pair.visible)
    with pytest.raises(ValueError, match=r"ir\.png is 8 x 8, .*vi\.png is 9 x 8: register them"):
        fuse_files(network, pair, tmp_path / "out.png", colour="grey", sixteen_bit="full")
    assert not (tmp_path / "out.png").exists()
