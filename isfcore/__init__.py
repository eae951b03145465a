"""Intervention-stable feature learning (ISF) for infrared and visible image fusion.

The package holds the method (`network`, `masks`, `losses`, `metrics`) and, beside it, what the study around it
needs: data, fusion of your own files, reports and the command line. `isf --help` shows what can be done from
the shell; `notebooks/` is where the paper's tables and figures are made.
"""

__version__ = "0.1.0"
