"""What one writes elsewhere and here, one file for each neighbour.

Each has `LIBRARY`, what people call it, and `ROWS`. Those that are installed to be compared also have `made(line)`, what
their line makes; `values(made, steps)`, what each step of a run uses; and `read(made)`, what the adapter makes of it.
"""
