"""Metrics: by hand, against their definitions written plainly, against MATLAB's numbers, and at the edges."""

from __future__ import annotations

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks import direct
from isfcore.images import luma, read_image
from isfcore.metrics import CONVENTIONS, METRICS, evaluate

SAME_EDGES = 0.9994 * 0.9879 / (1 + math.exp(-4.4))  # Qabf of an image with itself, strong edges: 0.975
PLANE = np.array([[0, 3, 6], [4, 7, 10], [8, 11, 14]])


def of_one(fused, infrared, visible, convention: str = "standard") -> dict[str, float]:
    """The metrics of one image, from arrays."""
    tensors = (torch.as_tensor(np.ascontiguousarray(image))[None] for image in (fused, infrared, visible))
    return {name: value.item() for name, value in evaluate(*tensors, convention=convention).items()}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


# By hand


def test_plane_of_3_by_3():
    """Fused 3 x + 4 y; infrared 10 brighter; visible transposed, 4 x + 3 y.

    AG: every gradient is (3, 4), sqrt(25 / 2) at each of 9 pixels.  SF: sqrt(9 + 16) = 5.
    PSNR: errors 100 and mean (x - y)^2 = 12 / 9, so mean squared error (100 + 4/3) / 2.
    CC: 1, and 2 * 3 * 4 / (9 + 16) = 0.96, as x and y are uncorrelated and vary alike.
    """
    standard, paper = (of_one(PLANE, PLANE + 10, PLANE.T, convention) for convention in ("standard", "paper"))
    assert standard["AG"] == pytest.approx(math.sqrt(12.5), rel=1e-12)
    assert paper["AG"] == pytest.approx(9 / 4 * math.sqrt(12.5), rel=1e-12)
    assert standard["SF"] == pytest.approx(5, rel=1e-12)
    assert paper["SF"] == pytest.approx(5 / 2.55, rel=1e-12)
    assert standard["PSNR"] == pytest.approx(10 * math.log10(255**2 / (100 + 4 / 3) * 2), rel=1e-12)
    assert paper["PSNR"] == pytest.approx(10 * math.log10(255**4 / (100 + 4 / 3) * 2), rel=1e-12)
    assert standard["CC"] == pytest.approx(0.98, rel=1e-12) == paper["CC"]


def test_qabf_by_hand():
    """All gradients equal: the ratio is the strength (the slip), which is large, and the angles agree: SAME_EDGES.

    Infrared of half the contrast: the ratio is 0.5, where the sigmoid is at its half, and it has half the weight.
    """
    image = 20 * noise(4, 5).clip(1, 12).astype(int)
    assert of_one(image, image, image)["Qabf"] == pytest.approx(SAME_EDGES, rel=1e-6)
    assert of_one(image, image // 2, image)["Qabf"] == pytest.approx(SAME_EDGES * (0.5 * 0.5 + 1) / 1.5, rel=1e-6)


def test_qabf_slip_of_equal_strength():
    """An edge of strength 1 / 4 that is kept exactly counts as a ratio of 1 / 4, not of 1."""
    dot = np.zeros((3, 3))
    dot[1, 1] = 0.25  # Sobel strengths: 0.5 at the four sides, sqrt(2) / 4 at the corners, 0 in the middle
    of_ratio = {g: 1 / (1 + math.exp(-15 * (g - 0.5))) for g in (0.5, math.sqrt(2) / 4)}
    share = sum(g * value for g, value in of_ratio.items()) / sum(of_ratio)
    assert of_one(dot, dot, dot)["Qabf"] == pytest.approx(SAME_EDGES * share, rel=1e-6)


GOLDEN = {  # by benchmarks.direct
    "paper": [36.83830634544368, 30.348908630056098, 57.10433874544235, 0.18901500474851754, 0.1789877162679714],
    "standard": [30.91326406610658, 77.38971700664307, 8.973535136763243, 0.18901500474851762, 0.17898771626797141],
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_golden_numbers_of_a_pattern(convention):
    y, x = np.mgrid[:11, :13]
    patterns = (x * x * 3 + y * 7, x * 17 + y * y * 5, x * y * 11 + 40)
    values = of_one(*(pattern % 256 for pattern in patterns), convention)
    assert tuple(values) == METRICS
    for value, expected, tolerance in zip(values.values(), GOLDEN[convention], [1e-12] * 4 + [1e-6], strict=True):
        assert value == pytest.approx(expected, rel=tolerance)


# Against the plain definitions


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(3, 60), width=st.integers(3, 60), seed=st.integers(0, 999), levels=st.sampled_from([2, 4, 256])
)
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_agrees_with_plain_definitions(convention, height, width, seed, levels):
    pytest.importorskip("scipy")
    images = noise(3, height, width, seed=seed) // (256 // levels) * (255 // (levels - 1))
    assume(all(image.std() > 0 for image in images))
    ours = of_one(*images, convention)
    plain = direct.metrics(*images, convention=convention)
    for name in METRICS[:4]:
        assert ours[name] == pytest.approx(plain[name], rel=1e-10, abs=1e-12), name
    if convention == "standard":  # exact tests for equality
        assert ours["Qabf"] == pytest.approx(plain["Qabf"], rel=1e-5)


def test_qabf_on_unit_range_agrees_on_average():
    """There rounding decides equalities, pixel by pixel, so that only means of larger images can agree."""
    pytest.importorskip("scipy")
    for seed in range(3):
        images = noise(3, 200, 211, seed=seed)
        plain = direct.metrics(*images, convention="paper")
        assert of_one(*images, "paper")["Qabf"] == pytest.approx(plain["Qabf"], abs=0.002)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_batch_equals_one_by_one(convention):
    images = noise(3, 4, 37, 21)
    together = evaluate(*torch.from_numpy(images), convention=convention)
    for item in range(4):
        for name, value in of_one(*images[:, item], convention).items():
            assert together[name].shape == (4,) and together[name].dtype == torch.float64
            assert together[name][item].item() == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize("block", [1, 37, 400])
def test_blocks_do_not_matter(monkeypatch, block):
    images = noise(3, 37, 21)
    expected = of_one(*images)
    monkeypatch.setattr("isfcore.metrics.BLOCK", block)
    assert of_one(*images) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32, np.float64])
def test_type_does_not_matter(convention, dtype):
    images = noise(3, 19, 23)
    assert of_one(*images.astype(dtype), convention) == of_one(*images, convention)


def test_input_is_left_alone():
    images = torch.from_numpy(noise(3, 1, 19, 23)).double()
    before = images.clone()
    evaluate(*images)
    assert torch.equal(images, before)


# Identities and invariances


def test_conventions_differ_by_constants():
    images = noise(3, 31, 17)
    paper, standard = of_one(*images, "paper"), of_one(*images, "standard")
    assert paper["PSNR"] - standard["PSNR"] == pytest.approx(48.1308, abs=1e-4)
    assert standard["SF"] / paper["SF"] == pytest.approx(2.55, rel=1e-12)
    assert paper["AG"] / standard["AG"] == pytest.approx(31 * 17 / (30 * 16), rel=1e-12)
    assert paper["CC"] == standard["CC"]


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_invariances(convention):
    fused, infrared, visible = noise(3, 24, 30).astype(float)
    expected = of_one(fused, infrared, visible, convention)
    assert of_one(fused, visible, infrared, convention) == pytest.approx(expected, rel=1e-9)  # sources swap
    darker = of_one(fused * 0.5 + 20, infrared, visible, convention)
    assert darker["CC"] == pytest.approx(expected["CC"], rel=1e-9)
    assert darker["AG"] == pytest.approx(expected["AG"] / 2, rel=1e-9)
    assert darker["SF"] == pytest.approx(expected["SF"] / 2, rel=1e-9)
    negative = of_one(255 - fused, infrared, visible, convention)
    assert negative["CC"] == pytest.approx(-expected["CC"], rel=1e-9)
    turned = of_one(fused.T, infrared.T, visible.T, convention)
    assert all(turned[name] == pytest.approx(expected[name], rel=1e-9) for name in ("AG", "SF", "PSNR", "CC"))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_fused_image_equal_to_its_sources(convention):
    image = noise(40, 40)
    values = of_one(image, image, image, convention)
    assert values["PSNR"] == math.inf and values["CC"] == pytest.approx(1, rel=1e-12)
    of_noise = of_one(image, noise(40, 40, seed=1), image, convention)
    assert of_noise["Qabf"] < values["Qabf"] < 0.9994 * 0.9879


# At the edges


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("level", [0, 77, 255])
def test_constant_fused_image(convention, level):
    values = of_one(np.full((9, 12), level), *noise(2, 9, 12), convention)
    assert values["AG"] == values["SF"] == values["CC"] == 0
    assert math.isfinite(values["PSNR"]) and 0 <= values["Qabf"] < 1


def test_black_sources_have_no_edges_and_constant_ones_have_a_border():
    black, white = np.zeros((5, 5)), np.full((5, 5), 255)
    assert of_one(noise(5, 5), black, black)["Qabf"] == 0
    assert of_one(white, white, white)["Qabf"] == pytest.approx(SAME_EDGES, rel=1e-6)


IMAGES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=9).flatmap(
    lambda shape: st.tuples(
        *[
            st.one_of(
                hnp.arrays(np.uint8, shape),
                hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 255])),
                hnp.arrays(np.float64, shape, elements=st.floats(0, 255)),
                st.integers(0, 255).map(lambda level: np.full(shape, level, dtype=np.uint8)),
            )
        ]
        * 3
    )
)


@settings(max_examples=150, deadline=None)
@given(images=IMAGES)
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_never_nan_and_always_in_range(convention, images):
    values = of_one(*images, convention)
    assert not any(math.isnan(value) for value in values.values()), values
    assert 0 <= values["AG"] < math.inf and 0 <= values["SF"] < math.inf
    assert -1 - 1e-9 <= values["CC"] <= 1 + 1e-9
    assert 0 <= values["Qabf"] < 1
    assert values["PSNR"] > -1e-9
    if values["PSNR"] == math.inf:
        assert all(np.abs(images[0].astype(float) - source).max() < 1e-100 for source in images[1:])


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        (((1, 4, 5), (1, 4, 5), (1, 5, 4)), r"one size, not .*'visible': \(1, 5, 4\)"),
        (((2, 4, 5), (1, 4, 5), (1, 4, 5)), "one size"),
        (((4, 5),) * 3, r"\(B, H, W\)"),
        (((1, 1, 4, 5),) * 3, r"\(B, H, W\)"),
        (((0, 4, 5),) * 3, "at least one image"),
        (((1, 2, 2),) * 3, "3 x 3 pixels"),
        (((1, 0, 9),) * 3, "3 x 3 pixels"),
    ],
)
def test_wrong_shapes_are_refused(shapes, said):
    with pytest.raises(ValueError, match=said):
        evaluate(*(torch.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1, 256, 65535])
def test_values_outside_the_range_are_refused(position, value):
    images = torch.zeros(3, 1, 4, 4)
    images[position, 0, 2, 2] = value
    name = ("fused", "infrared", "visible")[position]
    with pytest.raises(ValueError, match=rf"the {name} image must lie in \[0, 255]"):
        evaluate(*images)


def test_luma_of_white_may_round_above_the_range():
    evaluate(*torch.full((3, 1, 4, 4), float(np.nextafter(255, 256)), dtype=torch.float64))


def test_unknown_convention_is_refused():
    with pytest.raises(ValueError, match="convention must be one of paper, standard, not 'zoo'"):
        evaluate(*torch.zeros(3, 1, 4, 4), convention="zoo")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_cuda_gives_the_same(convention):
    images = torch.from_numpy(noise(3, 2, 200, 211))
    on_device, here = evaluate(*images.cuda(), convention=convention), evaluate(*images, convention=convention)
    for name, value in here.items():
        assert on_device[name].is_cuda
        torch.testing.assert_close(on_device[name].cpu(), value, rtol=0, atol=2e-3 if name == "Qabf" else 1e-9)


# On real images


def test_matlab_golden_numbers(data_root):
    """All follow the paper's convention; SF without its factor of 100. MATLAB rounds grey levels of colour images."""
    folder = data_root / "golden" / "matlab"
    table = pd.read_csv(folder / "metrics.csv", dtype={"stem": str})
    assert len(table) == 12
    for row in table.itertuples():
        images = (luma(read_image(folder / part / f"{row.stem}.png")).round() for part in (row.method, "ir", "vi"))
        ours = of_one(*images, "paper")
        for name, expected in {"AG": row.AG, "SF": 100 * row.SF, "PSNR": row.PSNR, "CC": row.CC}.items():
            assert ours[name] == pytest.approx(expected, rel=1e-9), (row.method, row.stem, name)
        assert ours["Qabf"] == pytest.approx(row.Qabf, abs=0.02), (row.method, row.stem)
