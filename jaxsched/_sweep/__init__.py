"""One training function for every row of a table of configurations, compiled once."""
