"""The study as a graph, one rule a notebook. `./run_all.sh` runs it; `./run_all.sh --dry-run` shows what would run.

To add a notebook: put it into notebooks/, give it an entry in each params/*.yaml, and copy a rule below. `input`
names every file it reads; under `params` stand the values of its parameters and, where it reads the user's data,
DATA; a change in any of them runs it again. Cores are the most it can use, memory is in MB.
"""

import sys
from pathlib import Path

from isfcore.study import data_digest, load_profile, notebook_header, notebook_path, notebooks

PROFILE = config.get("profile", "quick")
VALUES = load_profile(PROFILE)
DATA = data_digest()
CODE = sorted(str(path) for path in Path("isfcore").rglob("*") if path.is_file() and path.suffix != ".pyc")
RUN = "{sys.executable:q} -m isfcore run "
GPUS = 1 if PROFILE == "paper" else 0


def result(notebook):
    return f"results/{PROFILE}/{notebook}"


def limit(notebook):
    """Minutes until a cluster stops the job: three times what the notebook's first cell expects, and ten."""
    return round(10 + 3 * notebook_header(notebook_path(notebook)).minutes[PROFILE])


rule all:
    input: [result(notebook) for notebook in notebooks()]


rule data_preparation:
    input: "notebooks/01_data_preparation.ipynb", CODE
    output: directory(result("01_data_preparation"))
    params: values=VALUES["01_data_preparation"], data=DATA
    threads: 2
    resources: runtime=limit("01_data_preparation"), mem_mb=8000
    shell: RUN + "01_data_preparation {PROFILE}"


rule training:
    input:
        "notebooks/02_training.ipynb",
        CODE,
        sorted(str(path) for folder in ("params/recipes", "published/training") for path in Path(folder).rglob("*.*")),
        result("01_data_preparation"),
    output: directory(result("02_training"))
    params: values=VALUES["02_training"], data=DATA
    threads: 8
    resources: runtime=limit("02_training"), mem_mb=16000, gpu=GPUS
    shell: RUN + "02_training {PROFILE}"


rule ivif_benchmarks:
    input:
        "notebooks/03_ivif_benchmarks.ipynb",
        CODE,
        "paper/tables/table1_ivif.csv",
        "params/methods.yaml",
        result("01_data_preparation"),
        result("02_training"),
    output: directory(result("03_ivif_benchmarks"))
    params: values=VALUES["03_ivif_benchmarks"], data=DATA
    threads: 8
    resources: runtime=limit("03_ivif_benchmarks"), mem_mb=16000, gpu=GPUS
    shell: RUN + "03_ivif_benchmarks {PROFILE}"


rule medical_transfer:
    input:
        "notebooks/08_medical_transfer.ipynb",
        CODE,
        "paper/tables/table5_medical.csv",
        "params/methods.yaml",
        result("01_data_preparation"),
        result("02_training"),
    output: directory(result("08_medical_transfer"))
    params: values=VALUES["08_medical_transfer"], data=DATA
    threads: 8
    resources: runtime=limit("08_medical_transfer"), mem_mb=8000, gpu=GPUS
    shell: RUN + "08_medical_transfer {PROFILE}"


rule efficiency:
    input:
        "notebooks/09_efficiency.ipynb",
        CODE,
        "paper/tables/table1_ivif.csv",
        "params/methods.yaml",
        result("02_training"),
        result("03_ivif_benchmarks"),
    output: directory(result("09_efficiency"))
    params: values=VALUES["09_efficiency"], data=DATA
    threads: 8  # all of a small machine: what runs beside it would slow down what it times
    resources: runtime=limit("09_efficiency"), mem_mb=16000, gpu=GPUS
    shell: RUN + "09_efficiency {PROFILE}"


rule ablations:
    input:
        "notebooks/04_ablations.ipynb",
        CODE,
        sorted(str(path) for path in Path("params/recipes").glob("*.yaml")),
        "paper/tables/table2_ablation.csv",
        result("01_data_preparation"),
        result("03_ivif_benchmarks"),
    output: directory(result("04_ablations"))
    params: values=VALUES["04_ablations"], data=DATA
    threads: 8
    resources: runtime=limit("04_ablations"), mem_mb=16000, gpu=GPUS
    shell: RUN + "04_ablations {PROFILE}"


rule intervention_effects:
    input:
        "notebooks/05_intervention_effects.ipynb",
        CODE,
        sorted(str(path) for path in Path("params/recipes").glob("*.yaml")),
        result("01_data_preparation"),
        result("02_training"),
    output: directory(result("05_intervention_effects"))
    params: values=VALUES["05_intervention_effects"], data=DATA
    threads: 8
    resources: runtime=limit("05_intervention_effects"), mem_mb=16000, gpu=GPUS
    shell: RUN + "05_intervention_effects {PROFILE}"


rule detection:
    input:
        "notebooks/06_detection.ipynb",
        CODE,
        "paper/tables/table3_detection.csv",
        sorted(str(path) for path in Path("published/downstream").rglob("*.*")),
        result("01_data_preparation"),
        result("02_training"),
    output: directory(result("06_detection"))
    params: values=VALUES["06_detection"], data=DATA
    threads: 8
    resources: runtime=limit("06_detection"), mem_mb=32000, gpu=GPUS
    shell: RUN + "06_detection {PROFILE}"


rule segmentation:
    input:
        "notebooks/07_segmentation.ipynb",
        CODE,
        "paper/tables/table4_segmentation.csv",
        sorted(str(path) for path in Path("published/downstream").rglob("*.*")),
        result("01_data_preparation"),
        result("02_training"),
        result("06_detection"),
    output: directory(result("07_segmentation"))
    params: values=VALUES["07_segmentation"], data=DATA
    threads: 8
    resources: runtime=limit("07_segmentation"), mem_mb=32000, gpu=GPUS
    shell: RUN + "07_segmentation {PROFILE}"


rule audit:
    input:
        "notebooks/11_audit.ipynb",
        CODE,
        "paper/sentences.yaml",
        sorted(str(path) for path in Path("paper/tables").glob("*.csv")),
        result("01_data_preparation"),
        result("03_ivif_benchmarks"),
    output: directory(result("11_audit"))
    params: values=VALUES["11_audit"], data=DATA
    threads: 8
    resources: runtime=limit("11_audit"), mem_mb=16000, gpu=GPUS
    shell: RUN + "11_audit {PROFILE}"


rule checkpoint:
    input:
        "notebooks/12_checkpoint.ipynb",
        CODE,
        sorted(str(path) for path in Path("params/recipes").glob("*.yaml")),
        result("01_data_preparation"),
        result("02_training"),
    output: directory(result("12_checkpoint"))
    params: values=VALUES["12_checkpoint"], data=DATA
    threads: 8
    resources: runtime=limit("12_checkpoint"), mem_mb=16000, gpu=GPUS
    shell: RUN + "12_checkpoint {PROFILE}"


rule retraining:
    input:
        "notebooks/13_retraining.ipynb",
        CODE,
        sorted(str(path) for folder in ("params/recipes", "published/training") for path in Path(folder).rglob("*.*")),
        result("01_data_preparation"),
        result("02_training"),
        result("03_ivif_benchmarks"),
        result("12_checkpoint"),
    output: directory(result("13_retraining"))
    params: values=VALUES["13_retraining"], data=DATA
    threads: 8
    resources: runtime=limit("13_retraining"), mem_mb=24000, gpu=GPUS
    shell: RUN + "13_retraining {PROFILE}"


rule scorecard:
    input:
        "notebooks/10_scorecard.ipynb",
        CODE,
        "paper/claims.yaml",
        [result(notebook) for notebook in notebooks() if notebook != "10_scorecard"],
    output: directory(result("10_scorecard"))
    params: values=VALUES["10_scorecard"]
    threads: 1
    resources: runtime=limit("10_scorecard"), mem_mb=4000
    shell: RUN + "10_scorecard {PROFILE}"
