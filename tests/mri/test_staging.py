"""What is copied for the converter: the times that it would write down are blanked, the source stays as it is."""

import re
from pathlib import Path

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless

from mri.parameters import DEFAULTS
from mri.staging import stage
from tests.mri.dicom_files import make_series
from tests.mri.test_convert import one_stack
from tests.mri.test_syntaxes import written

SYNTAXES = (ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_no_time_is_left_in_the_staged_copies(tmp_path: Path, syntax: object) -> None:
    """Blanked where it stood, however the file was packed: what the converter cannot see it cannot write."""
    stack = one_stack(tmp_path, written(syntax, make_series(1, Rows=64, Columns=64)))  # type: ignore[arg-type]
    before = [header.path.read_bytes() for header in stack.headers]
    folder = tmp_path / "staged"
    folder.mkdir()
    staged = stage(stack, folder, DEFAULTS)
    assert len(staged) == len(stack.headers)
    for header in staged:
        assert header.path.parent == folder or folder in header.path.parents
        content = header.path.read_bytes()
        spans = [content[offset : offset + length] for offset, length in header.time_spans]
        assert spans
        assert not any(re.search(rb"[1-9]", span) for span in spans)
    assert [header.path.read_bytes() for header in stack.headers] == before
