"""The key that a study was made with, and the check that no other one is used on it."""

from pathlib import Path

from mri.bids import StudyFolder, write_json
from mri.deidentify import load_key, token
from mri.problems import RefusedError, error

_CHECK = "key_check.json"


def study_key(folder: StudyFolder, named: Path | None = None, *, create: bool = False) -> bytes:
    """Return the key of a study.

    Parameters
    ----------
    folder : StudyFolder
    named : Path, optional
        Where the key is, instead of beside the study.
    create : bool
        Make one where the study is new; one that was made with a key never gets another.

    Raises
    ------
    RefusedError
        If there is no key, or it is not the one that the study was made with.
    """
    check = folder.derivative("ingest") / _CHECK
    key = load_key(named or folder.key, create=create and not check.is_file())
    if check.is_file() and token(key, "check") not in check.read_text(encoding="utf-8"):
        message = "this study was made with another key, so ids and dates would not fit; name the right one with --key"
        raise RefusedError(error("key_other", folder.root.name, message))
    return key


def write_key_check(folder: StudyFolder, key: bytes) -> None:
    """Write what tells this key from another, and nothing of the key."""
    write_json(folder.derivative("ingest") / _CHECK, {"format": 1, "check": token(key, "check")})
