"""Who we are to a DICOMweb server: from the environment or a private file, never from the command line."""

import netrc
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mri.problems import RefusedError, error

TOKEN, USER, PASSWORD, FILE = "ISCM_PACS_TOKEN", "ISCM_PACS_USER", "ISCM_PACS_PASSWORD", "ISCM_PACS_CREDENTIALS"
DEFAULT_FILE = Path(".config", "iscm", "credentials")
"""Below the home folder; ``machine HOST login NAME password SECRET``, and ``login bearer`` for a token."""
_BEARER = "bearer"
_OTHERS_MAY = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A token, or a user and password, or nothing; never shown."""

    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def credentials_for(host: str, environment: Mapping[str, str] | None = None) -> Credentials:
    """Return the credentials for a host: a token, else user and password, else what a private file says.

    Raises
    ------
    RefusedError
        If others may read the file, it is no netrc file, or a user comes without a password.
    """
    values = os.environ if environment is None else environment
    if values.get(TOKEN):
        return Credentials(token=values[TOKEN])
    if values.get(USER):
        if PASSWORD not in values:
            raise RefusedError(error("credentials", PASSWORD, f"{USER} is set without it; set both"))
        return Credentials(user=values[USER], password=values[PASSWORD])
    named = values.get(FILE)
    path = Path(named) if named else Path(values.get("HOME", "."), DEFAULT_FILE)
    if named and not path.is_file():
        raise RefusedError(error("credentials", path.name, f"no such file; check {FILE}"))
    return _from_file(path, host) if path.is_file() else Credentials()


def _from_file(path: Path, host: str) -> Credentials:
    if os.name == "posix" and path.stat().st_mode & _OTHERS_MAY:
        raise RefusedError(error("credentials", path.name, "others may read it; run chmod 600 on it"))
    try:
        found = netrc.netrc(path).authenticators(host)
    except (netrc.NetrcParseError, UnicodeDecodeError, OSError):
        # the reason is not told on: it could repeat a password
        message = "cannot be read; write lines of: machine HOST login NAME password SECRET"
        raise RefusedError(error("credentials", path.name, message)) from None
    if found is None:
        return Credentials()
    user, _, password = found
    if user.casefold() == _BEARER:
        return Credentials(token=password or "")
    return Credentials(user=user, password=password or "")
