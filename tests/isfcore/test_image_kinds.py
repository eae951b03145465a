"""Kinds of image files beyond those of `test_image_files`: each is read as a viewer shows it, refused, or named."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore.images import IMAGE_EXTENSIONS, read_image
from tests.helpers.image_bytes import chunk, png, swapped_profile, tiff
from tests.isfcore.test_image_files import COLOUR, DEEP, GREY, read_hearing, read_silently


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (GREY.astype(np.int8), "signed 8-bit values have no agreed range; save it as 0 to 255"),
        (np.full((6, 8), 4 * 10**9, np.uint32), "values from 4000000000 to 4000000000 do not fit in 16 bits"),
        (DEEP.astype(np.int32) - 70000, "do not fit in 16 bits; save them as 0 to 65535"),
    ],
)
def test_values_without_an_agreed_range_are_refused(tmp_path: Path, pixels: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=f"a.tif: cannot be read as an image: .*{said}"):
        read_image(tiff(tmp_path / "a.tif", pixels, photometric=1))


def test_a_raw_photograph_is_refused_by_its_tag_and_by_its_name(tmp_path: Path) -> None:
    by_tag = tiff(tmp_path / "a.tif", COLOUR, bands=3, photometric=2, t50706=1)
    by_name = tiff(tmp_path / "a.NEF", COLOUR, bands=3, photometric=2)
    for path in (by_tag, by_name):
        with pytest.raises(ValueError, match="it is a raw photograph: develop it, and save it as PNG or TIFF"):
            read_image(path)


def test_smaller_copies_and_pictures_inside_are_named(tmp_path: Path) -> None:
    preview = tiff(tmp_path / "a.tif", COLOUR, bands=3, photometric=2, t254=1)
    assert np.array_equal(read_hearing(preview, "is a smaller copy of another one in it"), COLOUR)
    inside = tiff(tmp_path / "b.tif", COLOUR, bands=3, photometric=2, t330=8)
    assert np.array_equal(read_hearing(inside, "the first alone is used"), COLOUR)


def test_a_level_that_stands_for_transparency_is_named_where_it_occurs(tmp_path: Path) -> None:
    for level, occurs in ((int(DEEP[0, 0]), True), (int(DEEP.max()) // 2 * 2 + 1, False)):
        deep = DEEP // 2 * 2 + occurs * (DEEP % 2)
        path = png(tmp_path / "a.png", deep, kind=0, bits=16, before=chunk(b"tRNS", struct.pack(">H", level)))
        pixels = read_hearing(path, "transparency") if occurs else read_silently(path)
        assert np.array_equal(pixels, deep)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000), "primary colours"),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000), ""),
        (b"cICP", bytes([9, 16, 0, 1]), "the colour profile of .* is not applied"),
        (b"cICP", bytes([1, 13, 0, 1]), ""),
    ],
    ids=["wide gamut", "sRGB's primaries", "HDR", "sRGB by number"],
)
def test_what_a_png_says_of_its_colours(tmp_path: Path, name: bytes, body: bytes, said: str) -> None:
    path = png(tmp_path / "a.png", COLOUR, kind=2, bits=8, before=chunk(name, body))
    assert np.array_equal(read_hearing(path, said) if said else read_silently(path), COLOUR)


@pytest.mark.parametrize(("space", "index", "named"), [(1, "R98", False), (2, "R98", True), (0xFFFF, "R03", True)])
def test_adobe_rgb_of_a_camera_is_named(tmp_path: Path, space: int, index: str, named: bool) -> None:
    exif = Image.Exif()
    exif[0x8769] = {0xA001: space, 0xA005: {1: index}}
    path = tmp_path / "a.png"
    Image.fromarray(COLOUR).save(path, exif=exif)
    pixels = read_hearing(path, "are Adobe RGB, says its EXIF") if named else read_silently(path)
    assert np.array_equal(pixels, COLOUR)


@pytest.mark.parametrize("kind", ["webp", "RGBA", "palette"])
def test_a_profile_is_applied_in_every_mode(tmp_path: Path, kind: str) -> None:
    flat = np.full((6, 8, 3), (200, 100, 50), np.uint8)
    Image.fromarray(flat).save(tmp_path / "plain.png", icc_profile=swapped_profile())
    image = Image.fromarray(flat)
    image = {"webp": image, "RGBA": image.convert("RGBA"), "palette": image.quantize(4)}[kind]
    path = tmp_path / ("a.webp" if kind == "webp" else "a.png")
    image.save(path, icc_profile=swapped_profile(), lossless=True)
    pixels = read_silently(path)
    assert np.array_equal(pixels, read_silently(tmp_path / "plain.png")) and pixels[0, 0, 2] > pixels[0, 0, 0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0\0\0\x20ftypheic" + bytes(60), "it is a HEIC photograph; save it as PNG or TIFF"),
        (b"\0\0\0\x20ftypisom" + bytes(60), r"it is a film \(MP4 or MOV\); save"),
        (b"\x1a\x45\xdf\xa3" + bytes(60), "it is a film .Matroska or WebM.; save"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(60), "it is a film .AVI.; save"),
        (b"\x93NUMPY" + bytes(60), "it is a NumPy array; save it as PNG or TIFF"),
        (b"FFF\0" + bytes(60), "it is a thermal camera's own file .FLIR.: export 16-bit TIFF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", r"it is a drawing \(SVG\): save it as PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 24\nshowpage\n", "it is PostScript; save it as PNG"),
    ],
)
def test_other_files_are_named_with_a_cure(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.png: cannot be read as an image: {said}"):
        read_image(tmp_path / "a.png")


def test_programs_and_containers_are_no_images() -> None:
    """PostScript would be run by another program, whatever a file that holds it is called."""
    assert not {".eps", ".ps", ".h5", ".wmf", ".mpg", ".grib"} & IMAGE_EXTENSIONS
    assert {".png", ".jpg", ".tif", ".tiff", ".bmp", ".webp", ".jp2", ".gif", ".ppm"} <= IMAGE_EXTENSIONS
