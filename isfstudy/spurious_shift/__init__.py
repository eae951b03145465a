"""Do interventions in training break a spurious correlation? The experiment that could refute the paper's thesis.

Networks trained on embedded scenes in which a visible cue goes along with heat, or does not; measured by flipping it.
"""
