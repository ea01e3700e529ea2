"""DICOM headers as ingest needs them, and files that are none."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEGLSLossless

from mri.headers import ImageHeader, RejectedFile, read_header
from mri.scanning import scan
from tests.mri.dicom_files import COLUMNS, PLANTED, ROOT, ROWS, make_series, save


def one(tmp_path: Path, **tags: object) -> ImageHeader:
    """Return the header of a single written slice."""
    found = read_header(save(tmp_path, make_series(slices=1, **tags)) / "0000.dcm")
    assert isinstance(found, ImageHeader)
    return found


def item(**values: object) -> Dataset:
    """Return a sequence item."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_values_come_in_plain_types(tmp_path: Path) -> None:
    """Numbers are numbers, several values a tuple, absent ones empty."""
    header = one(tmp_path, InversionTime=None)
    assert header.number("EchoTime") == 10.0
    assert header.tags["ImageType"] == ("ORIGINAL", "PRIMARY", "M", "ND")
    assert header.number("InversionTime") is None
    assert header.text("ContrastBolusAgent") == ""
    assert header.frames[0].spacing_mm == (0.9, 0.8)


def test_identity_is_kept_but_never_shown(tmp_path: Path) -> None:
    """The text form of a header names neither patient nor day."""
    header = one(tmp_path)
    assert header.identity.patient_id == PLANTED["PatientID"]
    assert header.identity.day == PLANTED["StudyDate"]
    shown = repr(header).replace(str(header.path), "")
    assert not any(value in shown for value in PLANTED.values())


def test_identifiers_of_several_values_are_the_text_that_stands_there(tmp_path: Path) -> None:
    """A backslash parts values in DICOM: an id that holds one stays the id that the archive knows."""
    identity = one(tmp_path, PatientID="WARD\\123", IssuerOfPatientID="A\\B", AccessionNumber="X1\\X2").identity
    assert (identity.patient_id, identity.issuer) == ("WARD\\123", "A\\B")
    assert {"ward", "123", "x1", "x2"} <= identity.words


def test_time_spans_point_at_the_times(tmp_path: Path) -> None:
    """The bytes that the converter would copy are where the header says."""
    header = one(tmp_path)
    content = header.path.read_bytes()
    ((offset, length),) = header.time_spans
    assert content[offset : offset + length].strip() == PLANTED["AcquisitionTime"].encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"hello " * 100, "not_dicom"),
        (bytes(128) + b"DICM" + b"\x02\x00\x10\x00UI", "file_truncated"),
    ],
)
def test_files_that_are_no_dicom(tmp_path: Path, content: bytes, code: str) -> None:
    """A foreign or broken file is told by a name and does not stop the scan."""
    (tmp_path / "x.dcm").write_bytes(content)
    found = read_header(tmp_path / "x.dcm")
    assert isinstance(found, RejectedFile)
    assert found.code == code


def test_a_report_is_no_image(tmp_path: Path) -> None:
    """DICOM objects without pixels are told apart from broken images."""
    (report,) = make_series(slices=1, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    del report.Rows, report.Columns, report.PixelData
    found = read_header(save(tmp_path, [report]) / "0000.dcm")
    assert isinstance(found, RejectedFile)
    assert found.code == "not_an_image"


@pytest.mark.parametrize("share", [0.999, 0.9])
def test_a_file_cut_in_its_pixels_is_truncated(tmp_path: Path, share: float) -> None:
    """Pixels that are missing at the end are noticed without reading them."""
    path = one(tmp_path).path
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    found = read_header(path)
    assert isinstance(found, ImageHeader)
    assert found.fault == "file_truncated"


def test_a_compressed_file_cut_short_is_truncated(tmp_path: Path) -> None:
    """The end mark of compressed pixels is looked for."""
    (dataset,) = make_series(slices=1)
    dataset.compress(JPEGLSLossless)
    path = save(tmp_path, [dataset]) / "0000.dcm"
    whole = read_header(path)
    path.write_bytes(path.read_bytes()[:-40])
    cut = read_header(path)
    assert isinstance(whole, ImageHeader)
    assert isinstance(cut, ImageHeader)
    assert (whole.fault, cut.fault) == ("", "file_truncated")


def test_enhanced_files_give_a_place_for_each_frame(tmp_path: Path) -> None:
    """Shared and per-frame groups are joined, and their names become the classic ones; empty last items are ignored."""
    (dataset,) = make_series(slices=1, ImagePositionPatient=None, ImageOrientationPatient=None, PixelSpacing=None)
    del dataset.EchoTime
    dataset.NumberOfFrames = 2
    dataset.PixelData = dataset.PixelData * 2
    shared = item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.9, 0.8])]),
        MREchoSequence=Sequence([item(EffectiveEchoTime=101.0)]),
    )
    places = [item(PlanePositionSequence=Sequence([item(ImagePositionPatient=[k, 0, 0])])) for k in (0, 3)]
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([*places, Dataset()])
    found = read_header(save(tmp_path, [dataset]) / "0000.dcm")
    assert isinstance(found, ImageHeader)
    assert [frame.position_mm for frame in found.frames] == [(0.0, 0.0, 0.0), (3.0, 0.0, 0.0)]
    assert all(frame.is_complete for frame in found.frames)
    assert found.number("EchoTime") == 101.0


def test_classic_multi_frame_has_no_place(tmp_path: Path) -> None:
    """One position cannot serve several frames."""
    header = one(tmp_path, NumberOfFrames=2)
    assert not any(frame.is_complete for frame in header.frames)


def test_files_without_preamble_are_read(tmp_path: Path) -> None:
    """Old exports lack the 128 bytes and the mark."""
    path = one(tmp_path).path
    content = path.read_bytes()
    start = content.index(b"\x08\x00\x08\x00CS")
    path.write_bytes(content[start:])
    found = read_header(path)
    assert isinstance(found, ImageHeader)
    assert found.text("SeriesInstanceUID") == f"{ROOT}.3.1"


def test_scan_reads_all_in_order_and_follows_no_link(tmp_path: Path) -> None:
    """Every file is told of once; links lead nowhere."""
    save(tmp_path / "b", make_series(slices=2))
    save(tmp_path / "a", make_series(2, slices=1))
    (tmp_path / "a" / "readme.txt").write_text("x")
    (tmp_path / "link.dcm").symlink_to(tmp_path / "b" / "0000.dcm")
    told: list[tuple[str, int, int]] = []
    found = scan(tmp_path, lambda *step: told.append(step))
    assert [h.path.parent.name for h in found.headers] == ["a", "b", "b"]
    assert [r.path.name for r in found.rejected] == ["link.dcm", "readme.txt"]
    assert told[-1] == ("headers", 5, 5)


def test_bad_values_are_absent(tmp_path: Path) -> None:
    """A number that is none does not stop the file from being read."""
    (dataset,) = make_series(slices=1)
    path = save(tmp_path, [dataset]) / "0000.dcm"
    path.write_bytes(path.read_bytes().replace(b"600.0 ", b"abcdef").replace(b"600.0", b"abcde"))
    found = read_header(path)
    assert isinstance(found, ImageHeader)
    assert found.number("RepetitionTime") is None
    assert found.number("Rows") == ROWS
    assert found.number("Columns") == COLUMNS


def test_invalid_values_are_not_repeated(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """The reader below warns with the value it does not like, which here is a name: nobody hears it."""
    path = save(tmp_path, make_series(slices=1)) / "0000.dcm"
    content = path.read_bytes().replace(f"{ROOT}.3.1".encode(), b"Plantagenet".ljust(len(ROOT) + 4))
    path.write_bytes(content.replace(b"600.0 ", b"Planta").replace(b"20190314", b"Plantage"))
    assert isinstance(read_header(path), ImageHeader)
    heard = "".join((*capfd.readouterr(), caplog.text, *(str(w.message) for w in recwarn)))
    assert "Planta" not in heard


def test_meta_is_needed_for_nothing(tmp_path: Path) -> None:
    """A file that states no transfer syntax is taken as the default one."""
    (dataset,) = make_series(slices=1)
    dataset.file_meta = FileMetaDataset()
    dataset.save_as(tmp_path / "x.dcm", implicit_vr=True, little_endian=True)
    assert isinstance(read_header(tmp_path / "x.dcm"), ImageHeader)
