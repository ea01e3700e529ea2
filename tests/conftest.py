"""What every test may use."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real volumes, real DICOM, oracles and reference statistics; skips where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the reference data in ../shared/data, which is not here")
    return SHARED_DATA
