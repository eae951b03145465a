"""What image files hold besides the pixels that are read: depth, colour profiles, pages, bands, a camera's data.

`isfcore.images.read_image` alone needs this.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

ALPHA = "the fourth band, or transparency, of {} is not used"
BANDS = "of the bands of {} those beyond grey or red, green and blue are not used"
PAGES = "of the pages or frames of {} the first alone is used"
CAMERA = "the picture in {} is used, and not the camera's own data beside it, such as temperatures: export 16-bit TIFF"
BEHIND = "more data stand behind the picture in {}, such as a film or temperatures, and are not used"
GAMMA = "{} states a gamma, or primary colours, of its own, which are not applied"
PREVIEW = "the picture used of {} is a smaller copy of another one in it, as the file itself says"
NO_DATA = "{} states a level for 'no data', which is taken for a level like any other"
PROFILE = "the colour profile of {} is not applied: it cannot be read, or is not for pixels like these"
ADOBE_RGB = "the colours of {} are Adobe RGB, says its EXIF, and are taken for sRGB: convert it to sRGB"
INKS = "the inks (CMYK) of {} are turned to red, green and blue without a colour profile"

# What segments of a JPEG file commonly hold that matters to no pixel, by their first bytes.
_COMMON: tuple[bytes, ...] = (
    b"JFIF",
    b"JFXX",
    b"AVI1",
    b"Exif",
    b"http://ns.adobe.com/",
    b"XMP",
    b"ICC_PROFILE",
    b"MPF",
    b"FPXR",
    b"JPS",
)
_COMMON += (b"Ducky", b"PictureInfo", b"Photoshop", b"Adobe", b"Meta", b"META", b"JP", b"urn:iso:std:iso:ts:21496")
# Photographs as a sensor gives them. Many begin as a TIFF file does, with a small preview as its first picture.
RAW = frozenset(".3fr .arw .cr2 .cr3 .dng .erf .iiq .nef .nrw .orf .pef .raf .raw .rw2 .srw".split())
_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green and blue of sRGB
_SRGB = 2  # grey levels by which a profile may move colours and still be sRGB but for rounding


def is_raw(image: Image.Image, path: Path) -> bool:
    """Whether an image, opened and not loaded, is a raw photograph's preview: by its name, or the tag `DNGVersion`."""
    return path.suffix.lower() in RAW or 50706 in getattr(image, "tag_v2", {})


def is_signed(image: Image.Image) -> bool:
    """Whether an image, opened and not loaded, has signed 8-bit values, which Pillow takes for unsigned ones."""
    return image.mode in ("L", "RGB") and 2 in np.atleast_1d(getattr(image, "tag_v2", {}).get(339, 1))


def too_deep(image: ImageFile.ImageFile, path: Path) -> bool:
    """Whether an image, opened and not loaded, has colours or transparency of more than 8 bits, which Pillow cuts."""
    if image.mode.startswith("I") or image.mode == "F":
        return False
    tags = getattr(image, "tag_v2", {})
    if re.search(r";16[BLN]", str(image.tile)) or max(np.atleast_1d(tags.get(258, 8))) > 8:
        return True
    if image.format == "PPM":
        return any(isinstance(value, int) and value > 255 for tile in image.tile for value in _as_tuple(tile[3]))
    if image.format == "JPEG2000":
        with open(path, "rb") as stream:
            start = stream.read(2**16)
        size = start.find(b"\xff\x4f\xff\x51")  # start of codestream and its SIZ segment, which ends with the depths
        return size >= 0 and len(start) > size + 42 and (start[size + 42] & 127) + 1 > 8
    return False


def _as_tuple(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def unused(image: Image.Image, path: Path) -> list[str]:
    """What of an image file, opened and not loaded, will not be used: sentences as `Remark` takes them."""
    said = []
    tags = getattr(image, "tag_v2", {})
    if (getattr(image, "n_frames", 1) > 1 or 330 in tags) and image.format != "PSD":  # whose first has all layers
        said.append(PAGES)
    if tags.get(254, 0) & 1:
        said.append(PREVIEW)
    if tags.get(277, 1) > len(image.getbands()):
        said.append(BANDS)
    if 42113 in tags:  # GDAL's
        said.append(NO_DATA)
    if not {"srgb", "icc_profile"} & image.info.keys():
        gamma, primaries = image.info.get("gamma", 1 / 2.2), image.info.get("chromaticity", _PRIMARIES)
        if abs(gamma - 1 / 2.2) > 0.02 or np.abs(np.subtract(primaries, _PRIMARIES)).max() > 0.01:
            said.append(GAMMA)
    if not image.info.get("icc_profile") and _is_adobe_rgb(image):
        said.append(ADOBE_RGB)
    if image.format == "PNG" and _states_code_points(path):
        said.append(PROFILE)
    if image.mode == "CMYK" and not image.info.get("icc_profile"):
        said.append(INKS)
    if image.info.get("icc_profile") and image.mode.startswith("I"):
        said.append(PROFILE)
    if isinstance(image, JpegImageFile):
        if any(not content.startswith(_COMMON) for marker, content in image.applist if marker.startswith("APP")):
            said.append(CAMERA)
        if image.format == "JPEG" and _bytes_behind(path) > 64:
            said.append(BEHIND)
    if image.has_transparency_data and _is_seen_through(image):
        said.append(ALPHA)
    return said


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether EXIF says so, as cameras do: `ColorSpace` 2, or `Uncalibrated` with interoperability index R03."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(0x8769).get(0xA001)
        return space == 2 or (space == 0xFFFF and str(exif.get_ifd(0xA005).get(1)).startswith("R03"))
    except Exception:  # a broken EXIF block says nothing
        return False


def _states_code_points(png: Path) -> bool:
    """Whether a PNG file's chunk `cICP`, which Pillow does not know, says that its colours are others than sRGB's."""
    with png.open("rb") as stream:
        head = stream.read(2**16).split(b"IDAT")[0]
    place = head.find(b"cICP")
    return place >= 0 and head[place + 4 : place + 6] != bytes([1, 13])


def _is_seen_through(image: Image.Image) -> bool:
    if image.mode.startswith("I"):  # one level stands for it
        return bool((np.asarray(image) == image.info["transparency"]).any())
    return int(np.asarray(image.convert("RGBA").getchannel("A")).min()) < 255


def _bytes_behind(jpeg: Path) -> int:
    """How many bytes that are not zero stand behind the last end marker of a JPEG file."""
    content = jpeg.read_bytes()
    end = content.rfind(b"\xff\xd9")
    return len(content[end + 2 :].strip(b"\0\r\n ")) if end >= 0 else 0


def in_srgb(image: Image.Image, remarks: list[str]) -> Image.Image:
    """An 8-bit image as `L` or `RGB`, in sRGB where it has a colour profile that is another one.

    A profile that cannot be applied is added to `remarks`.
    """
    profile = None if image.mode == "LAB" else image.info.get("icc_profile")  # LAB says itself what its colours are
    if image.mode in ("1", "L", "LA"):
        plain = image.convert("L")
    else:
        plain = image if image.mode == "CMYK" else image.convert("RGB")
    if profile:
        try:
            opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if opened.profile.xcolor_space.strip() == "RGB":
                plain = plain.convert("RGB")
            change = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), plain.mode, "RGB")
            if _matters(change, plain.mode):
                plain = ImageCms.applyTransform(plain, change) or plain  # nothing comes back of a change in place
        except Exception:  # Pillow without the library, or a profile that it refuses in one of many ways
            remarks.append(PROFILE)
    return plain.convert("RGB") if plain.mode == "CMYK" else plain


def _matters(change: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform does more than round: what is sRGB already stays as it is, to the bit."""
    if mode == "CMYK":
        return True
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    chart = np.stack(np.meshgrid(*[levels] * 3), axis=-1).reshape(len(levels), -1, 3) if mode == "RGB" else levels[None]
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(chart), change)).astype(int)
    return bool(np.abs(changed - (chart if mode == "RGB" else chart[..., None])).max() > _SRGB)
