"""How Sphinx builds the documentation: `sphinx-build -W --keep-going -b html docs build/docs`.

What is built loads nothing from a network: the theme brings its own files, formulas are MathML.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "logitproof"
version = release = version_of("logitproof")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "mathml"]
exclude_patterns = ["_extensions", "pictures", "schemas", "**/make.py"]
source_suffix = {".md": "markdown"}
nitpicky = False  # the types of other projects in our signatures have no page to lead to without a network
default_role = "code"  # in docstrings a single backtick is code

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_title = f"logitproof {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_copy_source = False
html_show_sphinx = False
# The JSON Schemas of the record, at the root of the site: record-2.json.
html_extra_path = ["schemas"]
