"""Sphinx configuration."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # what makes pages and pictures lies beside them

project = "iscm"
author = "The iscm developers"
version = release = installed("iscm")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "docs.formulae"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "reference/generated", "features/generated/*.md"]
html_theme = "alabaster"
html_math_renderer = "mathtext"
html_theme_options = {"description": "Research use only. Not a medical device.", "fixed_sidebar": True}
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
numpydoc_show_class_members = False
autosummary_generate = False
autodoc_typehints = "none"
nitpick_ignore_regex = [("py:.*", ".*")]  # types in numpydoc prose ("tuple of float") are not cross references


def write_dictionary(app: Sphinx) -> None:
    """Write the data dictionary that reference/dictionary.md includes; git ignores the file."""
    from mri.bids import write_text
    from pipeline.checks import whole_dictionary

    write_text(Path(app.srcdir, "reference", "generated", "dictionary.md"), whole_dictionary("md"))


def write_features(app: Sphinx) -> None:
    """Make the tables and the pictures of the feature pages; git ignores them."""
    from docs.feature_pages import write_pages

    write_pages(Path(app.srcdir, "features"))


def setup(app: Sphinx) -> None:
    """Make what the pages include before any of them is read."""
    app.connect("builder-inited", write_dictionary)
    app.connect("builder-inited", write_features)
