"""The key that a study was made with, and the check that no other one is used on it."""

import os
from pathlib import Path

from mri.bids import StudyFolder, write_json
from mri.deidentify import load_key, token
from mri.problems import Problem, RefusedError, error, warning

_CHECK = "key_check.json"
_OF_OTHERS = 0o077
"""Bits of a file's mode that let anybody but its owner do anything with it."""


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
        If there is no key, or it is not the one that the study was made with, or a new one is asked for by a name
        that cannot be meant.
    """
    check = folder.derivative("ingest") / _CHECK
    if named is not None and create and not os.path.lexists(named):
        _check_new(folder, named)
    key = load_key(named or folder.key, create=create and not check.is_file())
    if check.is_file() and token(key, "check") not in check.read_text(encoding="utf-8"):
        message = "this study was made with another key, so ids and dates would not fit; name the right one with --key"
        raise RefusedError(error("key_other", folder.root.name, message))
    return key


def key_problems(folder: StudyFolder, named: Path | None, *, made: bool) -> list[Problem]:
    """Return what a person should know of the key that is used.

    Parameters
    ----------
    folder : StudyFolder
    named : Path, optional
        Where ``--key`` said that the key is.
    made : bool
        Whether it was not there before.
    """
    path = named or folder.key
    told = []
    if made and named is not None:
        message = (
            "no such file was there, so a NEW key was made: ids and dates agree with no earlier study; if you meant "
            "a key that exists, remove this file and the study, and name the right one"
        )
        told.append(warning("key_made", named.name, message))
    # other systems have no such modes
    if os.name == "posix" and path.stat().st_mode & _OF_OTHERS:
        message = "others than its owner may open the key, which leads back to patients; take that away (chmod 600)"
        told.append(warning("key_open", path.name, message))
    return told


def _check_new(folder: StudyFolder, named: Path) -> None:
    """Refuse to make a key where another is in use, or in a folder that is not there: the name is a mistake."""
    if not named.parent.is_dir():
        raise RefusedError(error("key_missing", named.name, "the folder of --key is not there; check the path"))
    if folder.key.is_file() or folder.made_ids.is_file():
        message = "no such key, and the folder beside the study holds one already or its list of ids; check --key"
        raise RefusedError(error("key_missing", named.name, message))


def write_key_check(folder: StudyFolder, key: bytes) -> None:
    """Write what tells this key from another, and nothing of the key."""
    write_json(folder.derivative("ingest") / _CHECK, {"format": 1, "check": token(key, "check")})
