"""Files that appear whole or not at all, and what a file is that is not what it should be."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".isf-"  # of the names that files have until they are whole
LEFT = 24 * 3600  # seconds after which such a file is a leftover of a killed run
FULL = (errno.ENOSPC, errno.EDQUOT)


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
    number = error.errno if isinstance(error, OSError) else None
    cause = error.strerror if number else error
    if number in FULL:
        cure = ": free some space and start again"
    elif number in (errno.ENOENT, errno.ENOTDIR):
        cure = ": is its folder there?"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        cure = ": choose a folder that you may write to"
    elif number == errno.ENAMETOOLONG:
        cure = ": shorten it"
    else:
        cure = ""
    return OSError(f"{path} could not be written ({cause}){cure}")


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


# How files begin that get into the place of others, and what to say of them.
_BEGINNINGS = {
    b"version https://git-lfs": "a Git LFS pointer, not the file itself: run `git lfs pull`, or download it again",
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
    b"\x7fELF": "a program",
}


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
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    return next((said for beginning, said in _BEGINNINGS.items() if text.startswith(beginning)), "")
