"""The templates of a package, all under the same rules."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def templates_of(package: str, *, escape: bool = True) -> "Environment":
    """Return the templates that lie in the folder ``templates`` of a package.

    Parameters
    ----------
    package : str
    escape : bool
        Whether texts are escaped for markup; False for templates of plain text.

    Notes
    -----
    A value that is missing is an error, never an empty place. Lines that hold only logic leave no trace.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=escape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
