"""The study around `isfcore`: what the notebooks call, a room a question. `notebooks/README.md` says which is whose."""
