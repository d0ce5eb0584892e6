"""A schedule as text, and back. One string is a value in JSON, YAML, TOML, a shell: there is no other format."""
