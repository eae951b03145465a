"""What files hold besides pixels: turns, profiles, pages, bands, depths; each is applied, refused or named."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from isfcore.images import read_image
from isfcore.machine.remarks import Remark
from tests.helpers.image_bytes import chunk, png, swapped_profile, tiff, with_segment
from tests.helpers.made_up_tno import noise

COLOUR, GREY = noise(6, 8), noise(6, 8, 1)
DEEP = np.random.default_rng(0).integers(0, 65536, (6, 8)).astype(np.uint16)
BANDS = np.random.default_rng(1).integers(0, 256, (6, 8, 5)).astype(np.uint8)
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda image: image,
    2: np.fliplr,
    3: lambda image: np.rot90(image, 2),
    4: np.flipud,
    5: lambda image: np.swapaxes(image, 0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.swapaxes(np.rot90(image, 2), 0, 1),
    8: np.rot90,
}


def read_silently(path: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_image(path)


def read_hearing(path: Path, said: str) -> np.ndarray:
    with pytest.warns(Remark, match=said) as heard:
        pixels = read_image(path)
    assert len(heard) == 1 and path.name in str(heard[0].message)
    return pixels


def jpeg(image: np.ndarray = COLOUR, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("pixels", [COLOUR, GREY, DEEP], ids=["colour", "grey", "16 bits"])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path, name: str, pixels: np.ndarray, turn: int) -> None:
    exif = Image.Exif()
    exif[274] = turn
    Image.fromarray(pixels).save(tmp_path / name, exif=exif)
    assert np.array_equal(read_silently(tmp_path / name), TURNS[turn](pixels))


def test_a_jpeg_is_turned_and_a_broken_exif_turns_nothing(tmp_path: Path) -> None:
    ramp = np.repeat(np.arange(0, 256, 8, dtype=np.uint8)[None], 16, axis=0)
    exif = Image.Exif()
    exif[274] = 6
    (tmp_path / "a.jpg").write_bytes(jpeg(ramp, exif=exif))
    assert np.abs(read_silently(tmp_path / "a.jpg").astype(int) - np.rot90(ramp, -1)).max() <= 6
    (tmp_path / "b.jpg").write_bytes(with_segment(jpeg(ramp), 0xE1, b"Exif\0\0nonsense"))
    assert read_silently(tmp_path / "b.jpg").shape == (16, 32)


def test_another_colour_profile_is_applied(tmp_path: Path) -> None:
    swapped = np.full((4, 4, 3), (0, 0, 255), np.uint8)
    Image.fromarray(swapped).save(tmp_path / "a.png", icc_profile=swapped_profile())
    assert np.abs(read_silently(tmp_path / "a.png").astype(int) - (255, 0, 0)).max() <= 2, "blue of the profile is red"
    linear = np.full((4, 4, 3), (55, 55, 54), np.uint8)  # linear 0.2140 is sRGB's 0.5
    Image.fromarray(linear).save(tmp_path / "b.png", icc_profile=swapped_profile())
    assert np.abs(read_silently(tmp_path / "b.png").astype(int) - 128).max() <= 2


@pytest.mark.parametrize("pixels", [COLOUR, GREY], ids=["colour", "grey"])
def test_srgb_as_a_profile_changes_no_bit(tmp_path: Path, pixels: np.ndarray) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(read_silently(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize(("pixels", "profile"), [(COLOUR, b"none"), (DEEP, swapped_profile())], ids=["broken", "deep"])
def test_a_profile_that_cannot_be_applied_is_named(tmp_path: Path, pixels: np.ndarray, profile: bytes) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(read_hearing(tmp_path / "a.png", "colour profile of .*a.png is not applied"), pixels)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.webp", "a.gif"])
def test_further_pages_and_frames_are_named(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    frames = [Image.fromarray(GREY), Image.fromarray(np.flipud(GREY))]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    assert np.array_equal(read_hearing(tmp_path / name, "pages or frames of .* the first alone is used"), GREY)


@pytest.mark.parametrize(
    ("bands", "tags", "said"),
    [
        (4, {"t338": 0}, "those beyond grey or red, green and blue are not used"),
        (4, {"t338": 2}, "the fourth band, or transparency, of"),
        (4, {}, "the fourth band, or transparency, of"),
        (2, {"t338": 0}, "those beyond grey or red, green and blue are not used"),
    ],
)
def test_a_band_too_many_is_named(tmp_path: Path, bands: int, tags: dict[str, int], said: str) -> None:
    colour = bands == 4
    path = tiff(tmp_path / "a.tif", BANDS[..., :bands], bands=bands, photometric=1 + colour, **tags)
    assert np.array_equal(read_hearing(path, said), BANDS[..., :3] if colour else BANDS[..., 0])


def test_full_opacity_is_nothing_to_name(tmp_path: Path) -> None:
    Image.fromarray(COLOUR).convert("RGBA").save(tmp_path / "a.png")
    assert np.array_equal(read_silently(tmp_path / "a.png"), COLOUR)


def test_sixteen_bit_grey_with_white_lowest_is_inverted(tmp_path: Path) -> None:
    assert np.array_equal(read_silently(tiff(tmp_path / "a.tif", 65535 - DEEP, photometric=0)), DEEP)
    assert np.array_equal(read_silently(tiff(tmp_path / "b.tif", 255 - GREY, photometric=0)), GREY)


@pytest.mark.parametrize("planar", [False, True])
def test_8_bit_colour_band_by_band_or_together(tmp_path: Path, planar: bool) -> None:
    path = tiff(tmp_path / "a.tif", COLOUR, planar=planar, bands=3, photometric=2)
    assert np.array_equal(read_silently(path), COLOUR)


def deep_colour(folder: Path, kind: str) -> Path:
    deep = np.stack([DEEP] * 3, axis=-1)
    if kind.startswith("tif"):
        return tiff(folder / "a.tif", deep, planar=kind == "tif planar", bands=3, photometric=2)
    if kind == "png":
        return png(folder / "a.png", deep, kind=2, bits=16)
    if kind == "grey with alpha":
        return png(folder / "a.png", deep[..., :2], kind=4, bits=16)
    (folder / "a.ppm").write_bytes(b"P6 8 6 65535\n" + deep.astype(">u2").tobytes())
    return folder / "a.ppm"


@pytest.mark.parametrize("kind", ["tif", "tif planar", "png", "grey with alpha", "ppm"])
def test_16_bit_colour_is_refused_in_any_layout(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ValueError, match="16-bit colour is not supported; save it as 8-bit colour or 16-bit grey"):
        read_image(deep_colour(tmp_path, kind))


@pytest.mark.parametrize(
    "pixels", [DEEP.astype(np.float64), np.stack([DEEP] * 2, axis=-1)], ids=["double", "two bands"]
)
def test_other_kinds_of_tiff_are_refused_with_a_cure(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tiff(tmp_path / "a.tif", pixels, bands=pixels.size // DEEP.size, photometric=1)
    with pytest.raises(ValueError, match=r"a\.tif: cannot be read as an image: it is a TIFF image .*save it anew"):
        read_image(path)


def test_signed_values_are_refused_with_a_cure(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", np.array([[-5, 7]], np.int16), photometric=1)
    with pytest.raises(ValueError, match="values from -5 to 7 do not fit in 16 bits; save them as 0 to 65535"):
        read_image(path)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate", "predictor": 2}])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bit_tiff_is_read_in_its_usual_layouts(tmp_path: Path, options: dict, order: str) -> None:
    predictor = {"tiffinfo": {317: options["predictor"]}} if "predictor" in options else {}
    Image.fromarray(DEEP.astype(order)).save(tmp_path / "a.tif", compression=options.get("compression"), **predictor)
    assert np.array_equal(read_silently(tmp_path / "a.tif"), DEEP)
    Image.fromarray(DEEP).save(tmp_path / "b.tif", big_tiff=True)
    assert np.array_equal(read_silently(tmp_path / "b.tif"), DEEP)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits(tmp_path: Path, bits: int) -> None:
    few = GREY >> (8 - bits)
    Image.fromarray(few).convert("P").save(tmp_path / "a.png", bits=bits)
    assert read_image(tmp_path / "a.png").shape == (6, 8)
    packed = np.packbits(np.unpackbits(few[..., None], axis=-1)[..., -bits:].reshape(6, -1), axis=-1)
    rows = b"".join(b"\0" + row.tobytes() for row in packed)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 6, bits, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "b.png").write_bytes(content)
    assert np.array_equal(read_silently(tmp_path / "b.png"), few * (255 // (2**bits - 1)))


@pytest.mark.parametrize(
    ("marker", "content", "said"),
    [
        (0xE1, b"FLIR\0\1\0\0raw", "not the camera's own data beside it"),
        (0xE3, b"\xaa\x55\x12\x06" + bytes(4000), "not the camera's own data beside it"),
        (0, bytes([1, 2, 3]) * 100, "more data stand behind the picture"),
    ],
    ids=["FLIR", "DJI", "behind"],
)
def test_a_thermal_camera_s_own_data_are_named(tmp_path: Path, marker: int, content: bytes, said: str) -> None:
    plain = jpeg()
    path = tmp_path / "a.jpg"
    path.write_bytes(with_segment(plain, marker, content) if marker else plain + content)
    (tmp_path / "plain.jpg").write_bytes(plain)
    assert np.array_equal(read_hearing(path, said), read_silently(tmp_path / "plain.jpg"))


def test_gamma_no_data_and_inks_are_named(tmp_path: Path) -> None:
    linear = png(tmp_path / "a.png", GREY, kind=0, bits=8, before=chunk(b"gAMA", struct.pack(">I", 100000)))
    assert np.array_equal(read_hearing(linear, "states a gamma, or primary colours, of its own"), GREY)
    usual = png(tmp_path / "b.png", GREY, kind=0, bits=8, before=chunk(b"gAMA", struct.pack(">I", 45455)))
    assert np.array_equal(read_silently(usual), GREY)
    assert np.array_equal(read_hearing(tiff(tmp_path / "a.tif", DEEP, photometric=1, t42113=48), "'no data'"), DEEP)
    Image.fromarray(COLOUR).convert("CMYK").save(tmp_path / "b.tif")
    assert np.array_equal(read_hearing(tmp_path / "b.tif", "inks"), COLOUR)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><title>404</title>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
        (b"PK\3\4" + bytes(60), r"it is cut short \(its end is missing\)"),
        (bytes(60), "it is full of zeros"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "it is a PNG image that is damaged"),
        (b"some words", "its content is of no known image format; save it as PNG or TIFF"),
    ],
)
def test_what_is_no_image_is_named_for_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.png: cannot be read as an image: .*{said}"):
        read_image(tmp_path / "a.png")


def test_links_to_nothing_and_pipes_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("gone.png")
    with pytest.raises(FileNotFoundError, match="a.png is a link to gone.png, which is not there"):
        read_image(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    with pytest.raises(ValueError, match="b.png is a pipe or a device, not an image file"):
        read_image(tmp_path / "b.png")
