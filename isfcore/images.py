"""Reading and writing images: the one place that opens an image file, pixels, luma, colour.

What a viewer shows is what is read. Whatever of a file is not used is applied (a turn, a colour profile), refused
(16-bit colour), or said in a `Remark` (further pages, a fourth band, a camera's own data).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from isfcore.image_files import in_srgb, is_raw, is_signed, too_deep, unused
from isfcore.machine.files import replacing, what_it_is
from isfcore.machine.remarks import remark

LUMA = np.array([0.299, 0.587, 0.114])  # BT.601 weights of red, green and blue


# What Pillow opens and does not decode itself: programs that another program would have to run, and mere containers.
NOT_DECODED = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}
_EXTENSIONS = Image.registered_extensions()  # which fills the lists of formats
READ = tuple(name for name in Image.OPEN if name not in NOT_DECODED)
IMAGE_EXTENSIONS = frozenset(extension for extension, name in _EXTENSIONS.items() if name in READ)


class _NotSupported(ValueError):
    """An image that is whole and is not read; it says what to do."""


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as uint8 or uint16: HxW when it is grey or its channels are equal, else HxWx3 RGB.

    It is turned as its EXIF says, and 8-bit colours of another profile become sRGB. Palettes are looked up,
    transparency is dropped, black-and-white becomes 0 and 255, of several frames the first is read; a `Remark` names
    what is not used.

    Raises:
        ValueError: naming the file, for one that is empty, broken, truncated or no image, saying what it is; for values
            that are no 16-bit integers, for 16-bit colour, of which Pillow would keep 8 bits, and for a raw photograph,
            of which it would read the preview.
        OSError: when there is no such file, or it may not be read.
    """
    path = Path(path)
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(f"{path} is a link to {path.readlink()}, which is not there")
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError(f"{path} is a pipe or a device, not an image file")
    if path.is_file() and path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty; copy or fetch it again")
    try:
        # As a stream, because Pillow maps files given by name, and garbles those TIFF files that are to be turned.
        with path.open("rb") as stream, Image.open(stream, formats=READ) as image:
            if is_raw(image, path):
                raise _NotSupported("it is a raw photograph: develop it, and save it as PNG or TIFF")
            if is_signed(image):
                raise _NotSupported("signed 8-bit values have no agreed range; save it as 0 to 255")
            if too_deep(image, path):
                raise _NotSupported("16-bit colour is not supported; save it as 8-bit colour or 16-bit grey")
            remarks = unused(image, path)
            # `MinIsWhite`, which Pillow undoes in 8 bits alone
            light_is_low = getattr(image, "tag_v2", {}).get(262) == 0
            image.load()
            _turn(image)
            pixels = _pixels(image, remarks, inverted=light_is_low)
    except (FileNotFoundError, IsADirectoryError, PermissionError, MemoryError):
        raise
    except _NotSupported as error:
        raise ValueError(f"{path}: cannot be read as an image: {error}") from error
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        said = f"it says that it has more than {most} million pixels; cut it into parts if that is so"
        raise ValueError(f"{path}: cannot be read as an image: {said}") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: cannot be read as an image: {_no_image(path)}") from error
    except Exception as error:  # on broken files decoders raise anything from OSError to struct.error
        said = f"{str(error) or type(error).__name__}; copy or save it again"
        raise ValueError(f"{path}: cannot be read as an image: {said}") from error
    for said in remarks:
        remark(said, path)
    return pixels


def _no_image(path: Path) -> str:
    """What a file is that is of no format read here, and what to do."""
    what = what_it_is(path)
    if not what:
        return "its content is of no known image format; save it as PNG or TIFF"
    if what.endswith("image"):
        return f"it is {what} that is damaged, or of a kind that is not read here; save it anew, with 8 or 16 bits"
    return f"it is {what}" + ("" if ":" in what else "; save it as PNG or TIFF")


def _turn(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # a broken EXIF block says nothing of how the picture stands
        return


def _pixels(image: Image.Image, remarks: list[str], *, inverted: bool) -> np.ndarray:
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            if getattr(image, "tag_v2", {}).get(339, (1,))[0] == 1:
                values = values.view(np.uint32)  # which Pillow takes for signed ones
            said = f"values from {values.min()} to {values.max()} do not fit in 16 bits"
            raise _NotSupported(f"{said}; save them as 0 to 65535")
        values = values.astype(np.uint16)
        return 65535 - values if inverted and image.mode.startswith("I;16") else values
    if image.mode == "F":
        raise _NotSupported("floating-point pixels have no agreed range; save it as 8- or 16-bit integers")
    return _one_channel_if_grey(np.array(in_srgb(image, remarks)))


def _one_channel_if_grey(image: np.ndarray) -> np.ndarray:
    if image.ndim == 3 and (image[..., :1] == image).all():
        return np.ascontiguousarray(image[..., 0])
    return image


def must_be_arrays(**images: Any) -> None:
    """TypeError that names the first of the images that is no NumPy array."""
    for name, image in images.items():
        if not isinstance(image, np.ndarray):
            kind = f"{type(image).__module__.split('.')[0]}.{type(image).__name__}".removeprefix("builtins.")
            raise TypeError(
                f"images must be numpy arrays, not {kind} ({name}): `isfcore.images.read_image` reads files, "
                "`numpy.asarray` takes other images"
            )


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
    return hashlib.sha256(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).data).hexdigest()


# What can be written, by extension: the format's name, and what keeps the loss least. JPEG alone loses something.
FORMATS: dict[str, tuple[str, dict]] = {
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

    In full-range BT.601, chroma is what red, green and blue differ from the luma by. To replace the luma and keep the
    chroma is therefore to move all three by one number, whole because levels are: differences between them stay as
    they are, and the luma of the result is within half a level of `fused`. A colour that leaves [0, 255] is clipped, so
    that it differs by more where strong colours meet extreme luma.

    Args:
        fused: (H, W) uint8.
        visible: (H, W, 3) uint8 of the same size, or (H, W) of any kind.
    """
    if visible.ndim == 2:
        return fused
    shift = np.rint(fused - luma(visible)).astype(np.int16)
    return (visible + shift[..., None]).clip(0, 255).astype(np.uint8)


def image_format(path: str | Path) -> tuple[str, dict]:
    """Format and options that a file's extension stands for (`FORMATS`).

    Raises:
        ValueError: for an extension that is not in `FORMATS`, naming those that are.
    """
    path = Path(path)
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        has = f"the extension {path.suffix!r} cannot be written" if path.suffix else "the name has no extension"
        raise ValueError(f"{path}: {has}; use .png, or one of {', '.join(list(FORMATS)[1:])}") from None


def write_image(image: np.ndarray, path: str | Path) -> None:
    """Write an image in the format that the file's extension names; it appears whole or not at all.

    Args:
        image: uint8, (H, W) or (H, W, 3), or uint16, (H, W), which PNG and TIFF hold.

    Raises:
        TypeError: for what is no NumPy array.
        ValueError: for another image, one of 16 bits in another format, and what `image_format` refuses.
        OSError: when the folder is missing, not writable, or full.
    """
    must_be_arrays(image=image)
    kind, options = image_format(path)
    grey, coloured = image.ndim == 2, image.ndim == 3 and image.shape[2] == 3
    if image.dtype not in (np.uint8, np.uint16) or not (grey or coloured):
        raise ValueError(f"{path}: an image is uint8 or uint16, HxW or HxWx3, not {image.dtype} of {image.shape}")
    if image.dtype == np.uint16 and not (grey and kind in ("PNG", "TIFF")):
        raise ValueError(f"{path}: 16 bits can be written of grey images alone, as .png or .tif")
    with replacing(Path(path)) as partial:
        Image.fromarray(image).save(partial, format=kind, **options)
