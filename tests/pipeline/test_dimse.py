"""A PACS over DICOM's own network, in this process on loopback: the round trip, and everything that may go wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from mri.bids import StudyFolder
from mri.problems import RefusedError, Severity
from pipeline.archive import parse_source
from pipeline.commands import ingest_source
from pipeline.config import Config
from pipeline.dimse import send_files
from pipeline.parameters import PacsParameters
from tests.mri.dicom_files import PLANTED, ROOT, make_series, save, study_folder
from tests.pipeline.archives import (
    HOST,
    LIMITS,
    TITLE,
    Stock,
    config,
    dimse_archive,
    refusal,
    same_study,
    web_archive,
)

SAMPLE = Path(__file__).resolve().parents[2] / "sample_scans" / "dicom" / "case01"
STUDY, PATIENT = f"{ROOT}.2", PLANTED["PatientID"]


@pytest.fixture
def address(stock: Stock) -> Iterator[str]:
    """Give the address of the archive while it runs."""
    with dimse_archive(stock) as where:
        yield where


def test_the_round_trip_equals_the_folder(tmp_path: Path, source: Path, folder: StudyFolder) -> None:
    """Sent by C-STORE and fetched by C-FIND and C-GET, the study is that of the folder, file by file."""
    stock = Stock()
    with dimse_archive(stock) as address:
        assert send_files(sorted(source.iterdir()), parse_source(address), LIMITS) == []
        assert len(stock.images) == 10
        result = ingest_source(f"{address}?study={STUDY}", folder, config())
    plain = study_folder(tmp_path / "plain")
    assert result.kept == ingest_source(source, plain, config()).kept == 2
    assert same_study(folder.root, plain.root)
    assert sorted(p.name for p in folder.private.iterdir()) == ["ids.csv", "key", "received.csv"]


def test_our_sample_makes_the_round_trip(tmp_path: Path, folder: StudyFolder) -> None:
    """A whole sample patient, packed as it comes, is stored and fetched both ways: each study is the folder's."""
    files = sorted(p for p in SAMPLE.rglob("*") if p.is_file())
    stock, web = Stock(), study_folder(tmp_path / "web")
    with dimse_archive(stock) as address:
        assert send_files(files, parse_source(address), LIMITS) == []
        ingest_source(address, folder, config())
    with web_archive(stock) as address:
        ingest_source(address, web, config())
    plain = study_folder(tmp_path / "plain")
    assert ingest_source(SAMPLE, plain, config()).kept == 7
    assert same_study(folder.root, plain.root)
    assert same_study(web.root, plain.root)


def test_a_patient_or_a_study_narrows_the_query(stock: Stock, address: str, folder: StudyFolder) -> None:
    """Only what was asked for is fetched, and of that only MR."""
    others = make_series(3, PatientID="other", StudyInstanceUID="1.9")
    other_kind = make_series(4, Modality="CT")
    stock.images |= {str(d.SOPInstanceUID): d for d in (*others, *other_kind)}
    result = ingest_source(f"{address}?patient={PATIENT}", folder, config())
    assert len(stock.given) == 10
    assert [p.code for p in result.problems if p.code.startswith("pacs")] == ["pacs_other_series"]


def test_an_id_beyond_ascii_is_asked_for_as_it_is(stock: Stock, address: str, folder: StudyFolder) -> None:
    """An umlaut in a patient id reaches the archive as that."""
    for image in stock.images.values():
        image.SpecificCharacterSet, image.PatientID = "ISO_IR 192", "Größe-7"
    assert ingest_source(f"{address}?patient=Gr%C3%B6%C3%9Fe-7", folder, config()).kept == 2


def test_the_same_archive_again_changes_nothing(address: str, folder: StudyFolder) -> None:
    """A second retrieval of the same images leaves every file as it is."""
    ingest_source(address, folder, config())
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.root.rglob("*.nii.gz")}
    ingest_source(address, folder, config())
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.root.rglob("*.nii.gz")} == before


def test_a_broken_transfer_goes_on_by_itself(stock: Stock, address: str, folder: StudyFolder) -> None:
    """After a cut the rest is fetched over a new connection, each image once."""
    stock.break_after = 3
    assert ingest_source(address, folder, config()).kept == 2
    assert len(stock.given) == len(set(stock.given)) == 10


def test_a_broken_transfer_resumes_with_the_same_command(stock: Stock, address: str, folder: StudyFolder) -> None:
    """Where it cannot go on, nothing is written to the study, and the next start asks for the rest alone."""
    stock.break_after = 7
    assert refusal(address, folder, attempts=1) == "pacs_broken"
    assert not folder.root.exists()
    kept = folder.private / "incoming"
    assert len(list(kept.rglob("*.dcm"))) == 7
    assert {p.stat().st_mode & 0o077 for p in kept.rglob("*")} == {0}
    stock.given.clear()
    assert ingest_source(address, folder, config()).kept == 2
    assert len(stock.given) == 3
    assert not kept.exists()


def test_an_archive_that_goes_away_is_a_broken_transfer(stock: Stock, folder: StudyFolder) -> None:
    """What arrived before it went is kept also when no new connection comes about."""
    stock.break_after = 4
    with dimse_archive(stock) as address:
        stock.leave = True
        assert refusal(address, folder) == "pacs_broken"
    assert len(list((folder.private / "incoming").rglob("*.dcm"))) == 4


def test_a_series_that_is_not_given_whole_is_left_out(stock: Stock, address: str, folder: StudyFolder) -> None:
    """An end slice that is listed and never comes would shorten a cord unseen: its series is left out and named."""
    stock.refuse.add(f"{ROOT}.1.1.5")
    result = ingest_source(address, folder, config())
    assert result.kept == 1
    (told,) = [p for p in result.problems if p.severity is Severity.ERROR]
    assert told.code == "pacs_not_given"
    assert "1 images" in told.message


def test_a_series_that_is_not_given_at_all_does_not_stop_the_others(
    stock: Stock, address: str, folder: StudyFolder
) -> None:
    """An archive that cannot send one whole series, for its packing say, still gives the next."""
    stock.refuse |= {f"{ROOT}.1.1.{k}" for k in range(1, 6)}
    result = ingest_source(address, folder, config())
    assert result.kept == 1
    assert [p.code for p in result.problems if p.code.startswith("pacs")] == ["pacs_not_given"]


def test_an_archive_that_gives_nothing_is_told(stock: Stock, address: str, folder: StudyFolder) -> None:
    """Where every series lacks an image there is nothing to ingest, and no study is made."""
    stock.refuse |= {f"{ROOT}.1.1.5", f"{ROOT}.1.2.1"}
    assert refusal(address, folder) == "pacs_not_given"
    assert not folder.root.exists()


def test_a_wrong_title_is_named(address: str, folder: StudyFolder) -> None:
    """The archive's title is told to be wrong, not its host."""
    with pytest.raises(RefusedError, match="not called NOBODY"):
        ingest_source(address.replace(TITLE, "NOBODY"), folder, config())


def test_an_unknown_caller_is_named(stock: Stock, folder: StudyFolder) -> None:
    """Our own title is what an administrator has to enter; with the right one the archive gives."""
    with dimse_archive(stock, callers=["KNOWN"]) as address:
        with pytest.raises(RefusedError, match="does not know ISCM"):
            ingest_source(address, folder, config())
        assert ingest_source(address, folder, config(ae_title="KNOWN")).kept == 2


@pytest.mark.parametrize("services", [["get", "store"], ["find", "store"]])
def test_an_archive_without_a_service_is_named(stock: Stock, folder: StudyFolder, services: list[str]) -> None:
    """Without C-FIND or C-GET there is nothing to be had, and the message says which."""
    with dimse_archive(stock, services=services) as address:
        assert refusal(address, folder) == "pacs_no_service"


def test_nobody_there_is_told(folder: StudyFolder) -> None:
    """A port at which nothing listens is no long wait."""
    assert refusal(f"dimse://{TITLE}@{HOST}:9", folder) == "pacs_unreachable"
    assert not folder.root.exists()


def test_nothing_found_is_told(address: str, folder: StudyFolder) -> None:
    """A patient whom the archive does not know is no empty study."""
    assert refusal(f"{address}?patient=nobody", folder) == "pacs_nothing"


@pytest.mark.parametrize(
    ("limits", "code", "images"),
    [
        ({"max_images": 6}, "pacs_too_many", 0),
        ({"max_studies": 0}, "pacs_too_many", 0),
        ({"max_image_bytes": 100}, "pacs_too_large", 0),
        ({"max_total_bytes": 4000}, "pacs_too_large", 2),
    ],
)
def test_limits_end_a_retrieval(
    stock: Stock, address: str, folder: StudyFolder, limits: dict[str, int], code: str, images: int
) -> None:
    """Too many images are told before one is fetched; too large ones before they fill the disc."""
    assert refusal(address, folder, **limits) == code
    assert len(list(folder.private.rglob("*.dcm"))) == images


def test_what_an_archive_does_not_take_is_told(source: Path) -> None:
    """A kind of image that it does not know is named by its file, and the others arrive."""
    ct = make_series(8)[0]
    ct.SOPClassUID = ct.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    assert ct.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    ct.save_as(source / "ct.dcm", enforce_file_format=True)
    stock = Stock()
    with dimse_archive(stock) as address:
        problems = send_files(sorted(source.iterdir()), parse_source(address), LIMITS)
    assert [(p.code, p.where) for p in problems] == [("pacs_not_stored", "ct.dcm")]
    assert len(stock.images) == 10


def test_compressed_images_come_as_they_are(tmp_path: Path, folder: StudyFolder) -> None:
    """A packed image is fetched without being unpacked on the way, and becomes the same image."""
    series = make_series(1)
    source = save(tmp_path / "plain", series)
    for dataset in series:
        dataset.compress(RLELossless, generate_instance_uid=False)
    with dimse_archive(Stock().fill(save(tmp_path / "packed", series))) as address:
        ingest_source(address, folder, config())
    plain = study_folder(tmp_path / "other")
    ingest_source(source, plain, config())
    (one,), (two,) = (list(f.root.rglob("*.nii.gz")) for f in (folder, plain))
    assert one.read_bytes() == two.read_bytes()


def test_parameters_are_set_in_the_configuration() -> None:
    """A limit in ``[pacs]`` is read; a name that is none is refused."""
    assert Config.model_validate({"pacs": {"max_images": 5}}).pacs == PacsParameters(max_images=5)
    with pytest.raises(ValueError, match="colour"):
        Config.model_validate({"pacs": {"colour": 5}})
