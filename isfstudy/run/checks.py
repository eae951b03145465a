"""Does a profile fit the notebooks and the data? Asked before anything runs.

papermill only warns of a parameter that a notebook does not have, and a missing data set would show after the
notebooks before it have run.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from isfcore.datasets.catalogue import DATASETS, RELEASED_WEIGHTS
from isfcore.datasets.local import data_root, folder, where_to_get
from isfcore.pairs import images_by_stem
from isfstudy.notebooks import load_profile, notebook_header, notebook_parameters, notebook_path, notebooks, suggest
from isfstudy.places import repository

EXTRAS = {  # notebook -> extra of the package, and the modules that it brings
    "06_detection": ("detection", ("ultralytics", "faster_coco_eval")),
    "07_segmentation": ("segmentation", ("segmentation_models_pytorch",)),
}
SET_BY_RUNNER = ("study", "results")


def problems(profile: str) -> list[str]:
    """What would stop a run of this profile, one message each: names, types, missing data."""
    values, found = load_profile(profile), notebooks()
    messages = [f"no notebook '{name}'{suggest(name, found)}" for name in values if name not in found]
    messages += [f"params/{profile}.yaml lacks an entry '{name}: {{}}'" for name in found if name not in values]
    for name in found:
        given, defaults = values.get(name, {}), notebook_parameters(notebook_path(name))
        messages += [f"{name}: {message}" for message in _wrong_values(given, defaults)]
        if profile not in notebook_header(notebook_path(name)).minutes:
            messages.append(f"{name}: its first cell does not say how many minutes '{profile}' takes")
    if messages:
        return messages  # the names of data sets may be among what is wrong
    needed = _needed(profile)
    messages = [f"no data set '{name}'{suggest(name, list(DATASETS))}" for name in needed if name not in DATASETS]
    messages += _missing_extras(found)
    messages += _nothing_selected(values)
    lacking = _lacking(needed)
    nothing = len(lacking) == len(needed)
    return messages + [text for name, text in lacking.items() if nothing or needed[name] == "complete"]


def _missing_extras(notebooks: list[str]) -> list[str]:
    """What to install for notebooks whose extra is not there."""
    messages = []
    for name, (extra, modules) in EXTRAS.items():
        if name in notebooks and (absent := [module for module in modules if not find_spec(module)]):
            messages.append(
                f"{name} needs {' and '.join(absent)}: pip install -e '.[{extra}]' -c constraints.txt"
                + (" (ultralytics is under AGPL-3.0)" if extra == "detection" else "")
            )
    return messages


def _nothing_selected(values: dict[str, dict[str, Any]]) -> list[str]:
    """What to do for notebooks that take selected pairs, where others of their set are here and none of these."""
    from isfstudy.downstream.split import split_pairs

    messages = []
    for name, given in values.items():
        used = notebook_parameters(notebook_path(name)) | given
        if used.get("data") == "selected" and used.get("dataset") in DATASETS:
            try:
                split_pairs(used["dataset"], data="selected")
            except ValueError as error:
                messages.append(f"{name}: {error}")
            except FileNotFoundError:  # none at all, which `left_out` says
                continue
    return messages


def left_out(profile: str) -> list[str]:
    """What a run of this profile goes without, one message each: absent data sets, and the authors' weights."""
    needed = _needed(profile)
    messages = [text for name, text in _lacking(needed).items() if needed[name] != "complete"]
    networks = [name for given in load_profile(profile).values() for name in given.get("networks", [])]
    weights = data_root() / RELEASED_WEIGHTS
    if "released" in networks and not weights.is_file():
        messages.append(f"the authors' weights: they are not at {weights}; `isf data fetch weights` brings them")
    return messages


def _needed(profile: str) -> dict[str, str]:
    """Every data set that a notebook of this profile names, and which pairs: `complete`, `found` or `selected`."""
    needed: dict[str, str] = {}
    for name, given in load_profile(profile).items():
        used = notebook_parameters(notebook_path(name)) | given
        named = [*used.get("datasets", []), *used.get("other_sets", [])]
        named += [used.get("dataset", "scenes"), used.get("validation", "scenes")]
        for dataset in named:
            if dataset == "scenes":  # made on the spot
                continue
            if needed.get(dataset) != "complete":
                needed[dataset] = used.get("data", "found")
    return needed


def _wrong_values(given: dict[str, Any], defaults: dict[str, Any]) -> list[str]:
    messages = []
    for key, value in given.items():
        if key in SET_BY_RUNNER:
            messages.append(f"'{key}' is set by the run itself; take it out")
        elif key not in defaults:
            known = [name for name in defaults if name not in SET_BY_RUNNER]
            has = ", ".join(known) or "none"
            messages.append(f"no parameter '{key}'{suggest(key, known)}; its parameters: {has}")
        elif not _same_type(value, defaults[key]):
            kind = type(defaults[key]).__name__
            messages.append(f"'{key}' must be of type {kind}, such as {defaults[key]!r}, not {value!r}")
    return messages


def _same_type(value: Any, default: Any) -> bool:
    """Whether a value may replace a default: it has the same type, or is an integer for a float."""
    if default is None or (isinstance(default, float) and type(value) is int):
        return True
    if isinstance(value, list) and isinstance(default, list) and default:
        return all(_same_type(item, default[0]) for item in value)
    return type(value) is type(default)


def _lacking(needed: dict[str, str]) -> dict[str, str]:
    """For each data set that is absent, or partial where `complete` is asked for: what is missing, and the cure."""
    published = [name for name in needed if name in DATASETS and any(DATASETS[name].pairs.values())]
    if not published:
        return {}  # embedded data only, so the imports below would be for nothing
    from isfcore.datasets.manifest import manifest, status

    table, messages = status(), {}
    for name in published:
        rows = table[table["dataset"] == name]
        found, all_pairs = rows["found"].sum(), rows["published"].sum()
        if rows["complete"].all() or (found and needed[name] != "complete"):
            continue
        missing = []
        for (split, modality), listed in manifest(name).groupby(["split", "modality"], sort=False):
            where = folder(name, split, modality)
            here = images_by_stem(where) if where.is_dir() else {}
            missing += [f"{where}/{stem}" for stem in listed["stem"] if stem not in here]
        some = f" Missing, for example: {', '.join(missing[:3])}." if missing else ""
        messages[name] = f"{name}: {found} of {all_pairs} pairs are in {data_root()}.{some}\n    {where_to_get(name)}"
    return messages


def snakemake_runs() -> bool:
    """Whether a Snakemake of this user is at work in this repository."""
    import psutil

    return any(
        process.info["cwd"] == str(repository())
        and any(Path(argument).name == "snakemake" for argument in process.info["cmdline"] or [])
        for process in psutil.process_iter(["cmdline", "cwd"])
    )
