"""Reading, writing and hashing images, luma and colour."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from isfcore import images
from tests.helpers.made_up_tno import noise, save


def chroma(image: np.ndarray) -> np.ndarray:
    """Cb and Cr by the definition of JPEG files, not rounded."""
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([(blue - grey) / 1.772, (red - grey) / 1.402])


@pytest.mark.parametrize("extension", [".png", ".webp", ".bmp", ".tif"])
def test_colour_survives_any_lossless_format(tmp_path: Path, extension: str) -> None:
    pixels = noise()
    assert np.array_equal(images.read_image(save(tmp_path / f"a{extension}", pixels, lossless=True)), pixels)


def test_three_equal_channels_are_one(tmp_path: Path) -> None:
    grey = noise(channels=1)
    read = images.read_image(save(tmp_path / "a.webp", np.stack([grey] * 3, axis=-1), lossless=True))
    assert read.shape == (12, 16) and np.array_equal(read, grey)


@pytest.mark.parametrize("byte_order", ["<u2", ">u2"])
def test_sixteen_bit_grey(tmp_path: Path, byte_order: str) -> None:
    pixels = np.arange(12 * 16, dtype=np.uint16).reshape(12, 16) * 341
    path = tmp_path / "a.tif"
    Image.fromarray(pixels.astype(byte_order)).save(path)
    read = images.read_image(path)
    assert read.dtype == np.uint16 and read.dtype.isnative and np.array_equal(read, pixels)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(images.read_image(tmp_path / "a.png"), pixels)


def test_32_bit_container_of_16_bit_values(tmp_path: Path) -> None:
    pixels = np.array([[0, 1], [65535, 300]], dtype=np.int32)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    assert np.array_equal(images.read_image(tmp_path / "a.tif"), pixels.astype(np.uint16))
    Image.fromarray(pixels * 2).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"b\.tif.*131070 do not fit"):
        images.read_image(tmp_path / "b.tif")


def test_other_modes(tmp_path: Path) -> None:
    colour, grey = noise(), noise(channels=1)
    alpha = Image.fromarray(noise(channels=1, seed=9))
    rgba, la = Image.fromarray(colour), Image.fromarray(grey)
    rgba.putalpha(alpha)
    la.putalpha(alpha)
    rgba.save(tmp_path / "rgba.png")
    la.save(tmp_path / "la.png")
    assert np.array_equal(images.read_image(tmp_path / "rgba.png"), colour)
    assert np.array_equal(images.read_image(tmp_path / "la.png"), grey)

    indices = (grey // 64).astype(np.uint8)
    palette = Image.fromarray(indices).convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3])
    palette.save(tmp_path / "p.png")
    table = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [1, 2, 3]], dtype=np.uint8)
    assert np.array_equal(images.read_image(tmp_path / "p.png"), table[indices])

    Image.fromarray(grey > 99).save(tmp_path / "1.png")
    assert np.array_equal(images.read_image(tmp_path / "1.png"), np.where(grey > 99, 255, 0))


def test_sixteen_bit_colour_is_refused_not_cut_to_eight(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    body = zlib.compress(b"".join(b"\0" + bytes(range(12)) for _ in range(2)))
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ValueError, match=r"a\.png.*16-bit colour"):
        images.read_image(path)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_broken_files_are_named(tmp_path: Path, extension: str) -> None:
    path = save(tmp_path / f"whole{extension}", noise(64, 64))
    (tmp_path / f"cut{extension}").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / f"text{extension}").write_text("<html>404</html>")
    (tmp_path / f"empty{extension}").write_bytes(b"")
    for name, reason in (("cut", ""), ("text", "it is a web page"), ("empty", "is empty")):
        with pytest.raises(ValueError, match=rf"{name}\{extension}.*{reason}"):
            images.read_image(tmp_path / f"{name}{extension}")
    with pytest.raises(FileNotFoundError, match="absent"):
        images.read_image(tmp_path / f"absent{extension}")


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 2), dtype=np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif.*floating-point"):
        images.read_image(tmp_path / "a.tif")


def test_luma() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
    assert images.luma(image) == pytest.approx(np.array([[76.245, 149.685, 29.07, 9.0]]))
    assert images.luma(image).dtype == np.float64
    grey = np.array([[0, 65535]], dtype=np.uint16)
    assert np.array_equal(images.luma(grey), [[0.0, 65535.0]])
    with pytest.raises(ValueError, match=r"\(2, 2, 4\)"):
        images.luma(np.zeros((2, 2, 4)))


def test_pixel_hash_by_hand() -> None:
    grey = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    assert images.pixel_sha256(grey) == hashlib.sha256(bytes([1, 2, 3, 4])).hexdigest()
    assert images.pixel_sha256(np.stack([grey] * 3, axis=-1)) == images.pixel_sha256(grey)
    assert images.pixel_sha256(grey.T) == hashlib.sha256(bytes([1, 3, 2, 4])).hexdigest()
    assert images.pixel_sha256(np.array([[258]], dtype=np.uint16)) == hashlib.sha256(bytes([2, 1])).hexdigest()
    with pytest.raises(ValueError, match="float64"):
        images.pixel_sha256(grey / 255)


@settings(max_examples=25, deadline=None)
@given(pixels=hnp.arrays(np.uint8, st.sampled_from([(1, 1), (3, 5), (4, 2, 3)])))
def test_hash_survives_re_encoding(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("encodings")
    for extension in (".png", ".webp", ".bmp"):
        read = images.read_image(save(folder / f"a{extension}", pixels, lossless=True))
        assert images.pixel_sha256(read) == images.pixel_sha256(pixels)


LEVELS = st.integers(0, 255)


@given(fused=hnp.arrays(np.uint8, (4, 5)), visible=hnp.arrays(np.uint8, (4, 5, 3)))
def test_luma_is_kept_to_rounding_and_colour_exactly_wherever_the_colour_fits(
    fused: np.ndarray, visible: np.ndarray
) -> None:
    """Through Pillow's YCbCr tables luma came out 0.3 levels low on average, red and blue a level off."""
    joined = images.join_colour(fused, visible)
    exact = visible + (fused - visible @ np.array([0.299, 0.587, 0.114]))[..., None]  # as JPEG's definition has it
    fits = ((exact >= 0) & (exact <= 255)).all(axis=2)
    assert joined.shape == visible.shape and joined.dtype == np.uint8
    assert np.abs(images.luma(joined) - fused)[fits].max(initial=0) <= 0.5 + 1e-9
    assert np.abs(joined - exact)[fits].max(initial=0) <= 0.5 + 1e-9
    assert np.abs(chroma(joined) - chroma(visible))[:, fits].max(initial=0) < 1e-9
    assert np.abs(joined - exact.clip(0, 255)).max() <= 0.5 + 1e-9, "what does not fit is clipped"


@given(red=LEVELS, green=LEVELS, blue=LEVELS)
def test_an_image_joined_with_its_own_luma_stays_as_it_is(red: int, green: int, blue: int) -> None:
    visible = np.full((2, 2, 3), (red, green, blue), np.uint8)
    assert np.array_equal(images.join_colour(images.grey(visible), visible), visible)


def test_the_luma_of_joined_images_is_not_shifted_on_average() -> None:
    fused, visible = noise(64, 64, 1) // 2 + 64, noise(64, 64, seed=1) // 4 + 96
    assert abs((images.luma(images.join_colour(fused, visible)) - fused).mean()) < 0.02


def test_a_grey_visible_image_has_no_colour_to_give() -> None:
    fused = noise(4, 4, 1)
    assert images.join_colour(fused, noise(4, 4, 1, seed=1)) is fused


@pytest.mark.parametrize("extension", ["png", "PNG", "tif", "tiff", "bmp", "webp", "jpg", "jpeg"])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_what_is_written_reads_the_same(tmp_path: Path, extension: str, channels: tuple[int, ...]) -> None:
    ramp = np.add.outer(np.arange(32), np.arange(40)).astype(np.uint8)
    image = np.stack([ramp, ramp + 20, ramp + 40], axis=2) if channels else ramp
    path = tmp_path / f"fused.{extension}"
    images.write_image(image, path)
    difference = np.abs(images.read_image(path).astype(int) - image).max()
    assert difference <= 4 if extension.startswith("jp") else difference == 0
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["fused", "fused.xyz", "fused.gif", "fused.pdf"])
def test_unknown_extensions_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: .*use .png, or one of .tif, .*jpeg"):
        images.write_image(noise(4, 4, 1), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("image", "name", "said"),
    [
        (np.zeros((4, 4), np.uint16), "a.webp", "16 bits can be written of grey images alone, as .png or .tif"),
        (np.zeros((4, 4), np.uint16), "a.jpg", "16 bits can be written of grey images alone"),
        (np.zeros((4, 4, 3), np.uint16), "a.png", "16 bits can be written of grey images alone"),
        (np.zeros((4, 4), np.float32), "a.png", "an image is uint8 or uint16, HxW or HxWx3, not float32"),
        (np.zeros((4, 4, 4), np.uint8), "a.png", r"not uint8 of \(4, 4, 4\)"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, image: np.ndarray, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        images.write_image(image, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type) -> None:
    def stopped(image: Image.Image, path: Path, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise stop("disk full")

    path = tmp_path / "fused.png"
    path.write_bytes(b"what was here")
    monkeypatch.setattr(Image.Image, "save", stopped)
    with pytest.raises(stop):
        images.write_image(noise(4, 4, 1), path)
    assert [file.name for file in tmp_path.iterdir()] == ["fused.png"] and path.read_bytes() == b"what was here"
