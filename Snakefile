"""The study as a graph: every notebook is executed, and then made a page. `./run_all.sh` runs it.

A notebook runs again when its cells, the code that it imports, its parameters, the committed files and notebooks that
it reads, the user's data or the numeric packages change; `isfstudy.run.dependencies` finds out what they are. A page is
made again when its notebook has run, or the template has changed; the front door, when any page has.
`./run_all.sh --dry-run` says what would run and why.
"""

import sys

from isfcore.machine.code import code_digest
from isfstudy.notebooks import load_profile, notebook_header, notebook_path, notebooks
from isfstudy.run.dependencies import code_of, committed_files, data_of, earlier, numeric_versions, page_code

PROFILE = config.get("profile", "quick")
VALUES = load_profile(PROFILE)
STUDY = "{sys.executable:q} -m isfstudy"
TIMED = {"02_training", "09_efficiency"}  # they measure seconds, so nothing runs beside them
MEMORY = {"06_detection": 32000, "07_segmentation": 32000, "13_retraining": 24000}  # MB; of the others less


def made(notebook, file):
    return f"results/{PROFILE}/{notebook}/{file}"


def cores(notebook):
    """All that there are, or half of them, as two notebooks side by side leave fewer idle."""
    here = workflow.cores or 8
    return here if notebook in TIMED else max(1, here // 2)


def limit(notebook):
    """Minutes until a cluster stops the job: three times what the notebook's first cell expects, and ten."""
    return round(10 + 3 * notebook_header(notebook_path(notebook)).minutes[PROFILE])


localrules: all, front_door


rule all:
    input: f"results/{PROFILE}/index.html"


rule front_door:
    input: [made(notebook, "report.html") for notebook in notebooks()], "CITATION.cff"
    output: f"results/{PROFILE}/index.html"
    params: code=code_digest(["isfstudy.report.front_door"])
    shell: STUDY + " index {PROFILE}"


for notebook in notebooks():

    rule:
        name: notebook[3:]
        input:
            f"notebooks/{notebook}.ipynb",
            committed_files(notebook),
            [made(name, "notebook.ipynb") for name in earlier(notebook, VALUES[notebook])],
        output: made(notebook, "notebook.ipynb")
        params: notebook=notebook, code=code_of(notebook), values=VALUES[notebook],
            data=data_of(notebook, VALUES[notebook]), versions=numeric_versions()
        threads: cores(notebook)
        priority: limit(notebook)  # the longest first, so that none is left to run alone
        resources: runtime=limit(notebook), mem_mb=MEMORY.get(notebook, 16000), gpu=1 if PROFILE == "paper" else 0
        shell: STUDY + " run {params.notebook} {PROFILE}"

    rule:
        name: f"page_of_{notebook[3:]}"
        input: made(notebook, "notebook.ipynb")
        output: made(notebook, "report.html")
        params: notebook=notebook, code=page_code()
        shell: STUDY + " render {params.notebook} {PROFILE}"
