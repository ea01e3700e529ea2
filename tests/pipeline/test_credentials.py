"""Tokens and passwords come from the environment or a private file, and from nowhere else."""

from pathlib import Path

import pytest

from mri.problems import RefusedError
from pipeline.credentials import Credentials, credentials_for


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a private file for two hosts."""
    path = tmp_path / "credentials"
    path.write_text("machine a.example login anna password geheim\nmachine b.example login bearer password tok\n")
    path.chmod(0o600)
    return path


def test_the_environment_comes_first(file: Path) -> None:
    """A token, else user and password, else the file."""
    everything = {
        "ISCM_PACS_TOKEN": "t",
        "ISCM_PACS_USER": "u",
        "ISCM_PACS_PASSWORD": "p",
        "ISCM_PACS_CREDENTIALS": str(file),
    }
    assert credentials_for("a.example", everything) == Credentials(token="t")
    del everything["ISCM_PACS_TOKEN"]
    assert credentials_for("a.example", everything) == Credentials(user="u", password="p")
    del everything["ISCM_PACS_USER"]
    assert credentials_for("a.example", everything) == Credentials(user="anna", password="geheim")


def test_a_file_is_for_its_hosts_alone(file: Path) -> None:
    """A token is told by the login bearer; another host is told nothing."""
    environment = {"ISCM_PACS_CREDENTIALS": str(file)}
    assert credentials_for("b.example", environment) == Credentials(token="tok")
    assert credentials_for("c.example", environment) == Credentials()


def test_the_usual_place_is_looked_into(tmp_path: Path, file: Path) -> None:
    """Without any setting the file below the home folder counts, and its absence is no fault."""
    assert credentials_for("a.example", {"HOME": str(tmp_path)}) == Credentials()
    place = tmp_path / ".config" / "iscm"
    place.mkdir(parents=True)
    file.rename(place / "credentials")
    assert credentials_for("a.example", {"HOME": str(tmp_path)}).user == "anna"


def test_a_file_that_others_may_read_is_refused(file: Path) -> None:
    """The message says chmod 600."""
    file.chmod(0o640)
    with pytest.raises(RefusedError, match="chmod 600"):
        credentials_for("a.example", {"ISCM_PACS_CREDENTIALS": str(file)})


def test_a_broken_file_is_refused_without_its_words(file: Path) -> None:
    """No word of the file is in the message or behind it."""
    file.write_text("machine a.example geheim geheim geheim")
    with pytest.raises(RefusedError) as refused:
        credentials_for("a.example", {"ISCM_PACS_CREDENTIALS": str(file)})
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("environment", [{"ISCM_PACS_USER": "u"}, {"ISCM_PACS_CREDENTIALS": "nowhere"}])
def test_half_a_setting_is_refused(environment: dict[str, str]) -> None:
    """A user without a password, or a file that is not there, is told rather than passed over."""
    with pytest.raises(RefusedError) as refused:
        credentials_for("a.example", environment)
    assert refused.value.problems[0].code == "credentials"


def test_credentials_are_never_shown() -> None:
    """The text form holds neither user nor password nor token."""
    assert repr(Credentials(token="geheim", user="anna", password="pw")) == "Credentials()"
