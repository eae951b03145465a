"""Does every intervention harm a fused image as the paper says? Notebook 05_intervention_effects."""
