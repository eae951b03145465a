"""What a notebook shows, and the page it becomes. Notebooks call `results`; `html` makes the page of what has run."""
