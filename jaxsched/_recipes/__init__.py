"""Well-known compositions under one name: each is a function of keywords that returns a schedule."""
