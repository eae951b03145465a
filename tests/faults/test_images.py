"""Image files that are cut, changed or made to harm: an image comes out, or an error that names the file and a cure."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from isfcore.images import read_image
from tests.faults.figures import examples
from tests.faults.loading import CHANGES, EARLY, PARTS, changed, loads
from tests.helpers.image_bytes import chunk, tiff
from tests.helpers.made_up_tno import noise

FORMATS = {"PNG": {}, "JPEG": {}, "TIFF": {}, "BMP": {}, "GIF": {}, "PPM": {}, "TGA": {}}
FORMATS |= {"TIFF-LZW": {"compression": "tiff_lzw"}, "JPEG-progressive": {"progressive": True}, "PCX": {}, "SGI": {}}
FORMATS |= {
    name: {} for name, here in (("WEBP", "webp"), ("JPEG2000", "jpg_2000"), ("AVIF", "avif")) if features.check(here)
}


def encoded(kind: str, pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format=kind.split("-")[0], **FORMATS[kind])
    return stream.getvalue()


IMAGES = {kind: encoded(kind, noise(20, 24)) for kind in FORMATS}


@examples(short=150, long=2000)
@given(kind=st.sampled_from(sorted(IMAGES)), early=EARLY, late=CHANGES, part=PARTS)
def test_damaged_images(tmp_path: Path, kind: str, early: list, late: list, part: float) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(changed(IMAGES[kind], early + late, part))
    image = loads("damaged image", path, read_image)
    if image is not None:
        assert image.dtype in (np.uint8, np.uint16) and image.size
        assert image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)


@examples(short=60, long=1000)
@given(
    start=st.sampled_from([image[:8] for image in IMAGES.values()] + [b"", b"%!PS-Adobe", b"\0\0\0\x20ftypheic"]),
    rest=st.binary(max_size=400),
)
def test_bytes_that_are_no_image(tmp_path: Path, start: bytes, rest: bytes) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(start + rest)
    loads("bytes for an image", path, read_image)


def bombs() -> dict[str, bytes]:
    """Small files that would fill a machine's memory."""
    wide = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n"
    rows = zlib.compress(bytes(50_000_000), 9)
    text = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(200_000_000), 9))
    small = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(20))) + chunk(b"IEND", b"")
    gif = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6)
    gif += b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\2\x44\1\0;"
    bmp = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
    return {
        "PNG of 100,000 x 100,000": head + chunk(b"IHDR", wide) + chunk(b"IDAT", rows) + chunk(b"IEND", b""),
        "PNG with a text of 200 MB": head + chunk(b"IHDR", small) + text + pixels,
        "PNG with a profile of 200 MB": head + chunk(b"IHDR", small) + text.replace(b"zTXt", b"iCCP") + pixels,
        "GIF of 65,535 x 65,535": gif,
        "BMP of 60,000 x 60,000": bmp,
    }


BOMBS = bombs()


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_decompression_bombs(tmp_path: Path, name: str) -> None:
    import resource

    path = tmp_path / "bomb.png"
    path.write_bytes(BOMBS[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    loads("decompression bomb", path, read_image)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "KiB"


def test_images_in_circles(tmp_path: Path) -> None:
    """A TIFF whose second page is its first, and links that lead to themselves."""
    path = tiff(tmp_path / "circle.tif", noise(12, 16, 1), photometric=1)
    content = bytearray(path.read_bytes())
    count = struct.unpack_from("<H", content, 8)[0]
    struct.pack_into("<I", content, 10 + 12 * count, 8)
    path.write_bytes(content)
    loads("decompression bomb", path, read_image)
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    assert loads("decompression bomb", loop, read_image, cures=False) is None
