"""Do features that are stable under interventions carry over to another time of day, and to other sets?

Networks trained on MSRS by day or by night, from the grid, measured on both and on TNO, RoadScene and M3FD.
"""
