"""Bringing files that can be checked: from a host over HTTP, or out of a local archive or folder.

Each file is written to a temporary name beside its target, checked, and only then moved into place. No name
from an archive is ever used as a path, and an archive with a suspicious member is refused whole.
"""

from __future__ import annotations

import functools
import gzip
import shutil
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter, Retry
from tqdm import tqdm

DOWNLOADS = 8  # at a time: enough to hide latency, few enough for a public host
BUSY = (429, *range(500, 600))  # HTTP codes that asking again may help
# Three attempts, the second at once and the third two seconds later, or when the host says; `bring` sees what is left.
RETRIES = Retry(total=2, backoff_factor=1, status_forcelist=BUSY, raise_on_status=False)
LOST_AFTER = 8  # files in a row that could not even be asked for: the connection is gone
STALE = 3600  # seconds after which a temporary file is a leftover of a killed run
NO_NETWORK = "Is there a network? Behind a mirror, set ISF_MIRROR to its URL; or use a local archive"
BROKEN_ARCHIVE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


@dataclass(frozen=True)
class Wanted:
    """One file to bring."""

    target: Path  # without extension
    upstream: tuple[str, ...]  # owner/repository/commit/path on the host, tried in order
    check: Callable[[Path], None]  # raises ValueError unless the file is the right one
    extensions: frozenset[str]  # what a local copy may be called
    rejected: Path | None = None  # a wrong or broken file that is in its place now


def is_url(source: str) -> bool:
    """Whether a source is a host, as opposed to a file or folder."""
    return source.startswith(("http://", "https://"))


def bring(items: list[Wanted], source: str, *, label: str) -> dict[Path, str]:
    """Bring files from a base URL, archive or folder: for each target, why it did not come, or "".

    Raises FileNotFoundError for a source that does not exist, ValueError for an archive that is unsafe, cut
    short or none, ConnectionError when a host cannot be reached at all, OSError when the disk is full or not
    writable. What was in place before an error stays.
    """
    if not is_url(source) and not Path(source).exists():
        raise FileNotFoundError(f"source {source!r} is neither a URL nor a file or folder that exists")
    _remove_leftovers({item.target.parent for item in items})
    if is_url(source):
        arrivals, unseen = _from_host(items, source.rstrip("/")), "not tried: the connection was lost"
    else:
        arrivals, unseen = _from_local(items, Path(source)), f"not in {source}"
    reasons = {item.target: unseen for item in items}
    try:
        with tqdm(total=len(items), desc=label, unit="file", disable=None) as bar:
            for item, reason in arrivals:
                reasons[item.target] = reason
                bar.update(not reason)
    except ConnectionError:
        raise
    except OSError as error:
        done = sum(not reason for reason in reasons.values())
        message = f"{error.strerror or error}: stopped after {done} of {len(items)} files; run again to go on"
        raise OSError(error.errno, message, error.filename) from error
    return reasons


def problem(item: Wanted, path: Path) -> str:
    """Why a file is not the wanted one; empty if it is."""
    try:
        item.check(path)
    except ValueError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""


def _from_host(items: list[Wanted], base: str) -> Iterator[tuple[Wanted, str]]:
    """Download side by side; give up when the host cannot be reached for LOST_AFTER files in a row."""
    lost = came = 0
    with requests.Session() as session, ThreadPoolExecutor(DOWNLOADS) as workers:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=DOWNLOADS, max_retries=RETRIES))
        futures = {workers.submit(_download, session, item, base): item for item in items}
        try:
            for future in as_completed(futures):
                try:
                    reason, lost = future.result(), 0
                except ConnectionError as error:
                    reason, lost = str(error), lost + 1
                came += not reason
                yield futures[future], reason
                if lost >= min(LOST_AFTER, len(items)):
                    if came:
                        return
                    raise ConnectionError(f"{reason}. {NO_NETWORK}")
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _download(session: requests.Session, item: Wanted, base: str) -> str:
    """Try each place: why none gave the file, or "". Raises ConnectionError where the host is silent."""
    reasons = []
    with _temporary(item) as temporary:
        for path in item.upstream:
            url = f"{base}/{quote(path)}"
            code = _get(session, url, temporary)
            reason = f"HTTP {code}" if code else problem(item, temporary)
            if not reason:
                _place(item, temporary, PurePosixPath(path).suffix)
                return ""
            reasons.append(f"{url}: {reason}")
    return "; ".join(reasons)


def _get(session: requests.Session, url: str, temporary: Path) -> int:
    """Download: 0, or the HTTP code of a refusal. Raises ConnectionError where attempts ran out."""
    try:
        with session.get(url, timeout=30, stream=True) as response:
            if response.status_code in BUSY:
                raise ConnectionError(f"{url}: HTTP {response.status_code}")
            if not response.ok:
                return response.status_code
            with temporary.open("wb") as file:
                for part in response.iter_content(2**16):
                    file.write(part)
    except requests.RequestException as error:
        raise ConnectionError(f"{url}: {type(error).__name__}: {error}") from error
    return 0


def _from_local(items: list[Wanted], source: Path) -> Iterator[tuple[Wanted, str]]:
    """Pick files by the end of their paths: upstream's path, or folder and name of the target."""
    by_end: dict[str, Wanted] = {}
    for wanted in items:
        upstream = [PurePosixPath(path).with_suffix("").parts[3:] for path in wanted.upstream]
        by_end |= {"/".join(parts): wanted for parts in (*upstream, wanted.target.parts[-2:])}
    members = _members(source)
    if source.is_file() and len(items) == 1 and source.suffix.lower() in items[0].extensions:
        # The wanted file itself. A checkpoint is a zip archive too, so its content cannot tell.
        name = "/".join(items[0].target.parts[-2:]) + source.suffix
        members = iter([(name, functools.partial(_opened, source))])
    came: set[Path] = set()
    for name, content in members:
        # The name of the source itself may be the folder that the end of a path needs.
        parts = PurePosixPath(source.stem if source.is_file() else source.name, name).with_suffix("").parts
        ends = ["/".join(parts[first:]) for first in range(len(parts))]
        item = next((by_end[end] for end in ends if end in by_end), None)
        suffix = PurePosixPath(name).suffix.lower()
        if item is None or item.target in came or suffix not in item.extensions:
            continue
        with _temporary(item) as temporary:
            try:
                with content() as stream, temporary.open("wb") as file:
                    shutil.copyfileobj(stream, file)
                reason = problem(item, temporary)
            except BROKEN_ARCHIVE as error:
                reason = f"cannot be unpacked: {error}"
            if not reason:
                _place(item, temporary, suffix)
                came.add(item.target)
        yield item, f"{name} in {source}: {reason}" if reason else ""


def _members(source: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """The files of a folder, zip or tar: relative name, and a function that opens it."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                yield path.relative_to(source).as_posix(), functools.partial(_opened, path)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                kind = stat.S_IFMT(member.external_attr >> 16)
                _refuse_unsafe(source, member.filename, is_file=kind in (0, stat.S_IFREG))
            for member in members:
                yield member.filename, functools.partial(archive.open, member)
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            try:
                files = [member for member in archive.getmembers() if not member.isdir()]
            except BROKEN_ARCHIVE as error:
                raise ValueError(f"{source} is broken or cut short: {error}; get it again") from error
            for file in files:
                _refuse_unsafe(source, file.name, is_file=file.isreg())
            for file in files:
                yield file.name, functools.partial(_unpacked, archive, file)
    else:
        raise ValueError(f"{source} is neither a folder nor a whole zip or tar archive")


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


def _unpacked(archive: tarfile.TarFile, file: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(file)
    if stream is None:  # of what is no file, which `_refuse_unsafe` refuses
        raise tarfile.TarError(f"{file.name} is no file")
    return stream


def _refuse_unsafe(source: Path, name: str, *, is_file: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not is_file:
        raise ValueError(f"{source} is refused: its member {name!r} leaves the folder or is a link or device")


@contextmanager
def _temporary(item: Wanted) -> Iterator[Path]:
    """A hidden name beside the target, so in the same file system; gone afterwards."""
    item.target.parent.mkdir(parents=True, exist_ok=True)
    path = item.target.with_name(f".{item.target.name}.{time.monotonic_ns()}.part")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _remove_leftovers(folders: set[Path]) -> None:
    for folder in folders:
        for path in folder.glob(".*.part"):
            if path.stat().st_mtime < time.time() - STALE:
                path.unlink(missing_ok=True)


def _place(item: Wanted, temporary: Path, suffix: str) -> None:
    if item.rejected:
        item.rejected.replace(item.rejected.with_name(item.rejected.name + ".rejected"))
    temporary.replace(item.target.with_name(item.target.name + suffix))
