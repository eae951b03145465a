"""Finding and reading images: the pairs of a set or of two folders, pixels, luma, boxes.

Images are matched by stem, whatever their extension, because copies of these sets are often re-encoded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from isfcore.machine.files import replacing

LUMA = np.array([0.299, 0.587, 0.114])  # BT.601 weights of red, green and blue


IMAGE_EXTENSIONS = frozenset(
    extension for extension, name in Image.registered_extensions().items() if name in Image.OPEN
)


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as uint8 or uint16: HxW when it is grey or its channels are equal, else HxWx3 RGB.

    Palettes are looked up, transparency is dropped, black-and-white becomes 0 and 255, of several frames the
    first is read. Raises ValueError, naming the file, for an empty, broken or truncated file, for values that
    are no 16-bit integers, and for a PNG or TIFF in 16-bit colour, of which Pillow would keep 8 bits.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty; copy or fetch it again")
    try:
        with Image.open(path) as image:
            sixteen_bit_source = ";16" in str(image.tile)  # gone once the pixels are loaded
            image.load()
            if sixteen_bit_source and not image.mode.startswith("I"):
                raise ValueError("16-bit colour is not supported; save it as 8-bit colour or 16-bit grey")
            return _pixels(image)
    except (FileNotFoundError, IsADirectoryError, PermissionError, MemoryError):
        raise
    except Exception as error:  # on broken files decoders raise anything from OSError to struct.error
        raise ValueError(f"{path}: cannot be read as an image: {error}") from error


def _pixels(image: Image.Image) -> np.ndarray:
    if image.mode in ("L", "1", "LA"):
        return np.array(image.convert("L"))
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit in 16 bits")
        return values.astype(np.uint16)
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it as 8- or 16-bit integers")
    return _one_channel_if_grey(np.array(image.convert("RGB")))


def _one_channel_if_grey(image: np.ndarray) -> np.ndarray:
    if image.ndim == 3 and (image[..., :1] == image).all():
        return np.ascontiguousarray(image[..., 0])
    return image


def luma(image: np.ndarray) -> np.ndarray:
    """BT.601 luma, float64, HxW, on the image's own scale and not rounded; a grey image is its own luma.

    Raises ValueError for a shape other than HxW and HxWx3.
    """
    if image.ndim == 3 and image.shape[2] == 3:
        return image @ LUMA
    if image.ndim != 2:
        raise ValueError(f"an image of shape {image.shape} is neither HxW nor HxWx3")
    return image.astype(np.float64)


def grey(image: np.ndarray) -> np.ndarray:
    """Luma rounded to whole levels, HxW in the image's own dtype: what evaluators read of a colour image."""
    return np.rint(luma(image)).astype(image.dtype)


def pixel_sha256(image: np.ndarray) -> str:
    """SHA-256 of decoded pixels, row by row: one channel when all three are equal, else RGB.

    It does not depend on the file format. 16-bit values are hashed low byte first. Raises ValueError for
    anything but uint8 and uint16.
    """
    if image.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"only uint8 and uint16 pixels are hashed, not {image.dtype}")
    pixels = _one_channel_if_grey(image)
    return hashlib.sha256(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))).hexdigest()


# What can be written, by extension: the format's name, and what keeps the loss least. JPEG alone loses something.
FORMATS = {
    ".png": ("PNG", {}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
    ".bmp": ("BMP", {}),
    ".webp": ("WEBP", {"lossless": True}),
    ".jpg": ("JPEG", {"quality": 95}),
    ".jpeg": ("JPEG", {"quality": 95}),
}


def join_colour(fused: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Give a fused luma the visible image's chroma: (H, W, 3) RGB, uint8; a grey visible image has none to give.

    Full-range BT.601 as in JPEG files. A colour that leaves [0, 255] is clipped, so that the luma of the result can
    differ from `fused` where strong colours meet extreme luma.

    Args:
        fused: (H, W) uint8.
        visible: (H, W, 3) uint8 of the same size, or (H, W) of any kind.
    """
    if visible.ndim == 2:
        return fused
    _, blue, red = Image.fromarray(visible).convert("YCbCr").split()
    return np.asarray(Image.merge("YCbCr", (Image.fromarray(fused), blue, red)).convert("RGB"))


def image_format(path: Path) -> tuple[str, dict]:
    """Format and options that a file's extension stands for (`FORMATS`).

    Raises:
        ValueError: for an extension that is not in `FORMATS`, naming those that are.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        has = f"the extension {path.suffix!r} cannot be written" if path.suffix else "the name has no extension"
        raise ValueError(f"{path}: {has}; use .png, or one of {', '.join(list(FORMATS)[1:])}") from None


def write_image(image: np.ndarray, path: Path) -> None:
    """Write an image in the format that the file's extension names; it appears whole or not at all.

    Raises:
        ValueError: what `image_format` refuses.
        OSError: when the folder is missing, not writable, or full.
    """
    kind, options = image_format(path)
    with replacing(path) as partial:
        Image.fromarray(image).save(partial, format=kind, **options)
