"""The folder that results go to, looked at before the work begins."""

from pathlib import Path

from mri.problems import RefusedError, error


def check_out(out: Path) -> None:
    """Refuse a folder for results that is a file, or would lie in one.

    Raises
    ------
    RefusedError
        Naming the file.
    """
    for path in (out, *out.parents):
        if path.exists() and not path.is_dir():
            raise RefusedError(error("out_is_a_file", path.name, "is a file; name a folder for the results"))
