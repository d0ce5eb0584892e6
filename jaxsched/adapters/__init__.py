"""Schedules of other libraries: read once, and ours from then on.

A room for each neighbour. What it returns prints as the line to keep: after that, the code does not depend on the
adapter. Nothing foreign is imported to read something; what cannot be known is refused, with what to do.
"""
