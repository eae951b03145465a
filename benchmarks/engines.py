"""Fusing 480 x 640 pairs on the processor: `isfcore` against engines that run the file of `isf export`.

    python -m benchmarks.engines               # on all cores; needs pip install '.[deploy]' openvino
    python -m benchmarks.engines --threads 1

Needs the authors' weights below ISF_DATA (`isf data fetch weights`). OpenVINO is left out where it is not installed; it
computes in float32, as the others do.
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from benchmarks.timing import side_by_side
from isfcore.export import Engine, export, onnxruntime_engine
from isfcore.inference import prepare, run
from isfcore.machine.provenance import cores, machine
from isfcore.weights import load_weights


def openvino_engine(path: Path, threads: int) -> Engine:
    """A file as a function, run by OpenVINO on the processor in float32."""
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    return lambda infrared, visible: compiled((infrared, visible))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = load_weights("released")[0]
    prepared = prepare(network)
    images = torch.rand(2, 1, 1, 480, 640, generator=torch.Generator().manual_seed(0))
    arrays = [image.numpy() for image in images]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "isf.onnx")
        export(network, path, {})
        engines = {"onnxruntime": onnxruntime_engine(path, threads=arguments.threads)}
        if find_spec("openvino"):
            engines["OpenVINO"] = openvino_engine(path, arguments.threads)
        functions = {"isfcore": lambda: run(prepared, *images).luma.numpy()}
        functions |= {name: lambda engine=engine: engine(*arrays) for name, engine in engines.items()}
        print(f"{machine()['processor']}, {arguments.threads} threads, torch {torch.__version__}, fp32, 480 x 640")
        print(side_by_side(functions, rounds=arguments.rounds).round(3))
        ours = functions["isfcore"]()
        for name in engines:
            print(f"{name}: {np.abs(functions[name]() - ours).max():.1e} of [0, 1] apart from isfcore")


if __name__ == "__main__":
    main()
