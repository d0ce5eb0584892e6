"""How Sphinx builds these pages: `sphinx-build -W docs docs/_build`."""

project = "jaxsched"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "jaxsched"
html_show_copyright = False
exclude_patterns = ["_build"]
html_extra_path = ["play.html"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
