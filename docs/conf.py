"""How Sphinx builds these pages: `sphinx-build -W docs docs/_build`."""

project = "jaxsched"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "jaxsched"
exclude_patterns = ["_build"]
suppress_warnings = ["myst.xref_missing"]  # links into the repository
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
