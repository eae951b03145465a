"""How fast `isfcore` is beside definitions written down as directly as possible, which are also the oracle of tests."""
