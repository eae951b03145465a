"""Films: each frame as images are fused, what differs between two films named, no more than two frames held."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from isfcore import video
from isfcore.cli.main import main
from isfcore.fusion import fuse
from isfcore.inference import prepare
from isfcore.machine.remarks import Remark
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair
from isfcore.video import film, frames, fuse_films
from tests.helpers.made_up_tno import noise, save
from tests.helpers.small_weights import write_weights

av = pytest.importorskip("av", reason="needs the extra video: pip install '.[video]'")


@pytest.fixture(scope="module")
def network() -> FusionNetwork:
    torch.manual_seed(0)
    untrained = FusionNetwork()
    untrained.output.weight.data *= 100
    return prepare(untrained)


def smooth(count: int, height: int, width: int, channels: int, seed: int) -> list[np.ndarray]:
    """Frames that codecs can hold well: slopes that move."""
    rows, columns = np.mgrid[:height, :width]
    planes = [[(rows * 3 + columns * (2 + c) + 9 * n + 40 * seed) % 200 for c in range(channels)] for n in range(count)]
    return [np.stack(each, axis=-1).astype(np.uint8).squeeze() for each in planes]


def write(path: Path, images: list[np.ndarray], *, rate: int = 10, kind: str = "", turned: int = 0) -> Path:
    """A film of RGB or grey frames, without loss."""
    grey = images[0].ndim == 2
    with av.open(str(path), "w") as made:
        stream = made.add_stream("png" if turned else "ffv1", rate=rate)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = kind or ("gray" if grey else "rgb24" if turned else "bgr0")
        if turned:
            stream.set_display_rotation(turned)
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format=kind or ("gray" if grey else "rgb24"))
            made.mux(stream.encode(frame))
        made.mux(stream.encode())
    return path


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Five frames of 21 x 18, infrared grey, visible coloured but for the first, which is black."""
    visible = [np.zeros((18, 21, 3), np.uint8), *smooth(4, 18, 21, 3, seed=1)]
    infrared = write(tmp_path / "ir.mkv", smooth(5, 18, 21, 1, seed=0))
    return Pair("vi", infrared, write(tmp_path / "vi.mkv", visible))


@pytest.mark.parametrize("colour", ["visible", "grey"])
def test_each_frame_is_what_images_give(network: FusionNetwork, pair: Pair, tmp_path: Path, colour: str) -> None:
    assert fuse_films(network, pair, tmp_path / "out.mkv", colour=colour) == 5
    fused = list(frames(tmp_path / "out.mkv"))
    assert len(fused) == 5 and film(tmp_path / "out.mkv")[1:] == (21, 18, 10, 5)
    for ours, infrared, visible in zip(fused, frames(pair.infrared), frames(pair.visible), strict=True):
        assert np.array_equal(ours, fuse(network, infrared, visible, colour=colour))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ir.mkv", "out.mkv", "vi.mkv"]


def test_what_is_read_is_what_was_written(pair: Pair) -> None:
    assert all(np.array_equal(a, b) for a, b in zip(frames(pair.infrared), smooth(5, 18, 21, 1, seed=0), strict=True))
    read = list(frames(pair.visible))
    assert read[0].shape == (18, 21) and not read[0].any(), "black is grey"
    assert all(np.array_equal(a, b) for a, b in zip(read[1:], smooth(4, 18, 21, 3, seed=1), strict=True))


@pytest.mark.parametrize("name", ["out.mp4", "out.MOV"])
@pytest.mark.parametrize(("height", "width"), [(64, 96), (63, 95)])
def test_films_for_players(network: FusionNetwork, tmp_path: Path, name: str, height: int, width: int) -> None:
    infrared, visible = (
        smooth(3, height, width, 1, seed=0),
        [image // 2 + 60 for image in smooth(3, height, width, 3, 1)],
    )
    pair = Pair("vi", write(tmp_path / "ir.mkv", infrared, rate=25), write(tmp_path / "vi.mkv", visible, rate=25))
    fuse_films(network, pair, tmp_path / name, colour="visible")
    assert film(tmp_path / name)[1:] == (width, height, 25, 3)
    for ours, one, other in zip(frames(tmp_path / name), infrared, visible, strict=True):
        assert np.abs(ours.astype(int) - fuse(network, one, other)).mean() < 4, "as well as the codec can"


def test_colour_of_half_the_resolution_is_read_to_the_level(tmp_path: Path) -> None:
    """Against BT.601 by hand, of values that the codec keeps; the library's fast way is a level too dark."""
    random = np.random.default_rng(0)
    luma = random.integers(60, 200, (32, 48), dtype=np.uint8)
    planes = [np.full((16, 24), value, np.uint8) for value in (110, 150)]  # blue and red differences, even everywhere
    kept = np.concatenate([part.ravel() for part in (luma, *planes)]).reshape(48, 48)
    with av.open(str(tmp_path / "vi.mkv"), "w") as made:
        stream = made.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        made.mux(stream.encode(av.VideoFrame.from_ndarray(kept, format="yuv420p")))
        made.mux(stream.encode())
    (read,) = frames(tmp_path / "vi.mkv")
    y, blue, red = 1.164383 * (luma.astype(float) - 16), 110 - 128, 150 - 128
    exact = np.stack([y + 1.596027 * red, y - 0.391762 * blue - 0.812968 * red, y + 2.017232 * blue], axis=-1)
    assert np.abs((read - exact.clip(0, 255)).mean(axis=(0, 1))).max() < 0.4


def test_what_differs_is_refused_or_named(network: FusionNetwork, pair: Pair, tmp_path: Path) -> None:
    def refused(infrared: Path, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            fuse_films(network, Pair("vi", infrared, pair.visible), tmp_path / "out.mkv", colour="grey")
        assert not (tmp_path / "out.mkv").exists()

    refused(
        write(tmp_path / "size.mkv", smooth(5, 18, 22, 1, seed=0)), "size.mkv is 22 x 18, .*vi.mkv is 21 x 18: register"
    )
    refused(
        write(tmp_path / "rate.mkv", smooth(5, 18, 21, 1, seed=0), rate=12),
        "frames a second: .*rate.mkv has 12 and .*vi.mkv has 10: bring them to one, as with `ffmpeg -i FILM -r 10 NEW`",
    )
    long = write(tmp_path / "long.mkv", smooth(15, 18, 21, 1, seed=0))
    refused(long, "length: .*long.mkv has 15 frames and .*vi.mkv has 5 frames: cut both")
    refused(pair.visible, "show the same pixels")
    longer = write(tmp_path / "longer.mkv", smooth(14, 18, 21, 1, seed=0))
    with pytest.warns(Remark, match="the last 9 frames of .*longer.mkv have no partner and are left out"):
        assert fuse_films(network, Pair("vi", longer, pair.visible), tmp_path / "out.mkv", colour="grey") == 5


def test_files_that_are_no_films_are_named(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_bytes(b"no film" * 100)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "cut.mkv").write_bytes(pair.visible.read_bytes()[:200])
    for name in ("text.mp4", "empty.mp4", "cut.mkv"):
        with pytest.raises(ValueError, match=f"{name}: "):
            film(tmp_path / name)
    with av.open(str(tmp_path / "sound.mkv"), "w") as made:
        stream = made.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        silence.sample_rate = 8000
        made.mux(stream.encode(silence))
    with pytest.raises(ValueError, match="sound.mkv: there are no pictures in this film"):
        film(tmp_path / "sound.mkv")


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_turned_film_is_read_as_it_is_shown(tmp_path: Path, degrees: int) -> None:
    image = smooth(1, 18, 22, 3, seed=0)[0]
    turned = next(frames(write(tmp_path / "turned.mov", [image], turned=degrees)))
    assert np.array_equal(turned, np.rot90(image, degrees // 90))


def test_depth_that_is_not_used_is_named(tmp_path: Path) -> None:
    deep = [image.astype(np.uint16) * 257 for image in smooth(2, 18, 22, 1, seed=0)]
    path = write(tmp_path / "deep.mkv", deep, kind="gray16le")
    with pytest.warns(Remark, match="8 bits are used of the more that .*deep.mkv has"):
        assert np.abs(next(frames(path)).astype(int) - deep[0] // 257).max() <= 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(frames(write(tmp_path / "flat.mkv", smooth(2, 18, 22, 1, seed=0))))


def test_frames_are_fused_as_they_are_read(network, pair: Pair, tmp_path: Path, monkeypatch) -> None:
    read, ahead = [], []

    def noted(path: Path) -> Iterator[np.ndarray]:
        for image in frames(path):
            read.append(path)
            yield image

    def noting(*arguments: object, **options: object) -> np.ndarray:
        ahead.append(len(read) - 2 * len(ahead))
        return fuse(*arguments, **options)

    monkeypatch.setattr(video, "frames", noted)
    monkeypatch.setattr(video, "fuse", noting)
    fuse_films(network, pair, tmp_path / "out.mkv", colour="grey")
    assert ahead == [4] * 5, "two that were looked at first, and two at a time"


# The command


def isf(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "defect of isf" not in result.stderr
    return result


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def test_the_command_fuses_films(weights: Path, pair: Pair, tmp_path: Path) -> None:
    words = ("fuse", pair.infrared, pair.visible, "--weights", weights, "-o")
    result = isf(*words, tmp_path / "new" / "out.mkv")
    assert result.exit_code == 0 and "fused 1 of 1 films" in result.stderr, result.stderr
    assert film(tmp_path / "new" / "out.mkv").frames == 5
    assert isf(*words, tmp_path / "new").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["out.mkv", "vi.mp4"]


def test_a_film_that_breaks_off_is_not_left_half_written(weights, pair: Pair, tmp_path: Path, monkeypatch) -> None:
    calls = []

    def third_fails(*arguments: object, **options: object) -> np.ndarray:
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return fuse(*arguments, **options)

    monkeypatch.setattr(video, "fuse", third_fails)
    result = isf("fuse", pair.infrared, pair.visible, "--weights", weights, "-o", tmp_path / "out" / "x.mp4")
    assert result.exit_code == 1 and "free some space" in result.stderr
    assert not list((tmp_path / "out").iterdir())


def test_what_cannot_be_meant_is_misuse(pair: Pair, tmp_path: Path) -> None:
    image = save(tmp_path / "vi.png", noise(18, 21))
    for arguments, said in (
        ((pair.infrared, image, "-o", "out.mp4"), "two films or two images"),
        ((pair.infrared, pair.visible, "-o", "out.avi"), "a film is written as .mp4, .mov, .mkv"),
        ((pair.infrared, pair.visible, "-o", pair.visible), "is one of the films to be fused"),
        ((pair.infrared, pair.visible, "-o", "out.mp4", "--depth", "16"), "are for images"),
        ((pair.infrared, pair.infrared, "-o", "out.mp4"), "one and the same"),
    ):
        result = isf("fuse", *arguments)
        assert result.exit_code == 2 and said in result.stderr.replace("\n", " "), result.stderr


def test_what_has_to_be_installed_is_named(weights: Path, pair: Pair, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    result = isf("fuse", pair.infrared, pair.visible, "-o", tmp_path / "out.mp4", "--weights", weights)
    assert result.exit_code == 1 and "needs av, which is not installed: pip install 'isfcore[video]'" in result.stderr
