"""The three steps of the paper's protocol, alone and, with the authors' weights and TNO, together."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks import direct
from isfcore.datasets.catalogue import RELEASED_WEIGHTS
from isfcore.datasets.local import pairs
from isfcore.images import join_colour, luma, read_image
from isfcore.inference import prepare
from isfcore.metrics import METRICS
from isfcore.pairs import cut
from isfcore.weights import load_weights
from isfstudy.comparison.methods import network_method
from isfstudy.comparison.protocol import PROTOCOLS, band_gradient, scored, stored
from isfstudy.comparison.scores import compare
from tests.helpers import images_by_hand as by_hand


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(st.integers(16, 80), st.integers(16, 80), st.sampled_from([(), (3,)]))
def test_cut_takes_the_largest_part_at_the_top_left(height: int, width: int, channels: tuple[int, ...]) -> None:
    image = levels(height, width, *channels)
    part = cut(image)
    assert part.shape[0] % 16 == part.shape[1] % 16 == 0
    assert 0 <= height - part.shape[0] < 16 and 0 <= width - part.shape[1] < 16
    assert (part == image[: part.shape[0], : part.shape[1]]).all()


def test_cut_names_an_image_that_is_too_small() -> None:
    with pytest.raises(ValueError, match="image of 40 x 15 has no part of multiples of 16"):
        cut(levels(15, 40))


def test_png_loses_nothing() -> None:
    fused = levels(16, 16)
    assert (stored(fused, levels(16, 16, 3, seed=1), storage="png") == fused).all()


def test_jpeg_of_grey_is_what_pillow_reads_back() -> None:
    fused = levels(32, 32)
    buffer = io.BytesIO()
    Image.fromarray(fused).save(buffer, "JPEG", quality=95)
    expected = np.asarray(Image.open(buffer))
    back = stored(fused, levels(32, 32, seed=1), storage="jpeg")
    assert (back == expected).all() and back.dtype == np.uint8
    assert 0 < np.abs(back.astype(float) - fused).mean() < 6
    assert (stored(fused, levels(32, 32, seed=1), storage="jpeg") == back).all(), "the same every time"


def test_jpeg_of_colour_keeps_the_luma_nearly() -> None:
    ramp = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8) + 90
    coloured = np.stack([ramp, ramp + 10, ramp - 10], axis=2)
    back = stored(ramp, coloured, storage="jpeg")
    assert back.shape == coloured.shape and back.dtype == np.uint8
    assert np.abs(luma(back) - ramp).max() < 3


def test_jpeg_halves_the_chroma_as_opencv_does() -> None:
    visible = levels(32, 32, 3)
    fused = np.rint(luma(visible)).astype(np.uint8)
    read_back, luma_of = {}, np.array([0.299, 0.587, 0.114])
    for subsampling in ("4:2:0", "4:4:4"):
        buffer = io.BytesIO()
        Image.fromarray(join_colour(fused, visible)).save(buffer, "JPEG", quality=95, subsampling=subsampling)
        read_back[subsampling] = np.rint(np.asarray(Image.open(buffer)) @ luma_of)
    back = np.rint(stored(fused, visible, storage="jpeg") @ luma_of)
    assert (back == read_back["4:2:0"]).all()
    assert np.abs(back - read_back["4:4:4"]).max() > 1


def test_gradient_of_bands_is_the_mean_over_them() -> None:
    """A step of 12 levels every pixel in one direction is a gradient of 12 / sqrt(2); the other bands are flat."""
    bands = np.zeros((9, 9, 3))
    bands[..., 0] = np.arange(9) * 12
    of_one = 12 / np.sqrt(2) * 81 / 64  # the sum over 81 pixels over 8 x 8
    assert band_gradient(bands) == pytest.approx(of_one / 3)
    assert band_gradient(bands[..., 0]) == pytest.approx(of_one)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_scores_as_the_paper_s_protocol_has_them(channels: tuple[int, ...]) -> None:
    fused, infrared, visible = (by_hand.levels(32, 32, *more, seed=n) for n, more in enumerate(((), (), channels)))
    values = scored(fused, infrared, visible, PROTOCOLS["paper"])
    by_hand.assert_close(pd.Series(values), by_hand.paper_scores(fused, infrared, visible))
    otherwise = scored(fused, infrared, visible, PROTOCOLS["paper"]._replace(gradient="grey", sources="unrounded"))
    apart = {metric for metric in METRICS if values[metric] != otherwise[metric]}
    assert apart == ({"AG", "PSNR", "CC", "Qabf"} if channels else set()), "a grey image has one reading"


def test_another_storage_is_refused() -> None:
    with pytest.raises(ValueError, match="'jpeg' or 'png', not 'tiff'"):
        stored(levels(4, 4), levels(4, 4), storage="tiff")


@pytest.mark.slow
def test_the_authors_network_on_tno_equals_a_direct_evaluation(data_root: Path) -> None:
    """Three pairs through `compare`, and the same written out with nothing of `isfcore` but the image reader."""
    path = data_root / RELEASED_WEIGHTS
    if not path.is_file() or not (data_root / "TNO").is_dir():
        pytest.skip("needs ISF_DATA with TNO and the authors' weights")
    chosen = pairs("TNO", root=data_root)[4:13:4]
    method = network_method(prepare(load_weights(str(path))[0]))
    table, problems = compare(chosen, {"ISF": method})
    assert problems == {} and len(table) == 2 * len(chosen)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    for pair in chosen:
        sources = [read_image(file) for file in (pair.infrared, pair.visible)]
        height, width = (side - side % 16 for side in sources[0].shape)
        infrared, visible = (image[:height, :width] for image in sources)
        tensors = (torch.from_numpy(image / 255).float()[None, None] for image in (infrared, visible))
        with torch.inference_mode():
            fused = (direct.released_network(weights, *tensors)[0][0, 0] * 255).round().to(torch.uint8).numpy()
        buffer = io.BytesIO()
        Image.fromarray(fused).save(buffer, "JPEG", quality=95)
        for name, image in (("paper", np.asarray(Image.open(buffer))), ("standard", fused)):
            expected = direct.metrics(image, infrared, visible, convention=name)
            row = table[(table["stem"] == pair.stem) & (table["protocol"] == name)].iloc[0]
            # A pixel at the edge between two levels may go the other way: 1e-3 is far below a printed digit's weight.
            assert row[list(METRICS)].to_dict() == pytest.approx(expected, rel=1e-3), (pair.stem, name)


def test_protocols_are_the_papers_and_the_lossless_standard() -> None:
    assert PROTOCOLS["paper"] == ("jpeg", "paper", "bands", "rounded")
    assert PROTOCOLS["standard"] == ("png", "standard", "grey", "rounded")
