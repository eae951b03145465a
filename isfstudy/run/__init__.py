"""Running the study: what a notebook depends on, checks before anything runs, execution, and what is published."""
