"""Fusion of arrays and files: grey levels, bit depth, colour, odd sizes, batches, what is written."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from isfcore.evaluation import score
from isfcore.fusion import fuse, fuse_batches, fuse_files, range_used, to_levels, unit_luma, uses_little
from isfcore.images import luma, read_image
from isfcore.inference import prepare, run
from isfcore.machine.remarks import Remark
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
    assert np.abs(luma(coloured) - grey).max() <= 0.5
    assert np.abs(chroma(coloured) - chroma(visible)).max() <= 1e-9


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
    with pytest.warns(Remark, match=f"under a quarter of the 16-bit range is used by {pair.infrared}; "):
        fuse_files(network, pair, out, colour="visible", sixteen_bit="full")
    assert (read_image(out) == fuse(network, infrared, visible)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fuse_files(network, pair, out, colour="grey", sixteen_bit="stretch")
    assert (read_image(out) == fuse(network, infrared, visible, colour="grey", sixteen_bit="stretch")).all()


def test_files_that_do_not_fit_are_named(network: FusionNetwork, tmp_path: Path) -> None:
    pair = Pair("a", tmp_path / "ir.png", tmp_path / "vi.png")
    Image.fromarray(levels(8, 8)).save(pair.infrared)
    Image.fromarray(levels(8, 9)).save(pair.visible)
    with pytest.raises(ValueError, match=r"ir\.png is 8 x 8, .*vi\.png is 9 x 8: register them"):
        fuse_files(network, pair, tmp_path / "out.png", colour="grey", sixteen_bit="full")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (torch.zeros(8, 8), "torch.Tensor"),
        ([[0] * 8] * 8, "list"),
        (Image.new("L", (8, 8)), "PIL.Image"),
        ("ir.png", "str"),
        (Path("ir.png"), "pathlib.PosixPath"),
        (None, "NoneType"),
    ],
    ids=["tensor", "list", "Pillow", "text", "path", "nothing"],
)
def test_what_is_no_array_is_named(network: FusionNetwork, image: object, kind: str) -> None:  # case 16
    said = f"images must be numpy arrays, not {kind} .*: `isfcore.images.read_image` reads files"
    for images in ((image, levels(8, 8)), (levels(8, 8), image), (image, image)):
        with pytest.raises(TypeError, match=said):
            fuse(network, *images)
        with pytest.raises(TypeError, match=said):
            list(fuse_batches(network, [("a", *images)]))
        with pytest.raises(TypeError, match=said):
            score(levels(8, 8), *images, convention="paper")
    with pytest.raises(TypeError, match=said):
        unit_luma(image)


def test_a_network_in_training_mode_is_refused(network: FusionNetwork) -> None:
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    image = np.zeros((8, 8), np.uint8)
    network.train()
    try:
        with pytest.raises(ValueError, match="in training mode: give what `isfcore.inference.prepare` makes"):
            fuse(network, image, image)
    finally:
        network.eval()
    assert all(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())


def test_another_order_of_bytes_is_named() -> None:
    with pytest.raises(ValueError, match="not >u2: bring it to this machine's order of bytes"):
        unit_luma(np.zeros((4, 4), ">u2"))


def test_what_is_no_network_or_batch_is_named(network: FusionNetwork) -> None:
    for wrong in (None, network.state_dict(), (network, {}), "released"):
        with pytest.raises(TypeError, match="the network must be a FusionNetwork, not .*: give what"):
            fuse(wrong, levels(8, 8), levels(8, 8))
        with pytest.raises(TypeError, match="the network must be a FusionNetwork"):
            list(fuse_batches(wrong, []))
    with pytest.raises(ValueError, match="batch must be at least 1, not 0"):
        list(fuse_batches(network, [], batch=0))


@pytest.mark.parametrize("shape", [(), (8,), (0, 8), (8, 8, 1), (8, 8, 4), (1, 8, 8, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, object, np.str_, bool, np.complex64])
def test_other_arrays_are_refused_not_crashed_on(network: FusionNetwork, shape: tuple, dtype: type) -> None:
    with pytest.raises(ValueError):
        fuse(network, np.zeros(shape, dtype), np.zeros(shape, dtype))


def test_sixteen_bits_of_the_fused_luma(network: FusionNetwork) -> None:
    assert to_levels(torch.tensor([0.0, 0.5, 1.0]), 16).tolist() == [0, 32768, 65535]
    infrared, visible = levels(16, 16), levels(16, 16, seed=1)
    deep, flat = (fuse(network, infrared, visible, depth=depth) for depth in (16, 8))
    assert deep.dtype == np.uint16 and np.abs(deep / 257 - flat).max() <= 0.5 + 1e-3
    with pytest.raises(ValueError, match="a fused image of 16 bits has no colour: ask for grey"):
        fuse(network, infrared, levels(16, 16, 3), depth=16)
    with pytest.raises(ValueError, match="depth must be 8 or 16, not 12"):
        fuse(network, infrared, visible, depth=12)


def test_conversions_in_blocks_change_nothing(network: FusionNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [
        (levels(33, 20, high=900, dtype=np.uint16), levels(33, 20, 3, seed=1)),
        (levels(7, 50, 3), levels(7, 50, 3)),
    ]
    whole = [fuse(network, *pair, sixteen_bit="stretch") for pair in pairs]
    monkeypatch.setattr("isfcore.fusion.BLOCK", 64)
    for pair, expected in zip(pairs, whole, strict=True):
        assert np.array_equal(fuse(network, *pair, sixteen_bit="stretch"), expected)


def test_large_images_are_fused_one_at_a_time_on_all_threads(
    network: FusionNetwork, tmp_path: Path, monkeypatch
) -> None:
    from isfcore import fusion
    from isfcore.machine.threads import in_threads

    at_work, seen = [], []

    def noting(*arguments: object, **options: object) -> np.ndarray:
        at_work.append(1)
        seen.append((len(at_work), torch.get_num_threads()))
        time.sleep(0.02)
        at_work.pop()
        return levels(8, 8)

    monkeypatch.setattr(fusion, "fuse", noting)
    monkeypatch.setattr(fusion, "LARGE", 63)
    monkeypatch.setattr("isfcore.machine.threads.cores", lambda: 3)
    pairs = []
    for number in range(6):
        pairs.append(Pair(f"{number}", tmp_path / f"ir{number}.png", tmp_path / f"vi{number}.png"))
        Image.fromarray(levels(8, 8, seed=number)).save(pairs[-1].infrared)
        Image.fromarray(levels(8, 8, seed=number + 9)).save(pairs[-1].visible)
    in_threads(
        lambda pair: fuse_files(
            network, pair, tmp_path / f"{pair.stem}.png", colour="grey", sixteen_bit="full", threads=2
        ),
        pairs,
    )
    assert seen == [(1, 2)] * 6 and len(list(tmp_path.glob("?.png"))) == 6


def test_numbers_that_are_none_become_no_black_image() -> None:
    with pytest.raises(ValueError, match="gives no numbers"):
        to_levels(torch.tensor([[0.5, float("nan")]]))


def test_the_range_used_by_hand() -> None:
    ramp = np.arange(1000, dtype=np.uint16).reshape(20, 50) + 5000
    assert range_used(ramp) == (5000, 5999)
    dead = ramp.copy()
    dead[0, :3], dead[5, :2] = 0, 65535
    assert range_used(dead) == (5003, 5999), "the greatest levels that are no outliers"
    hot = ramp.copy()
    hot[0, 0] = 6900  # within once the range of the middle beyond it
    assert range_used(hot) == (5001, 6900)
    assert range_used(np.array([[3, 9]], np.uint16)) == (3, 9), "too few pixels for an outlier"
    lamp = np.full((20, 50), 7, np.uint16)
    lamp[3, 4] = 900
    assert range_used(lamp) == (7, 900), "where the middle has one level everything counts"


@given(hnp.arrays(np.uint16, st.sampled_from([(1, 1), (4, 60), (20, 30)])))
def test_the_range_used_lies_within_the_levels_and_holds_the_middle(image: np.ndarray) -> None:
    low, high = range_used(image)
    assert image.min() <= low <= high <= image.max()
    assert ((image >= low) & (image <= high)).mean() >= 0.98
    stretched = unit_luma(image, sixteen_bit="stretch")
    assert stretched.min() >= 0 and stretched.max() <= 1


@pytest.mark.parametrize("size", [(16, 96), (97, 101)])
def test_tiles_equal_the_whole_and_extreme_sizes_fuse(network: FusionNetwork, size: tuple[int, int]) -> None:
    images = [torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    whole, tiled = (to_levels(run(network, *images, tile=tile).luma).astype(int) for tile in (1024, 16))
    assert np.abs(whole - tiled).max() <= 1
    assert fuse(network, levels(4, 900), levels(4, 900, 3, seed=1)).shape == (4, 900, 3)
