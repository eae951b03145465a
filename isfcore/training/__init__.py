"""Training by a recipe: what is asked for, batches, steps, runs that survive being killed, and how they are watched."""
