"""What is written, twice the same, and what is committed."""

import json
from pathlib import Path

import pytest

from sample_scans.cases import NAMED_PATIENTS
from sample_scans.protocol import QUICK_PROTOCOL
from sample_scans.sample import write_sample
from sample_scans.truth import phantom_of

COMMITTED = Path(__file__).resolve().parents[2] / "sample_scans"
LARGEST_SAMPLE_BYTES = 20_000_000


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file by its path within a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two writes of five patients agree file by file; another seed does not."""
    cheap = QUICK_PROTOCOL.__class__(
        sequences=QUICK_PROTOCOL.sequences[1:2], sagittal_matrix=64, sagittal_slices=3, axial_matrix=48
    )
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_sample(tmp_path / name, patients=5, seed=seed, protocol=cheap)
    first, second, other = (contents(tmp_path / name) for name in "abc")
    assert first == second
    assert set(first) == set(other)
    assert first != other


def test_layout_is_the_one_promised(quick_sample: Path) -> None:
    """Five visits under dicom/, a truth for each patient, two tables, nothing half-written."""
    visits = sorted(str(path.relative_to(quick_sample)) for path in (quick_sample / "dicom").glob("*/*"))
    assert visits == [
        "dicom/case01/visit01",
        "dicom/case02/visit01",
        "dicom/case03/visit01",
        "dicom/case04/visit01",
        "dicom/case04/visit02",
    ]
    assert sorted(path.name for path in (quick_sample / "truth").iterdir()) == [p.participant for p in NAMED_PATIENTS]
    assert (quick_sample / "clinical.csv").is_file()
    assert (quick_sample / "ids.csv").is_file()
    assert not list(quick_sample.rglob("*.part"))


def test_written_paths_are_returned(tmp_path: Path) -> None:
    """The list that write_sample returns names every file."""
    cheap = QUICK_PROTOCOL.__class__(sequences=QUICK_PROTOCOL.sequences[:1], sagittal_matrix=64, sagittal_slices=2)
    written = write_sample(tmp_path, patients=1, protocol=cheap)
    assert {str(path.relative_to(tmp_path)) for path in written} == set(contents(tmp_path))


def test_committed_sample_is_what_the_cases_say() -> None:
    """The truth in the repository is that of the code's four patients, and the scans are at most 20 MB."""
    if not (COMMITTED / "dicom").is_dir():
        pytest.skip("an installed package holds no sample scans")
    files = list((COMMITTED / "dicom").rglob("*.dcm"))
    assert sum(path.stat().st_size for path in files) <= LARGEST_SAMPLE_BYTES
    for patient in NAMED_PATIENTS:
        record = json.loads((COMMITTED / "truth" / patient.participant / "truth.json").read_text(encoding="utf-8"))
        assert [phantom_of(session) for session in record["sessions"]] == [s.phantom for s in patient.sessions]
