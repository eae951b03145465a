"""The commands `isf data`: see, verify and fetch the study's image sets. Heavy imports stand inside, as in `cli`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from isfcore.cli.exits import NEW_FILE, fail, finish, make_folder, or_exit, say, write_csv
from isfcore.cli.inputs import must_be_a_table
from isfcore.datasets.catalogue import DATASETS

PUBLISHED = [name for name, known in DATASETS.items() if any(known.pairs.values())]
KNOWN = f"Known data sets: {', '.join(PUBLISHED)}."


@click.group(short_help="See, verify and fetch the study's image sets.")
def data() -> None:
    """The study's image sets: what is here, whether it is right, and how to get it."""


@data.command("status")
@click.option("--root", default="", help="Folder of the sets; by default ISF_DATA, else `data`.")
def data_status(root: str) -> None:
    """What is there, by name only.

    \b
        isf data status --root /data/fusion
    """
    from isfcore.datasets.local import data_root
    from isfcore.datasets.manifest import status

    where = data_root(root)
    lacking = "is no folder" if where.exists() else "does not exist"
    say(f"in {where}:" if where.is_dir() else f"{where} {lacking}: set ISF_DATA, or run `isf data fetch`")
    click.echo(or_exit(lambda: status(root)).to_string(index=False))


@data.command("verify", short_help="Compare every image with the published pixels.", epilog=KNOWN)
@click.argument("datasets", nargs=-1, type=click.Choice(PUBLISHED), metavar="[DATASETS]...")
@click.option("--root", default="", help="Folder of the sets; by default ISF_DATA, else `data`.")
@click.option("--csv", type=NEW_FILE, help="Also write a row a file, missing ones included, to this file.")
def data_verify(datasets: tuple[str, ...], root: str, csv: Path | None) -> None:
    """Compare every image of DATASETS (all that are here) with the published pixels, file by file.

    A part of a set is fine. An image with other pixels, or one that cannot be read, is named, and so is a set of which
    nothing is here.

    \b
        isf data verify MSRS --csv files.csv
    """
    import pandas as pd

    from isfcore.datasets.local import data_root, where_to_get
    from isfcore.datasets.manifest import status, summary, verify

    if csv:
        must_be_a_table(csv)
        or_exit(lambda: make_folder(csv.parent))
    here = or_exit(lambda: status(root))
    names = datasets or [name for name in PUBLISHED if here.loc[here["dataset"] == name, "found"].sum()]
    if not names:
        fail(f"there is no image set in {data_root(root)}: set ISF_DATA, or run `isf data fetch`")
    problems: dict[str, str] = {}
    files, counts = {}, {}
    for name in names:
        files[name] = found = or_exit(partial(verify, name, root))
        counts[name] = summary(name, found)
        wrong = found[found["status"].isin(["wrong pixels", "unreadable"])]
        problems |= dict(zip(wrong["file"], wrong["status"], strict=True))
        if (found["status"] == "missing").all():
            problems[name] = f"nothing of it is here. {where_to_get(name, root)}"
    if csv:
        or_exit(lambda: write_csv(pd.concat(files, names=["dataset", None]).reset_index("dataset"), csv))
    click.echo(pd.concat(counts, names=["dataset", None]).reset_index("dataset").to_string(index=False))
    finish(problems, f"verified {', '.join(names)}", len(names))


@data.command("fetch", short_help="Bring image sets and weights from their public sources.", epilog=KNOWN)
@click.argument("datasets", nargs=-1, required=True, type=click.Choice([*PUBLISHED, "weights"]), metavar="DATASETS...")
@click.option("--root", default="", help="Where to put them; by default ISF_DATA, else `data`.")
@click.option("--source", default="", help="A mirror's URL, or a local archive or folder, instead of the public host.")
def data_fetch(datasets: tuple[str, ...], root: str, source: str) -> None:
    """Bring DATASETS (or `weights`, the authors' checkpoint) from their public sources; what is here stays.

    \b
        isf data fetch weights TNO
    """
    from isfcore.datasets.fetch import fetch, fetch_weights

    problems, done = {}, []
    for name in datasets:
        try:
            if name == "weights":
                done.append(f"weights are at {fetch_weights(root, source=source)}")
                continue
            files = fetch(name, root, source=source)
        except (ValueError, OSError) as error:
            problems[name] = str(error)
            continue
        failed = files[files["status"] == "failed"]
        problems |= dict(zip(failed["file"], failed["reason"], strict=True))
        counts = files["status"].value_counts()
        done.append(f"{name}: {counts.get('fetched', 0)} files fetched, {counts.get('present', 0)} were here")
    finish(problems, "; ".join(done) or "nothing fetched", len(done))
