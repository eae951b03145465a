"""How much hangs on the values that were set by hand? One at a time around what the authors released."""
