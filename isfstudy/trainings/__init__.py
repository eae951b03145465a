"""What do trainings and trained weights say? The room of notebooks 02, 04, 12 and 13.

02, does the recipe train: `runs`, `records`, `loss_gradients`, `batch_norm`, `training_figures`. 04, what each part is
worth: `runs`, `ablations`. 12, what the authors' weights learned from: `released_weights`, `authors_outputs`,
`last_steps` with `agreement`. 13, can they be trained again: `retraining`, `going_on`, `indifference`, `behaviour`.
`figures` has the pictures of 04, 12 and 13; `samples` and `one_core` serve them all.
"""
