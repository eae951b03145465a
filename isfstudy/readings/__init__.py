"""Which printed sentence makes the printed recipe collapse? A fraction of a factorial design over seven readings."""
