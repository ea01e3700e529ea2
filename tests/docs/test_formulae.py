"""Formulae of the documentation are pictures within the page, and one that cannot be set is noticed."""

import pytest

from docs.formulae import formula_image
from tests.docs.pages import ROOT


def test_formula_is_in_the_page_and_keeps_its_words() -> None:
    """A formula needs no address, stands on the line of the text, and says its LaTeX where pictures are not shown."""
    made = formula_image(r"\frac{a}{b} < 1", 12)
    assert 'src="data:image/svg+xml;base64,' in made
    assert r'alt="\frac{a}{b} &lt; 1"' in made
    assert "vertical-align: -" in made
    assert "http" not in made


def test_larger_letters_make_a_larger_picture() -> None:
    """A formula that reaches below the line is let down by more where its letters are larger."""

    def depth(points: float) -> float:
        return float(formula_image("y_j", points).partition("vertical-align: -")[2].partition("px")[0])

    assert depth(24) == pytest.approx(2 * depth(12), rel=0.2)


def test_formula_that_cannot_be_set_is_refused() -> None:
    """A command that is not known fails the build instead of showing its letters."""
    with pytest.raises(ValueError, match="unknowncommand"):
        formula_image(r"\unknowncommand{a}", 12)


def test_no_page_loads_a_script_from_elsewhere() -> None:
    """The renderer is the one that needs no server."""
    assert 'html_math_renderer = "mathtext"' in (ROOT / "docs" / "conf.py").read_text("utf-8")
