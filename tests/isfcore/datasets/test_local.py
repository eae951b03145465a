"""Where sets lie, and which of their pairs are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from isfcore.datasets import local


def test_pairs_of_a_set(tno: Path) -> None:
    assert [pair.stem for pair in local.pairs("TNO", root=tno)] == ["01", "02", "03"]
    (tno / "TNO" / "vi" / "02.png").unlink()
    with pytest.warns(UserWarning, match=r"1 images without a partner: .*ir.02\.png"):
        assert [pair.stem for pair in local.pairs("TNO", root=tno)] == ["01", "03"]


def test_what_a_missing_set_says(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="TNO test: no folder .*isf data fetch TNO.*ISF_DATA"):
        local.pairs("TNO", root=tmp_path)
    (tmp_path / "M3FD" / "Ir").mkdir(parents=True)
    (tmp_path / "M3FD" / "Vis").mkdir()
    with pytest.raises(FileNotFoundError, match="no pair in .*JinyuanLiu-CV/TarDAL.*M3FD_Detection.zip"):
        local.pairs("M3FD", root=tmp_path)
    with pytest.raises(ValueError, match="no split 'train'; it has: test"):
        local.pairs("TNO", "train", tmp_path)
    with pytest.raises(ValueError, match="unknown data set 'KAIST'"):
        local.pairs("KAIST", root=tmp_path)


def test_data_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISF_DATA", raising=False)
    assert local.data_root() == Path("data")
    monkeypatch.setenv("ISF_DATA", "elsewhere")
    assert local.data_root() == Path("elsewhere")
    assert local.data_root("here") == Path("here")
