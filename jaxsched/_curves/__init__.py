"""The gallery: every curve is a declaration and a formula, one family to a file."""
