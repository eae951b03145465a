"""Which method fuses best, and is it so by more than chance? Every pair fused by every method, scored and tested.

Notebooks 01 (the images), 03, 08 and, for the protocol, 11; the rooms of other notebooks stand on this one.
"""
