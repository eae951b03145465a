"""What does the paper print and say, and does it hold? Its tables against themselves and against what was measured.

Notebooks 10 (its claims) and 11 (its tables); printed rows stand beside measured ones in 03, 04, 08 and 09.
"""
