"""Training on tiny scenes: runs that are killed, shared out, made longer or given bad input; losses that fall."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file
from torch.distributed.run import get_args_parser

from isfcore import losses
from isfcore.cli.main import main
from isfcore.machine.seeds import generator
from isfcore.training import step as training_step
from isfcore.training.launch import train_recipe
from isfcore.training.options import flag
from isfcore.training.passes import recording
from isfcore.training.recipe import load_recipe, recipes_folder
from isfcore.training.run_folder import load_checkpoint, load_gates
from isfcore.training.step import Objective, draw_views, new_network, train_step
from tests.helpers.batches import NO_GRADIENT, network_of
from tests.helpers.small_sets import write_set
from tests.helpers.steps_in_double import three_steps

TINY = {"dataset": "scenes", "batch": 2, "side": 32, "validation_pairs": 0}
# Dies of SIGKILL with half a checkpoint written.
DIES_WRITING = """
import os, signal, torch
def save(state, path):
    path.write_bytes(b"PK and no more")
    os.kill(os.getpid(), signal.SIGKILL)
torch.save = save
from isfcore.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sets")
    for split, count in (("train", 6), ("test", 2)):
        write_set(root, count=count, split=split)
    return root


@pytest.fixture(scope="module")
def six(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six steps that nothing disturbed, watched on two pairs."""
    folder = tmp_path_factory.mktemp("runs") / "six"
    train(root, folder, steps=6, validation="scenes", validation_pairs=2, validate_every=2)
    return folder


def train(root: Path, folder: Path, recipe: str = "released", **options: object) -> None:
    train_recipe(recipe, folder, root=root, **(TINY | options))


def isf_train(folder: Path, *options: object, root: Path) -> tuple[int, str]:
    """Exit code and what is said of `isf train released` on the tiny scenes, later options before earlier ones."""
    given = [f"{flag(name)}={value}" for name, value in TINY.items()]
    arguments = ["train", "released", folder, "--root", root, *given, *options]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)  # no traceback
    return result.exit_code, result.stderr


def log_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "log.csv")


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Parameters and running statistics."""
    return load_file(folder / "weights.safetensors")


def assert_same_run(folder: Path, other: Path) -> None:
    """The same weights to the last bit, and the same log but for the seconds."""
    ours, theirs = weights_of(folder), weights_of(other)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    pd.testing.assert_frame_equal(log_of(folder).drop(columns="seconds"), log_of(other).drop(columns="seconds"))


def test_a_run_leaves_weights_logs_and_gates(six):
    log = log_of(six)
    assert list(log["step"]) == [1, 2, 3, 4, 5, 6]
    assert np.isfinite(log).all(axis=None) and (log["seconds"] > 0).all()
    weighted = log["fidelity_total"] + 0.1 * log["consistency_total"] + 0.05 * log["necessity_total"]
    assert np.allclose(log["total"], weighted, rtol=1e-4)
    watched = pd.read_csv(six / "validation.csv")
    assert list(watched["step"]) == [0, 2, 4, 6]
    assert {"AG", "SF", "PSNR", "CC", "gate_full_size"} <= set(watched.columns)
    assert watched["PSNR"].nunique() == 4
    gates = load_gates(six)
    assert list(gates) == [0, 2, 4, 6]
    assert gates[6]["full_size"].shape == (64, 80) and gates[6]["quarter_size"].shape == (16, 20)
    assert not list(six.glob(".isf-*"))


@pytest.mark.slow
def test_a_run_killed_at_any_step_and_started_again_gives_the_same_bits(root, tmp_path):
    options = {"dataset": "scenes", "root": root, "batch": 4, "crop": 64, "validation-pairs": 0}
    options |= {"steps": 8, "checkpoint-every": 2}

    def command(folder: Path) -> list[str]:
        return ["train", "released", str(folder), *(f"--{name}={value}" for name, value in options.items())]

    def start(*arguments: str) -> subprocess.Popen:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, *arguments], env=environment, stderr=subprocess.PIPE, text=True)

    def logged(rows: int) -> bool:
        try:
            return log.read_text().count("\n") == 1 + rows
        except FileNotFoundError:  # not begun, or dropped by the run that starts afresh
            return False

    def complete(process: subprocess.Popen) -> None:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    complete(start("-m", "isfcore", *command(whole)))
    log = killed / "log.csv"
    for rows, checkpoint in ((1, None), (3, 2)):  # before the first checkpoint, and between two
        process = start("-m", "isfcore", *command(killed))
        patience = time.monotonic() + 120
        while not logged(rows):
            assert process.poll() is None and time.monotonic() < patience
            time.sleep(0.001)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        state = load_checkpoint(killed)
        assert (state and state["step"]) == checkpoint
        with log.open("a") as stream:
            stream.write("4,0.3")  # and in the middle of a row
    process = start("-c", DIES_WRITING, *command(killed))
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert load_checkpoint(killed)["step"] == 2 and list(killed.glob(".isf-*"))
    assert not (killed / "weights.safetensors").exists()
    complete(start("-m", "isfcore", *command(killed)))
    assert list(log_of(killed)["step"]) == list(range(1, 9))
    assert_same_run(killed, whole)
    assert not list(killed.glob(".isf-*"))


@pytest.mark.slow
def test_two_processes_compute_what_one_does(tmp_path):
    """Weights and what batch norm has seen, which is the whole batch in both."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, "-m", "tests.helpers.steps_in_double", str(tmp_path / "two.pt")]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    before, two = network_of(load_recipe("released")).state_dict(), torch.load(tmp_path / "two.pt")
    for name, one in three_steps().items():
        if name.endswith(NO_GRADIENT) or ("key_" in name and name.endswith("bias")):
            continue  # Adam makes full steps of what is rounding
        # Running statistics were seen to differ by up to 3e-8 when two threads add up; weights do not.
        tolerance = 1e-6 if "running" in name else 1e-9
        assert torch.allclose(one, two[name], rtol=1e-9, atol=tolerance), name
        if name.endswith(("weight", "running_mean", "running_var")):
            assert (one - before[name]).abs().max() > 1e-5, name  # there was something to compare


@pytest.mark.slow
def test_the_command_trains_in_two_processes(root, tmp_path):
    """One step in float32: the loss and what batch norm has seen do not depend on gradients, see `steps_in_double`.

    Without dropped modalities: of a black image an untrained network, whose batch norms have no biases yet, sees
    rounding errors alone, which batch norm blows up.
    """
    recipe = tmp_path / "undropped.yaml"
    recipe.write_text((recipes_folder() / "released.yaml").read_text().replace("beta: 0.05", "beta: 0"))
    options = {"recipe": str(recipe), "steps": 1, "batch": 4, "precision": "float32", "device": "cpu"}
    train(root, tmp_path / "one", **options)
    train(root, tmp_path / "two", processes=2, **options)
    one, two = (log_of(tmp_path / name).drop(columns="seconds") for name in ("one", "two"))
    assert one.pop("gradient_norm")[0] == pytest.approx(two.pop("gradient_norm")[0], rel=1e-3)
    assert np.allclose(one, two, rtol=1e-5, atol=1e-6)
    one, two = weights_of(tmp_path / "one"), weights_of(tmp_path / "two")
    statistics = [name for name in one if "running" in name]
    for name in statistics:
        assert torch.allclose(one[name], two[name], rtol=1e-5, atol=1e-5), name
    assert len(statistics) == 2 * len([name for name in one if name.endswith("num_batches_tracked")]) > 0
    # Adam's first step is the learning rate, up or down; where a gradient is all rounding, either.
    weights = [(one[name] - two[name]).abs().flatten() for name in one if name.endswith("weight")]
    assert (torch.cat(weights) < 1e-5).float().mean() > 0.98


@pytest.mark.parametrize(
    "option", [option.opts[0] for option in main.commands["train"].params if option.opts[0][0] == "-"]
)
def test_torchrun_passes_every_option_on(option):
    """It takes for its own what may be short for one of its options, even behind the name of what it starts."""
    given = ["-m", "isfcore", "train", "released", "folder", f"{option}=1"]
    assert get_args_parser().parse_args(given).training_script_args[-1] == f"{option}=1"


def tiny_views(batch: int = 4) -> tuple:
    recipe = load_recipe("released")
    images = torch.rand(2, batch, 1, 32, 32, generator=generator(0, 0))
    images = images * torch.linspace(0.2, 1, batch).view(batch, 1, 1, 1)  # samples that differ in mean and variance
    return recipe, draw_views(*images, recipe, generator(0, 1))


def test_what_batch_norm_sees_depends_on_how_much_of_the_batch_it_sees():
    """So that equal statistics in two processes, above, are no accident."""
    recipe, views = tiny_views()
    network = new_network(recipe, 0).train()
    half = {name: tuple(image[:2] for image in both) for name, both in views.items()}
    means = []
    for seen in (views, half):
        with recording(network) as statistics:
            Objective(network, recipe, torch.float32)(seen, statistics)
        means.append(statistics[network.encoder_infrared.full_size[0][1]][0].mean)
    assert (means[0] - means[1]).abs().max() > 1e-2


def test_a_run_made_longer_equals_one_that_was_long_from_the_start(root, six, tmp_path):
    watch = {"validation": "scenes", "validation_pairs": 2, "validate_every": 2}
    for steps in (3, 6):
        train(root, tmp_path / "longer", steps=steps, **watch)
    assert_same_run(tmp_path / "longer", six)
    assert (tmp_path / "longer" / "validation.csv").read_text() == (six / "validation.csv").read_text()


def test_a_complete_run_started_again_stays_as_it_is(root, six):
    before = {path.name: path.read_bytes() for path in six.iterdir() if path.is_file()}
    train(root, six, steps=6, validation="scenes", validation_pairs=2, validate_every=2)
    assert {path.name: path.read_bytes() for path in six.iterdir() if path.is_file()} == before


def test_another_run_is_refused_before_pairs_are_read_and_nothing_is_left_of_bad_ones(root, six, tmp_path, monkeypatch):
    monkeypatch.setattr("isfcore.training.launch.read_pairs", lambda *_, **__: pytest.fail("pairs are read"))
    with pytest.raises(ValueError, match="holds another run"):
        train(root, six, steps=8, seed=1)
    (tmp_path / "large.yaml").write_text("base: released\nhole_size: 400\n")
    with pytest.raises(ValueError, match="recipe large hides squares of 400 pixels, and crops are [0-9]+ pixels wide"):
        train(root, tmp_path / "new", recipe=str(tmp_path / "large.yaml"), steps=1)
    monkeypatch.setattr("isfcore.training.launch.read_pairs", lambda *_, **__: (_ for _ in ()).throw(ValueError("bad")))
    with pytest.raises(ValueError, match="bad"):
        train(root, tmp_path / "new", steps=1)
    assert not (tmp_path / "new" / "run.json").exists(), "so that it can begin when the pairs are put right"


def test_a_run_that_other_code_began_says_so(root, six, tmp_path):
    shutil.copytree(six, tmp_path / "six")
    description = json.loads((six / "run.json").read_text())
    (tmp_path / "six" / "run.json").write_text(json.dumps(description | {"code": "0123"}))
    with pytest.raises(
        ValueError, match=r"holds a run that other code began \(0123, and here it is .*the version of then"
    ):
        train(root, tmp_path / "six", steps=8, validation="scenes", validation_pairs=2, validate_every=2)


def test_fewer_steps_than_done_and_another_run_are_refused(root, six):
    before = {path.name: path.read_bytes() for path in six.iterdir() if path.is_file()}
    watch = {"validation": "scenes", "validation_pairs": 2}
    with pytest.raises(ValueError, match=f"{six} has been trained for 6 steps already: ask for more"):
        train(root, six, steps=5, **watch)
    with pytest.raises(ValueError, match=f"{six} holds another run: schedule.seed is 0 there and 1 here"):
        train(root, six, steps=8, seed=1, **watch)
    with pytest.raises(ValueError, match="recipe.crop is independent there and paired here"):
        train(root, six, recipe="paired", steps=8, **watch)
    with pytest.raises(ValueError, match="watched is 2 synthetic pairs of scenes test, .* there and 1 synthetic pair"):
        train(root, six, steps=8, validation="scenes", validation_pairs=1)
    with pytest.raises(ValueError, match="data is 6 synthetic pairs of scenes train, .* there"):
        scene = root / "scenes" / "train"
        train_recipe("released", six, **(TINY | {"steps": 8}), infrared=scene / "ir", visible=scene / "vi")
    assert {path.name: path.read_bytes() for path in six.iterdir() if path.is_file()} == before


def test_seeds_make_other_runs(root, six, tmp_path):
    train(root, tmp_path / "other", steps=1, seed=1)
    assert abs(log_of(tmp_path / "other")["total"][0] - log_of(six)["total"][0]) > 1e-3


def fails_in_its_third_step(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    steps = iter(range(1, 100))

    def poisoned(*images, **choices):
        terms = losses.fidelity_loss(*images, **choices)
        return terms | {"total": terms["total"] * (value if next(steps) == 3 else 1)}

    monkeypatch.setattr(training_step, "fidelity_loss", poisoned)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint(root, six, tmp_path, monkeypatch, value):
    with monkeypatch.context() as patch:
        fails_in_its_third_step(patch, value)
        code, said = isf_train(tmp_path / "run", "--steps=6", "--checkpoint-every=2", root=root)
    assert code == 1
    assert f"step 3 of {tmp_path / 'run'}: not a finite number: fidelity_total, total, gradient_norm." in said
    assert "The checkpoint of step 2 is kept." in said
    assert load_checkpoint(tmp_path / "run")["step"] == 2
    assert list(log_of(tmp_path / "run")["step"]) == [1, 2]
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    train(root, tmp_path / "run", steps=6)  # what was wrong has been put right
    assert_same_run(tmp_path / "run", six)


def test_a_loss_that_is_not_finite_before_any_checkpoint(root, tmp_path, monkeypatch):
    fails_in_its_third_step(monkeypatch, float("nan"))
    with pytest.raises(FloatingPointError, match="step 3 of .*There is no checkpoint yet"):
        train(root, tmp_path / "run", steps=6)


@pytest.mark.parametrize("poison", ["image", "weight"])
def test_a_step_whose_loss_is_not_finite_changes_nothing(poison):
    recipe, views = tiny_views(batch=2)
    network = new_network(recipe, 0).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    assert train_step(Objective(network, recipe, torch.float32), network, optimiser, views)["total"] > 0
    if poison == "image":
        views["clean"][0][0, 0, 0, 0] = float("nan")
    else:
        network.output.bias.data.fill_(float("nan"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    moments = [value["exp_avg"].clone() for value in optimiser.state.values()]
    with pytest.raises(FloatingPointError, match="not a finite number: fidelity_infrared, .*total, gradient_norm$"):
        train_step(Objective(network, recipe, torch.float32), network, optimiser, views)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor.nan_to_num(), before[name].nan_to_num()), name
    for value, moment in zip(optimiser.state.values(), moments, strict=True):
        assert torch.equal(value["exp_avg"], moment) and value["step"] == 1


def test_a_step_whose_gradient_is_not_finite_changes_nothing(monkeypatch):
    """Of a loss that is: else the next checkpoint would hold weights that are no numbers."""
    recipe, views = tiny_views(batch=2)
    network = new_network(recipe, 0).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def poisoned(fused, *images, **choices):
        terms = losses.fidelity_loss(fused, *images, **choices)
        return terms | {"total": terms["total"] + (0 * fused.sum()).sqrt()}

    monkeypatch.setattr(training_step, "fidelity_loss", poisoned)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    with pytest.raises(FloatingPointError, match="gradient"):
        train_step(Objective(network, recipe, torch.float32), network, optimiser, views)
    assert [name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])] == []


def test_a_good_step_changes_weights_and_statistics():
    """The other side of the tests above."""
    recipe, views = tiny_views(batch=2)
    network = new_network(recipe, 0).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    train_step(Objective(network, recipe, torch.float32), network, optimiser, views)
    same = [name for name, tensor in network.state_dict().items() if torch.equal(tensor, before[name])]
    assert [name for name in same if not name.endswith("bias")] == []


def test_a_disk_that_fills_up_keeps_the_last_good_checkpoint(root, six, tmp_path, monkeypatch):
    save = torch.save

    def fills_up(state, path):
        if state["step"] == 4:
            Path(path).write_bytes(b"PK and no more")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(state, path)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", fills_up)
        code, said = isf_train(tmp_path / "run", "--steps=6", "--checkpoint-every=2", root=root)
    assert code == 1
    assert f"{tmp_path / 'run' / 'checkpoint.pt'} could not be written" in said
    assert "No space left on device" in said and "free some space and start again" in said
    assert load_checkpoint(tmp_path / "run")["step"] == 2
    assert not list((tmp_path / "run").glob(".isf-*"))
    train(root, tmp_path / "run", steps=6)
    assert_same_run(tmp_path / "run", six)


@pytest.mark.parametrize(
    "options, said",
    [
        ((), "say how long to train: either --steps or --epochs"),
        (("--steps=3", "--epochs=1"), "say how long to train: either --steps or --epochs"),
        (("--steps=0",), "--steps must be at least 1, not 0"),
        (("--epochs=0",), "--epochs must be at least 1, not 0"),
        (("--steps=3", "--crop=15"), "--crop must be at least 16, not 15"),
        (("--steps=3", "--crop=65"), "is 80 x 64, smaller than a crop of 65: use smaller crops"),
        (("--steps=3", "--batch=7"), "6 pairs do not fill a batch of 7"),
        (("--epochs=3", "--batch=7"), "6 pairs do not fill a batch of 7"),
        (("--steps=3", "--batch=0"), "--batch must be at least 1, not 0"),
        (("--epochs=3", "--batch=0"), "--batch must be at least 1, not 0"),
        (("--steps=3", "--learning-rate=0"), "--learning-rate must lie between 0 and 1"),
        (("--steps=3", "--validation-pairs=2"), "RoadScene"),
        (("--steps=3", "--dataset=MSRS"), "MSRS train: no folder"),
        (("--steps=3", "--precision=float16"), "precision must be one of auto, float32, bfloat16, not 'float16'"),
        (("--steps=3", "--device=abacus"), "no device is called 'abacus'"),
        (("--steps=3", "--processes=0"), "--processes must be at least 1"),
        (("--steps=3", "--checkpoint-every=0"), "--checkpoint-every must be at least 1, not 0"),
        (("--steps=3", "--validate-every=0"), "--validate-every must be at least 1, not 0"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(root, tmp_path, options, said):
    code, answer = isf_train(tmp_path / "run", *options, root=root)
    assert code == 1 and said in answer
    assert not (tmp_path / "run").exists()


def test_validation_that_is_asked_for_and_not_there_is_named_with_the_cure(root, tmp_path):
    code, said = isf_train(tmp_path / "run", "--steps=3", "--validation-pairs=20", root=root)
    assert code == 1
    assert "RoadScene test: no folder" in said and "isf data fetch RoadScene" in said
    assert "or train without watching it: --validation-pairs 0" in said


def test_folders_without_pairs_are_refused(root, tmp_path):
    for name in ("empty", "bare", "other"):
        (tmp_path / name).mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "other" / "a.png")
    for other in ("bare", "other"):
        folders = (f"--infrared={tmp_path / 'empty'}", f"--visible={tmp_path / other}")
        code, said = isf_train(tmp_path / "run", "--steps=3", *folders, root=root)
        assert code == 1 and f"there are no images in {tmp_path / 'empty'}" in said
    code, said = isf_train(tmp_path / "run", "--steps=3", f"--infrared={tmp_path / 'other'}", root=root)
    assert code == 1 and "give both an infrared and a visible folder, --infrared and --visible, or neither" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", ["released", "printed"])
def test_losses_fall(root, tmp_path, recipe):
    train(root, tmp_path / "run", recipe=recipe, steps=40)
    for name in ("total", "fidelity_total"):
        losses = log_of(tmp_path / "run")[name]
        assert losses[-5:].mean() < 0.9 * losses[:5].mean()


def test_both_precisions_give_nearly_the_same_loss(root, tmp_path):
    first = {}
    for precision in ("float32", "bfloat16"):
        train(root, tmp_path / precision, steps=1, precision=precision)
        first[precision] = log_of(tmp_path / precision)["total"][0]
    assert first["bfloat16"] == pytest.approx(first["float32"], rel=0.02)
    assert first["bfloat16"] != first["float32"]
