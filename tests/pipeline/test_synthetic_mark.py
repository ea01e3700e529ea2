"""A made-up patient is told from a real one by the header's comment, in the study folder and in the tables."""

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from features import measure_case
from features.case_building import build_case
from mri.bids import StudyFolder, read_table
from mri.flags import SYNTHETIC
from mri.headers import ImageHeader, read_header
from mri.ingest import ingest
from segmentation.annotation import Annotation

SLICES = Path(__file__).resolve().parents[2] / "sample_scans" / "dicom" / "case01" / "visit01" / "003"


@pytest.mark.parametrize(("comment", "is_synthetic"), [("Not SYNTHETIC", False), ("", False), ("SYNTHETIC, x", True)])
def test_only_the_beginning_of_the_comment_counts(comment: str, is_synthetic: bool, tmp_path: Path) -> None:
    """A comment that merely holds the word says nothing, and no word of any comment is kept."""
    image = pydicom.dcmread(SLICES / "0001.dcm")
    image.PatientComments = comment
    image.save_as(tmp_path / "one.dcm")
    header = read_header(tmp_path / "one.dcm")
    assert isinstance(header, ImageHeader)
    assert header.is_synthetic is is_synthetic
    assert "PatientComments" not in header.tags


def test_the_mark_reaches_the_tables_without_a_clinical_table(tmp_path: Path) -> None:
    """A sample series is marked in scans.tsv without its comment; so are the rows measured from it, and no others."""
    folder = StudyFolder(root=tmp_path / "study")
    result = ingest(SLICES, folder)
    study = folder.load(result.studies[0])
    scan = read_table(folder.scans_table(study.id))[0]
    assert scan["flags"].split(";") == [SYNTHETIC]
    assert "seen with" not in folder.scans_table(study.id).read_text("utf-8")
    assert SYNTHETIC not in {problem.code for problem in result.problems}
    made = build_case(study, Annotation(study=study.id, author="AB"), None)
    assert made.synthetic is True
    assert measure_case(made).patient["synthetic"] is True
    plain = replace(study, series=tuple(replace(series, flags=()) for series in study.series))
    assert build_case(plain, Annotation(study=study.id, author="AB"), None).synthetic is None
