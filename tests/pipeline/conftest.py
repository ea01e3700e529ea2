"""What the tests of archives share; a test that needs another source, stock or study makes its own."""

from pathlib import Path

import pytest

from mri.bids import StudyFolder
from tests.mri.dicom_files import make_series, save, study_folder
from tests.pipeline.archives import Stock


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give two series of one examination as files."""
    return save(tmp_path / "source", make_series(1), make_series(2, EchoTime=102.0, RepetitionTime=3500.0))


@pytest.fixture
def stock(source: Path) -> Stock:
    """Give an archive that holds them."""
    return Stock().fill(source)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Give an empty study with a known key."""
    return study_folder(tmp_path)
