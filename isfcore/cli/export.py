"""The command `isf export`: the network for engines other than torch. Heavy imports stand inside, as in `cli`."""

from __future__ import annotations

from pathlib import Path

import click

from isfcore.cli.entry_points import needs_extra
from isfcore.cli.exits import NEW_FILE, make_folder, or_exit, say


@click.command(short_help="Write the network as an ONNX file, for onnxruntime, OpenVINO and others.")
@click.argument("output", type=NEW_FILE)
@click.option("--weights", default="released", show_default=True, help="`released`, a committed name, or a file.")
def export(output: Path, weights: str) -> None:
    """Write the network with its weights to OUTPUT, an ONNX file for any height, width and batch.

    Where onnxruntime is installed the file is tried on several sizes, odd ones too; one that differs from torch by more
    than a grey level is not written. What goes in and comes out stands in the file's metadata.

    \b
        isf export isf.onnx
    """
    if output.suffix != ".onnx":
        raise click.UsageError(f"{output}: give a name that ends in .onnx")
    from isfcore.export import export as write
    from isfcore.weights import how_trained, load_weights

    network, described = or_exit(lambda: load_weights(weights))
    or_exit(lambda: make_folder(output.parent))
    about = {"weights": described["name"], "sha256": described["sha256"], "trained": how_trained(described)}
    say(f"weights {about['weights']}: {about['trained']}")
    with needs_extra("deploy"):
        apart = or_exit(lambda: write(network, output, about))
    tried = "not tried: onnxruntime is not installed" if apart is None else f"onnxruntime within {apart:.0e} of torch"
    say(f"{output} ({tried})")
