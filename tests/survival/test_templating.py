"""One rule for every template: nothing missing is passed over, and texts are escaped where they meet markup."""

import jinja2
import pytest

from survival.templating import templates_of


@pytest.mark.parametrize("package", ["survival", "pipeline"])
def test_every_page_of_a_package_is_understood(package: str) -> None:
    """Each page of the package compiles; there is at least one."""
    templates = templates_of(package)
    names = templates.list_templates(extensions=["html"])
    assert names
    for name in names:
        templates.get_template(name)


def test_texts_are_escaped_for_markup_alone() -> None:
    """A text of a user is no markup in a page, and stays as it is in a script."""
    source = "{{ text }}"
    assert templates_of("survival").from_string(source).render(text="<b>") == "&lt;b&gt;"
    assert templates_of("survival", escape=False).from_string(source).render(text="<b>") == "<b>"


def test_a_missing_value_is_an_error() -> None:
    """A name that nobody gives is never printed as nothing."""
    with pytest.raises(jinja2.UndefinedError):
        templates_of("survival").from_string("{{ nowhere }}").render()


def test_lines_of_logic_leave_no_trace() -> None:
    """An indented condition leaves neither its line nor its blanks."""
    source = "a\n  {% if yes %}\nb\n  {% endif %}\n"
    assert templates_of("survival").from_string(source).render(yes=True) == "a\nb\n"
