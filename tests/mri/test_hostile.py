"""Files made to do harm: each costs its series, by name, within bounds of time and memory; the rest goes on."""

import resource
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from mri.bids import StudyFolder, read_table
from mri.ingest import IngestResult, ingest
from tests.mri.dicom_files import ROOT, SLICES, make_series, save, study_folder

MOST_SECONDS, MOST_MB = 30.0, 400
BOMB_MB = 512


def ingest_beside_a_good_series(tmp_path: Path, source: Path) -> tuple[IngestResult, StudyFolder]:
    """Ingest hostile files together with a good series, which must come through."""
    files = len([path for path in source.iterdir() if path.is_file()])
    save(source / "good", make_series(1))
    folder, start = study_folder(tmp_path), time.monotonic()
    result = ingest(source, folder)
    assert time.monotonic() - start < MOST_SECONDS
    assert result.kept == 1
    assert len(read_table(folder.private / "received.csv")) == SLICES + files
    return result, folder


def codes(result: IngestResult) -> set[str]:
    """Return what was told."""
    return {problem.code for problem in result.problems}


def compressed(syntax: str, **tags: object) -> list[Dataset]:
    """Return a compressed series that claims something else than it holds."""
    series = make_series(2, Rows=64, Columns=64)
    for dataset in series:
        dataset.compress(syntax, generate_instance_uid=False)
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)
    return series


HUGE = {"Rows": 65535, "Columns": 65535}
LARGE = {"Rows": 12000, "Columns": 12000}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: compressed(RLELossless, **HUGE), "pixels_too_large"),
        (lambda: compressed(JPEGLSLossless, **HUGE), "pixels_too_large"),
        (lambda: compressed(RLELossless, **LARGE), "pixels_too_large"),
        (lambda: compressed(RLELossless, Rows=128), "pixels_undecodable"),
        (lambda: make_series(2, NumberOfFrames=2_000_000_000), "pixels_too_large"),
        (lambda: make_series(2, NumberOfFrames=1000), "pixels_mismatch"),
        (lambda: [d for d in make_series(2) if not setattr(d, "BitsAllocated", 8)], "pixels_mismatch"),
        (lambda: [d for d in make_series(2) if not setattr(d, "Rows", 0)], "pixels_mismatch"),
        (lambda: make_series(2, PixelSpacing=[0, 0]), "spacing_invalid"),
        (lambda: make_series(2, ImagePositionPatient=[0.0, 0.0, 0.0]), "slice_twice"),
        (lambda: make_series(2, SOPInstanceUID=f"{ROOT}.1.1"), "uid_twice"),
        (lambda: [d for d in make_series(2) if not delattr(d, "PixelData")], "file_truncated"),
    ],
)
def test_claims_that_do_not_hold_are_named(tmp_path: Path, make: Callable[[], list[Dataset]], code: str) -> None:
    """Size is checked before anything is decoded, geometry before anything is converted."""
    result, _ = ingest_beside_a_good_series(tmp_path, save(tmp_path / "in", make()))
    assert code in codes(result)


def test_numbers_that_are_none_are_named(tmp_path: Path) -> None:
    """A spacing of NaN is found before any voxel has a place."""
    source = save(tmp_path / "in", make_series(2))
    for path in source.iterdir():
        path.write_bytes(path.read_bytes().replace(b"0.9\\0.8 ", b"NaN\\NaN "))
    result, _ = ingest_beside_a_good_series(tmp_path, source)
    assert codes(result) & {"spacing_invalid", "geometry_missing"}


def head_of(syntax: str, tmp_path: Path) -> bytes:
    """Return the start of a file, before its first element."""
    (dataset,) = make_series(2, slices=1)
    dataset.file_meta.TransferSyntaxUID = syntax
    content = (save(tmp_path / "head", [dataset]) / "0000.dcm").read_bytes()
    return content[: 144 + struct.unpack("<I", content[140:144])[0]]


def test_a_megabyte_that_holds_half_a_gigabyte_stays_small(tmp_path: Path) -> None:
    """A deflated file is unpacked as far as its header claims, and memory stays as it was."""
    head, tail = head_of(DeflatedExplicitVRLittleEndian, tmp_path), zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = b"".join(tail.compress(bytes(1 << 20)) for _ in range(BOMB_MB)) + tail.flush()
    (tmp_path / "in").mkdir()
    for path in save(tmp_path / "plain", make_series(2, slices=3)).iterdir():
        plain = path.read_bytes()
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(plain[144 + struct.unpack("<I", plain[140:144])[0] :])
        # after a full flush the blocks of another stream may follow
        (tmp_path / "in" / path.name).write_bytes(head + body + packer.flush(zlib.Z_FULL_FLUSH) + zeros)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result, _ = ingest_beside_a_good_series(tmp_path, tmp_path / "in")
    assert "pixels_mismatch" in codes(result)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MB * 1024


def test_three_thousand_sequences_within_each_other_are_named(tmp_path: Path) -> None:
    """Recursion ends in a named refusal."""
    sequence = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "nest.dcm").write_bytes(head_of("1.2.840.10008.1.2.1", tmp_path) + (sequence + item) * 3000)
    result, _ = ingest_beside_a_good_series(tmp_path, tmp_path / "in")
    assert codes(result) & {"file_truncated", "file_unreadable"}


def test_a_length_of_four_gigabytes_is_named(tmp_path: Path) -> None:
    """An element that claims more than the file holds."""
    element = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 0xFFFFFFF0) + b"x" * 10
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "long.dcm").write_bytes(head_of("1.2.840.10008.1.2.1", tmp_path) + element)
    result, _ = ingest_beside_a_good_series(tmp_path, tmp_path / "in")
    assert codes(result) & {"file_truncated", "file_unreadable"}


@pytest.mark.parametrize("start", [b"MZ\x90\0", b"\x7fELF", b"#!/bin/sh\nexit 1\n"])
def test_a_program_in_the_preamble_goes_nowhere(tmp_path: Path, start: bytes) -> None:
    """The image is used, its first 128 bytes are not: they are in no output."""
    source = save(tmp_path / "in", make_series(1))
    mark = b"HARMFULPROGRAM"
    for path in source.iterdir():
        path.write_bytes((start + mark).ljust(128, b"\0") + path.read_bytes()[128:])
    folder = study_folder(tmp_path)
    assert ingest(source, folder).kept == 1
    assert not any(mark in path.read_bytes() for path in folder.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("patient", ["../../x", "a\0b", "$(reboot)", "`id`", "-rf *", "CON", "a/b\\c", "\u202efdp"])
def test_odd_patient_ids_reach_no_name(tmp_path: Path, patient: str) -> None:
    """Names come from the key alone."""
    source = save(tmp_path / "in", make_series(1, PatientID=patient, SpecificCharacterSet="ISO_IR 192"))
    folder = study_folder(tmp_path)
    (study,) = ingest(source, folder).studies
    assert study.participant.isalnum()
    assert study.participant.isascii()
    assert {path.name for path in tmp_path.iterdir()} == {"in", "study", "study.private"}
