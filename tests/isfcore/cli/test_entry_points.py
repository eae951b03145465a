"""Commands of entry points: listed with the others, loaded when asked for, and harmless where they cannot be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from isfcore.cli import entry_points
from isfcore.cli.main import main


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let just these entry points be installed."""

    def declared(**commands: str) -> None:
        points = [EntryPoint(name, value, entry_points.GROUP) for name, value in commands.items()]
        points.append(EntryPoint("other", "json:loads", "console_scripts"))
        stale, installed = SimpleNamespace(entry_points=[]), SimpleNamespace(entry_points=points)
        monkeypatch.setattr(entry_points, "distributions", lambda: [stale, installed])

    return declared


extra = click.Command("extra", callback=lambda: click.echo("done"), short_help="Does more.")


def isf(*arguments: str):
    return CliRunner().invoke(main, arguments)


def test_a_command_of_an_entry_point_is_one_of_isf(declare: Callable) -> None:
    declare(extra="tests.isfcore.cli.test_entry_points:extra")
    listed = isf("--help").stdout
    assert "Does more." in listed and listed.index("evaluate ") < listed.index("extra ") < listed.index("fuse ")
    assert isf("extra").stdout == "done\n"
    assert isf("other").exit_code == 2


def test_a_command_that_cannot_be_loaded_stops_no_other(declare: Callable) -> None:
    declare(extra="no_such_module:extra", broken="tests.isfcore.cli.test_entry_points:nothing")
    assert isf("--help").exit_code == 0 and "Fuse two images" in isf("--help").stdout
    result = isf("extra", "some", "--words")
    assert result.exit_code == 1 and result.stdout == ""
    assert "`extra` of no_such_module:extra cannot be loaded: No module named 'no_such_module'" in result.stderr
    assert "`broken` of" in isf("broken").stderr


def test_no_entry_point_takes_the_place_of_an_own_command(declare: Callable) -> None:
    declare(fuse="tests.isfcore.cli.test_entry_points:extra")
    assert "INFRARED" in isf("fuse", "--help").stdout


def test_a_library_that_is_missing_is_named_with_the_extra_that_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, entry_points.needs_extra("study"):
        raise ModuleNotFoundError("No module named 'scipy.stats'", name="scipy.stats")
    assert ended.value.code == 1
    assert (
        capsys.readouterr().err
        == "isf: this command needs scipy, which is not installed: pip install 'isfcore[study]'\n"
    )
    with pytest.raises(ModuleNotFoundError), entry_points.needs_extra("study"):
        raise ModuleNotFoundError("No module named 'isfstudy.gone'", name="isfstudy.gone")


def test_help_loads_nothing_that_is_slow() -> None:
    code = "import sys; from isfcore.cli.main import main; main(['--help'], standalone_mode=False); "
    code += "print(sorted({'torch', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands(shell: str) -> None:
    code = "from isfcore.cli.main import main; main(prog_name='isf')"
    environment = {"_ISF_COMPLETE": f"{shell}_source", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and f"_ISF_COMPLETE={shell}_complete" in done.stdout, done.stderr
    words = {
        "COMP_WORDS": "isf ev",
        "COMP_CWORD": "1" if shell != "fish" else "ev",
        "_ISF_COMPLETE": f"{shell}_complete",
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment | words)
    assert "evaluate" in done.stdout and "train" not in done.stdout, done.stderr


def test_each_command_has_an_example_in_its_help() -> None:
    context = click.Context(main, info_name="isf")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        for each in command.commands.values() if isinstance(command, click.Group) else [command]:
            said = each.help or ""
            full = f"isf {name}" if each is command else f"isf {name} {each.name}"
            assert f"        {full}" in said, full
