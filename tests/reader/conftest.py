"""What the tests of the reading server share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from tests.reader.client import client_of
from tests.reader.small_study import make_study


@pytest.fixture(scope="session")
def made_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the study once."""
    return make_study(tmp_path_factory.mktemp("reader") / "study").root


@pytest.fixture
def folder(made_study: Path, tmp_path: Path) -> StudyFolder:
    """Return a study of the test's own."""
    root = tmp_path / "study"
    shutil.copytree(made_study, root)
    return StudyFolder(root=root)


@pytest.fixture
def client(folder: StudyFolder) -> Iterator[TestClient]:
    """Return a reader's page at the study."""
    with client_of(folder) as made:
        yield made
