"""Which version of this program made a file."""

from importlib.metadata import PackageNotFoundError, version


def software_version() -> str:
    """Return the installed version; ``0+unknown`` in a checkout that was never installed."""
    try:
        return version("iscm")
    except PackageNotFoundError:
        return "0+unknown"
