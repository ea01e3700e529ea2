"""Sphinx configuration."""

from importlib.metadata import version as installed

project = "iscm"
author = "The iscm developers"
version = release = installed("iscm")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Research use only. Not a medical device.", "fixed_sidebar": True}
myst_heading_anchors = 3
numpydoc_show_class_members = False
autosummary_generate = False
autodoc_typehints = "none"
nitpick_ignore_regex = [("py:.*", ".*")]  # types in numpydoc prose ("tuple of float") are not cross references
