"""The exported file gives in onnxruntime and OpenVINO, at any size, what torch gives; a wrong one is not written."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional

from isfcore import export as module
from isfcore.cli.main import main
from isfcore.export import SIZES, Exportable, averages, check, export, onnxruntime_engine
from isfcore.network import FusionNetwork
from tests.helpers.made_up_tno import noise, save
from tests.helpers.networks import random_network
from tests.helpers.small_weights import write_weights

DEPLOY = "needs the extra deploy: pip install '.[deploy]'"
README = Path(__file__).parents[2] / "isfcore" / "README.md"


def isf(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 70), st.integers(1, 70))
def test_averages_are_those_of_adaptive_pooling(side: int, height: int, width: int) -> None:
    features = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height))
    torch.testing.assert_close(averages(features, side), functional.adaptive_avg_pool2d(features, side))


@pytest.mark.parametrize("reading", [("separate", "released"), ("shared", "printed")], ids="-".join)
def test_what_is_exported_equals_the_network(reading: tuple[str, str]) -> None:
    network = random_network(*reading)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    exportable = Exportable(network)
    assert check(network, lambda *images: exportable(*map(torch.from_numpy, images)).numpy()) < 1e-5
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("wrong", ["other levels", "no numbers", "another size"])
def test_an_engine_that_is_wrong_is_named_with_the_size(wrong: str) -> None:
    network = random_network()

    def engine(infrared: np.ndarray, visible: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            fused = network(torch.from_numpy(infrared), torch.from_numpy(visible)).luma.numpy()
        if infrared.shape[3] < 47:
            return fused
        return {"other levels": fused + 2 / 255, "no numbers": fused * np.nan, "another size": fused[..., :4]}[wrong]

    with pytest.raises(ValueError, match="1 images of 47 x 61 come out .* grey levels apart; please report it"):
        check(network, engine)


@pytest.fixture(scope="module", params=[("separate", "released"), ("shared", "printed")], ids="-".join)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[FusionNetwork, Path]:
    """A network of random weights, whose peaked attention shows what is exported wrongly, and the file of it."""
    pytest.importorskip("onnxscript", reason=DEPLOY)
    network, path = random_network(*request.param), tmp_path_factory.mktemp("exported") / "isf.onnx"
    export(network, path, {"weights": "random"})
    return network, path


@pytest.mark.slow
def test_onnxruntime_gives_the_same(exported: tuple[FusionNetwork, Path]) -> None:
    pytest.importorskip("onnxruntime", reason=DEPLOY)
    network, path = exported
    assert check(network, onnxruntime_engine(path, threads=1), (*SIZES, (3, 33, 130))) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("level", ["ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED"])
def test_onnxruntime_gives_the_same_however_it_rewrites_the_graph(exported, level: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason=DEPLOY)
    network, path = exported
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    assert check(network, lambda ir, vi: session.run(None, {"infrared": ir, "visible": vi})[0], SIZES[:4]) < 1e-4


@pytest.mark.slow
def test_openvino_gives_the_same(exported: tuple[FusionNetwork, Path]) -> None:
    openvino = pytest.importorskip("openvino", reason="needs OpenVINO: pip install openvino")
    network, path = exported
    run = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert check(network, lambda infrared, visible: run((infrared, visible))[0]) < 1e-4


@pytest.mark.slow
def test_a_file_that_is_wrong_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxscript", reason=DEPLOY)
    monkeypatch.setattr(module, "onnxruntime_engine", lambda path: lambda infrared, visible: infrared + 2)
    with pytest.raises(ValueError, match="the exported file is wrong in this engine"):
        export(random_network(), tmp_path / "isf.onnx", {})
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_command_and_the_three_lines_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxscript", reason=DEPLOY)
    onnxruntime = pytest.importorskip("onnxruntime", reason=DEPLOY)
    weights = write_weights(tmp_path / "tiny.safetensors")
    result = isf("export", tmp_path / "isf.onnx", "--weights", weights)
    assert result.exit_code == 0 and re.search(r"isf.onnx \(onnxruntime within \de-\d\d of torch\)", result.stderr)
    assert "Warning" not in result.stderr and result.stdout == ""
    said = onnxruntime.InferenceSession(tmp_path / "isf.onnx").get_modelmeta().custom_metadata_map
    assert said["weights"] == "tiny" and {"inputs", "output", "colour", "sha256", "trained"} <= said.keys()
    save(tmp_path / "ir.png", noise(31, 45, 1))
    save(tmp_path / "vi.png", noise(31, 45, seed=1))
    images = (tmp_path / "ir.png", tmp_path / "vi.png", "-o", tmp_path / "ours.png")
    assert isf("fuse", *images, "--weights", weights, "--grey").exit_code == 0
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n([^`]*onnxruntime[^`]*)```", README.read_text(encoding="utf-8"))
    assert "torch" not in code
    exec(code, {})
    fused, ours = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("fused.png", "ours.png"))
    assert np.abs(fused - ours).max() <= 1, "the luma of colours is rounded there"


def test_other_names_are_refused(tmp_path: Path) -> None:
    result = isf("export", tmp_path / "isf.pt")
    assert result.exit_code == 2 and "isf.pt: give a name that ends in .onnx" in result.stderr


def test_what_has_to_be_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = isf("export", tmp_path / "isf.onnx", "--weights", write_weights(tmp_path / "tiny.safetensors"))
    assert result.exit_code == 1 and "needs onnx, which is not installed" in result.stderr
    assert "pip install 'isfcore[deploy]'" in result.stderr and not (tmp_path / "isf.onnx").exists()
