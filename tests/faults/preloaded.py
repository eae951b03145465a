"""What the process that the killed ones are forked from imports: all that `isf` imports inside its commands."""

from isfcore.machine.environment import prepare_process

prepare_process()  # before torch is imported

import pandas  # noqa: E402, F401

import isfcore.cli.main  # noqa: E402, F401
import isfcore.evaluation  # noqa: E402, F401
import isfcore.fusion  # noqa: E402, F401
import isfcore.training.launch  # noqa: E402, F401
import isfcore.weights  # noqa: E402, F401
