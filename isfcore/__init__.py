"""Intervention-stable feature learning (ISF) for infrared and visible image fusion: the method and its use.

`network`, `masks`, `losses` and `metrics` are what the paper defines; `fusion`, `evaluation`, `weights` and `training`
put it to use, on images of one's own or on the sets of `datasets`. `isf --help` shows what can be done from the shell.
The study of the paper, which the notebooks run, is the package `isfstudy`; nothing here needs it.
"""

__version__ = "0.1.0"
