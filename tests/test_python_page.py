"""The page of the Python interface: its examples run as they stand, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.made_up_tno import noise, save

PAGE = Path(__file__).parents[1] / "isfcore" / "PYTHON.md"


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        save(tmp_path / "ir" / f"{number}.png", noise(168, 176, 1, seed=number))
        save(tmp_path / "vi" / f"{number}.png", noise(168, 176, seed=10 + number))
    save(tmp_path / "infrared.png", noise(168, 176, 1, seed=20))
    save(tmp_path / "visible.png", noise(168, 176, seed=21))
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    known: dict[str, object] = {}
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), known)
    assert len(examples) >= 9 and (tmp_path / "fused.png").is_file()
    assert (tmp_path / "run" / "weights.safetensors").is_file() and len(list((tmp_path / "fused").iterdir())) == 4
