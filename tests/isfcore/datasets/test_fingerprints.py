"""Digests that name pairs by their pixels."""

from __future__ import annotations

from pathlib import Path

from isfcore.datasets import fingerprints, local, manifest
from tests.helpers.made_up_tno import make_tno, noise, save


def test_re_encoded_copy_verifies_and_has_the_same_digest(tno: Path, tmp_path: Path) -> None:
    make_tno(tmp_path / "copy", ".webp")
    assert (manifest.verify("TNO", tmp_path / "copy")["status"] == "ok").all()
    original, copy = local.pairs("TNO", root=tno), local.pairs("TNO", root=tmp_path / "copy")
    digest = fingerprints.digest(original)
    assert len(digest) == 16 and digest == fingerprints.digest(copy) == fingerprints.digest(reversed(copy))
    assert digest != fingerprints.digest(original[:2])
    save(copy[0].visible, noise(seed=99), lossless=True)
    assert digest != fingerprints.digest(copy)
