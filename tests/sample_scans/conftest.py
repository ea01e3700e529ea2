"""Scans that several tests read: made once, coarse and cheap."""

from pathlib import Path

import pytest

from sample_scans.cases import SOLITARY_T4
from sample_scans.protocol import QUICK_PROTOCOL
from sample_scans.sample import scan_session, write_sample
from sample_scans.scanner import ScannedSeries


@pytest.fixture(scope="session")
def quick_scan() -> list[ScannedSeries]:
    """Scan sagittal T1, T2 and post-contrast T1 of the patient with one lesion at T4."""
    return scan_session(SOLITARY_T4, SOLITARY_T4.sessions[0], seed=0, protocol=QUICK_PROTOCOL)


@pytest.fixture(scope="session")
def quick_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the four named patients, coarse, into a folder."""
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, protocol=QUICK_PROTOCOL)
    return out
