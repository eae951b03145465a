#!/usr/bin/env bash
# From a clone to a report. `./run_all.sh --help` explains.
set -euo pipefail
unset CDPATH
cd "$(dirname "$0")"

usage() {
    cat <<'END'
./run_all.sh [quick|real|paper]     run the study and say where the report is (default: quick)
    quick   embedded data, no network, minutes on two cores
    real    the image sets under $ISF_DATA (or data/), about an hour
    paper   the paper's full protocol, on a CUDA GPU

./run_all.sh --list [PROFILE]       the notebooks: question, inputs, outputs, minutes, report
./run_all.sh --only 03 [PROFILE]    run this notebook again, and what it needs where that is missing
./run_all.sh --dry-run [PROFILE]    say what would run and why
./run_all.sh --test [ARGUMENTS]     run the tests, on four cores at most; arguments go to pytest

./run_all.sh --publish [PROFILE]    copy the results of a finished run to results/published/, to be committed

--profile profiles/slurm            run on a SLURM cluster instead of this machine
--no-install                        take the active environment as it is
-- ARGUMENTS                        go to Snakemake, for example: ./run_all.sh real -- --cores 4

Notebooks do not run again while the code they import, their parameters and their data are unchanged; a run that was interrupted or killed
continues where it stopped. Without an active environment (venv or conda) one is made in .venv.
END
}

fail() { echo "run_all.sh: $1" >&2; exit "${2:-1}"; }

suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Sets `python`, and installs the project where it is not, or where what it needs has changed.
prepare_environment() {
    local prefix=${VIRTUAL_ENV:-} own="" candidate
    # conda's base environment is everybody's: it is not taken for one the user made for this
    if [ -z "$prefix" ] && [ "${CONDA_DEFAULT_ENV:-}" != base ]; then prefix=${CONDA_PREFIX:-}; fi
    if [ -n "$prefix" ]; then
        if [ ! -x "$prefix/bin/python" ]; then
            local broken="does not exist"
            [ ! -d "$prefix" ] || broken="has no bin/python that runs"
            fail "the active environment $prefix $broken: deactivate it, or open a new shell (an environment is then made in .venv)"
        fi
        echo "Environment: $prefix (active)"
    else
        prefix=$PWD/.venv own=yes
        [ "$install" = yes ] || fail "--no-install needs an active environment (venv or conda)"
    fi
    python=$prefix/bin/python
    if [ "$install" = no ]; then return; fi

    local stamp=$prefix/.isfcore-installed wanted found started=$SECONDS
    wanted=$({ pwd; cat pyproject.toml constraints.txt; } | cksum)
    found=$(cat "$stamp" 2>/dev/null || true)
    if [ "$found" = "$wanted" ] && [ -x "$python" ]; then return; fi
    # Two that install at once would spoil each other's work: the second waits, where the system can lock a file.
    if command -v flock >/dev/null && [ -w pyproject.toml ]; then
        exec 9>>pyproject.toml
        flock -n 9 || { echo "Another run_all.sh is installing here; waiting for it ..."; flock 9; }
        found=$(cat "$stamp" 2>/dev/null || true)
        if [ "$found" = "$wanted" ] && [ -x "$python" ]; then exec 9>&-; return; fi
    fi

    if [ "$own" = yes ] && { [ "$found" = unfinished ] || [ ! -x "$python" ]; }; then
        for candidate in python3 python3.13 python3.12 python3.11 ""; do
            if suitable "$candidate"; then break; fi
        done
        [ -n "$candidate" ] || fail "Python 3.11 or newer is needed; python3 is $(python3 --version 2>&1)"
        echo "Making the environment .venv with $("$candidate" --version)"
        rm -rf "$prefix"
        mkdir "$prefix"
        echo unfinished >"$stamp"
        "$candidate" -m venv "$prefix"
    fi
    [ -w "$prefix" ] || fail "$prefix cannot be written to: --no-install takes it as it is"
    suitable "$python" || fail "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1)"
    echo unfinished >"$stamp"
    echo "Installing isfcore and what it needs (about 2.5 GB, some minutes the first time) ..."
    echo "Among it ultralytics, for notebook 06, under AGPL-3.0; isfcore alone ('pip install .') does without."
    "$python" -m pip install --quiet --disable-pip-version-check -e '.[study,slurm,test,segmentation,detection]' -c constraints.txt
    echo "$wanted" >"$stamp"
    exec 9>&-
    echo "Installed in $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
}

# A killed Snakemake leaves its lock behind; it is removed when no Snakemake is at work here.
remove_stale_lock() {
    if [ -n "$(ls .snakemake/locks 2>/dev/null)" ] && ! "$python" -m isfstudy running; then
        echo "An earlier run was killed; continuing where it stopped."
        "$python" -m snakemake --unlock --cores 1 --quiet all --config profile="$profile"
    fi
}

action=run profile=quick named=no only="" install=yes workflow=profiles/local
extra=()
while [ $# -gt 0 ]; do
    case $1 in
        -h|--help) usage; exit ;;
        --list) action=list ;;
        --publish) action=publish ;;
        --dry-run) action=plan; extra+=(--dry-run) ;;
        --only) [ $# -gt 1 ] || fail "--only needs a notebook's number, for example: --only 03" 2; only=$2; shift ;;
        --profile) [ $# -gt 1 ] || fail "--profile needs a folder, for example: profiles/slurm" 2; workflow=$2; shift ;;
        --no-install) install=no ;;
        --test) action=test; shift; extra=("$@"); break ;;
        --) shift; extra+=("$@"); break ;;
        -*) echo "run_all.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
        *) [ -f "params/$1.yaml" ] || { echo "run_all.sh: unknown argument '$1'" >&2; usage >&2; exit 2; }
           [ "$named" = no ] || fail "one profile at a time: '$profile' or '$1'" 2
           profile=$1 named=yes ;;
    esac
    shift
done

shown=index.html  # the front door, or the page of the one notebook that is asked for
if [ -n "$only" ]; then
    matches=(notebooks/"$only"*.ipynb)
    [ -f "${matches[0]}" ] || fail "no notebook begins with '$only'; ./run_all.sh --list shows them" 2
    notebook=$(basename "${matches[0]}" .ipynb) shown=$(basename "${matches[0]}" .ipynb)/report.html
    extra=("results/$profile/$shown" --forcerun "${notebook#*_}" ${extra[@]+"${extra[@]}"})
fi

prepare_environment
case $action in
    test) exec "$python" -m pytest -n logical --maxprocesses 4 --dist worksteal ${extra[@]+"${extra[@]}"} ;;
    publish) exec "$python" -m isfstudy publish pages "$profile" ;;
    list) exec "$python" -m isfstudy list "$profile" ;;
    plan) "$python" -m isfstudy check "$profile" || echo "This is the plan all the same:" ;;
    run) "$python" -m isfstudy check "$profile"; remove_stale_lock ;;
esac
"$python" -m snakemake --config profile="$profile" --profile "$workflow" ${extra[@]+"${extra[@]}"} ||
    fail "not finished (see above); the same command continues where it stopped"
if [ $action = run ]; then echo "Report: $PWD/results/$profile/$shown"; fi
