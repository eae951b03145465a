"""Which trainings do the experiments need, how do they get done, and what came of them?

`paper/grid.yaml` lists them, `python -m isfstudy grid` does what is missing, `records/grid/` keeps what came of them.
"""
