"""Times from a scripted clock; never a real one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from isfstudy.efficiency import timing


def test_functions_are_timed_in_turn_and_the_first_round_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted, order, clock = iter([100, 200, 1, 5, 2, 6]), [], SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))

    def work(name: str) -> None:
        order.append(name)
        clock.now += next(scripted)

    table = timing.in_turn({"a": lambda: work("a"), "b": lambda: work("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert table.to_dict("list") == {"a": [1, 2], "b": [5, 6]}


def test_a_fast_call_is_repeated_and_a_slow_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))

    def work(seconds: float) -> None:
        clock.now += seconds

    assert timing.repeat(lambda: work(0.25), seconds=1) == (4, 1)
    assert timing.repeat(lambda: work(3), seconds=1) == (1, 3)
    table = timing.in_turn({"fast": lambda: work(0.25), "slow": lambda: work(3)}, rounds=1, at_least=1)
    assert table.to_dict("list") == {"fast": [0.25], "slow": [3]} and clock.now == 1 + 3 + 2 * (1 + 3)
