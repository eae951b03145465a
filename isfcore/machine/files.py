"""Files that appear whole or not at all, and what a file is that is not what it should be."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".isf-"  # of the names that files have until they are whole
LEFT = 24 * 3600  # seconds after which such a file is a leftover of a killed run


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden name beside `path` to write to; it takes the place of `path` when the block ends well, else it goes.

    No two commands share such a name, and it is short, so that any name that `path` can have has one. It ends as `path`
    does, for writers that go by that.

    Raises:
        OSError: when `path` cannot be written, naming it and the cure.
    """
    partial = path.with_name(f"{PREFIX}{secrets.token_hex(6)}{path.suffix[:16]}")
    try:
        if path.exists() and not path.is_file():
            raise OSError(f"{path} could not be written (it is a folder or a device): choose another name")
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # where there is no such folder there is no such file
            partial.unlink(missing_ok=True)


def cannot_write(path: Path, error: Exception) -> OSError:
    """The error to raise when a file could not be written: its name, the cause and the cure."""
    if isinstance(error, OSError) and str(error).startswith(str(path)):
        return error  # says it already
    cause = error.strerror if isinstance(error, OSError) and error.errno else error
    return OSError(f"{path} could not be written ({cause}){cure_of(error)}")


_CURES = {
    errno.ENOSPC: "free some space and start again",
    errno.EDQUOT: "free some space and start again",
    errno.EFBIG: "choose a place without a limit on the size of files (`ulimit -f`, FAT32), and free some space",
    errno.ENOENT: "is its folder there?",
    errno.ENOTDIR: "is its folder there?",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENAMETOOLONG: "shorten it",
    errno.ELOOP: "it is a link that leads to itself; delete it",
}


def cure_of(error: Exception) -> str:
    """What to do about a file that the system refuses, to stand behind the cause; empty where that is not known."""
    cure = _CURES.get(error.errno or 0) if isinstance(error, OSError) else None
    return f": {cure}" if cure else ""


def remove_leftovers(folder: Path, *, older_than: float = LEFT) -> None:
    """Remove what killed runs have left half-written in a folder; files that are younger may be at work."""
    for path in folder.glob(f"{PREFIX}*"):
        try:
            if time.time() - path.stat().st_mtime >= older_than:
                path.unlink()
        except OSError:  # somebody else has removed it, or may alone
            continue


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def damaged_part(path: Path) -> str:
    """The first part of a zip archive, as PyTorch's checkpoints are, that is not what its checksum says; empty where
    all are, and for other files. PyTorch itself does not look.

    Raises:
        OSError: when the file cannot be read.
    """
    if not zipfile.is_zipfile(path):
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() or ""
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError) as error:
        return str(error) or type(error).__name__


# How files begin that get into the place of others, and what to say of them.
_BEGINNINGS = {
    b"version https://git-lfs": "a Git LFS pointer, not the file itself: run `git lfs pull`, or download it again",
    b"<svg": "a drawing (SVG): save it as PNG",
    b"<?xml": "XML, such as a drawing (SVG): save it as PNG",
    b"<": "a web page or other text, which a host gives instead of the file: download it again",
    b"{": "a text (JSON), which a host gives instead of the file: download it again",
    b"\x1f\x8b": "a packed archive (gzip): unpack it first",
    b"Rar!": "a packed archive (RAR): unpack it first",
    b"7z\xbc\xaf": "a packed archive (7z): unpack it first",
    b"\x89HDF": "HDF5 or a newer MATLAB file",
    b"MATLAB": "a MATLAB file",
    b"\x93NUMPY": "a NumPy array",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"%PDF": "a PDF",
    b"%!PS": "PostScript",
    b"\x7fELF": "a program",
    b"\x1a\x45\xdf\xa3": "a film (Matroska or WebM)",
    b"FFF\0": "a thermal camera's own file (FLIR): export 16-bit TIFF from its program",
    b"\xff\x0a": "a JPEG XL photograph",
    b"\0\0\0\x0cJXL ": "a JPEG XL photograph",
    b"\x76\x2f\x31\x01": "an OpenEXR picture with floating-point pixels",
    b"#?RADIANCE": "an HDR picture with floating-point pixels",
}
# Containers of which the four or three letters behind `ftyp` say what is inside.
_BRANDS = {b"hei": "a HEIC photograph", b"hev": "a HEIC photograph", b"mif": "a HEIC photograph"}
_BRANDS |= {b"msf": "a HEIC photograph", b"avi": "an AVIF photograph", b"crx": "a raw photograph (CR3)"}


def what_it_is(path: Path) -> str:
    """What a file is by its first bytes, and the cure where there is one; empty for those that are not known here.

    Zip archives, which PyTorch's checkpoints are too, are told whole from cut short.
    """
    size = path.stat().st_size
    with open(path, "rb") as stream:
        start = stream.read(512)
        stream.seek(max(size - 2**16 - 22, 0))
        end = stream.read()
    if not size:
        return "empty: download or copy it again"
    if not any(start):
        return "full of zeros, as a download that was cut short: download or copy it again"
    if start.startswith(b"PK\3\4"):
        whole = b"PK\5\6" in end
        return "a zip archive" if whole else "cut short (its end is missing): download or copy it again"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < size:
        return "safetensors: let its name end so"
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:11], "a film (MP4 or MOV)")
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "a film (AVI)"
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    return next((said for beginning, said in _BEGINNINGS.items() if text.startswith(beginning)), "")
