"""What does a fused image cost: parameters, operations, time, memory, energy? Notebook 09_efficiency.

What a step of training costs is for notebook 02_training.
"""
