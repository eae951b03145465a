"""Whatever is typed: every command of `isf` ends with an exit code and a message, and never with a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from isfcore.cli.main import main
from tests.faults.figures import examples, judged
from tests.helpers.made_up_tno import noise, save


def leaves(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command of a group by the words that it is called by."""
    found = {}
    for name, command in group.commands.items():
        inner = leaves(command, f"{before}{name} ") if isinstance(command, click.Group) else {before + name: command}
        found |= inner
    return found


COMMANDS = leaves(main)
PATHS = "- -- . .. ir vi ir/a.png vi/a.png ir/.. out out.png no/such/file ~nobody/x loop pipe /dev/null own.yaml"
NUMBERS = "0 -1 1 2 16 1e400 nan 99999999999999999999"
WORDS_MEANT = "cpu cuda:9 cpu:1 *_a:*_b * *:* a:b released paired weights.pth tiny TNO weights scenes full paper"
ODD = ["", "\U0001f600", "\u202eabc", "a\nb", "'\"`$(x)", "x" * 300, "https://localhost:1/x", "http://[", "file:///etc"]
VALUES = [*PATHS.split(), *NUMBERS.split(), *WORDS_MEANT.split(), *ODD]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be in, with images, links and pipes."""
    place = tmp_path_factory.mktemp("place")
    save(place / "ir" / "a.png", noise(20, 24, 1))
    save(place / "vi" / "a.png", noise(20, 24, seed=1))
    (place / "loop").symlink_to("loop")
    os.mkfifo(place / "pipe")
    (place / "weights.pth").write_bytes(b"<html>")
    (place / "own.yaml").write_text("base: own.yaml\n")
    return place


def options_of(name: str) -> list[str]:
    return [word for option in COMMANDS[name].params for word in option.opts if word.startswith("-")]


def arguments_of(name: str) -> int:
    return sum(isinstance(parameter, click.Argument) for parameter in COMMANDS[name].params)


WORDS = st.one_of(st.sampled_from(VALUES), st.text(max_size=8).map(lambda text: text.replace("\0", "")))
LINES = st.sampled_from(sorted(COMMANDS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(WORDS, min_size=0, max_size=arguments_of(name) + 1),
        st.lists(st.tuples(st.sampled_from(options_of(name)), WORDS), max_size=4),
    )
)


@examples(short=120, long=800)
@given(line=LINES)
def test_anything_typed(place: Path, monkeypatch: pytest.MonkeyPatch, line: tuple) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("ISF_DATA", str(place / "none"))
    monkeypatch.setenv("ISF_MIRROR", str(place / "none"))
    images = {folder: (place / folder / "a.png").read_bytes() for folder in ("ir", "vi")}
    name, given_words, options = line
    words = [*name.split(), *given_words]
    for option, value in options:
        words += [option, value]
    if name == "train":
        words += ["--steps=1", "--device=cpu", "--processes=1"]  # so that what happens to be right does not last
    judged("command line", CliRunner().invoke(main, words))
    for folder in ("ir", "vi"):
        assert (place / folder / "a.png").read_bytes() == images[folder], "an input was overwritten"
        assert [path.name for path in (place / folder).iterdir()] == ["a.png"], (
            "something was written beside the inputs"
        )


@examples(short=40, long=300)
@given(words=st.lists(WORDS, max_size=5))
def test_anything_typed_without_a_command(place: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(place)
    judged("command line", CliRunner().invoke(main, words))
