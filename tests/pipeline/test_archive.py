"""Addresses of archives, and the private folder that what arrives is kept in."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mri.problems import RefusedError
from pipeline.archive import Incoming, RemoteImage, Source, incoming_name, is_remote, parse_source, shown_source
from pipeline.parameters import DEFAULTS

IMAGES = [RemoteImage(study="1.2", series=f"1.2.{s}", uid=f"1.2.{s}.{k}") for s in (1, 2) for k in (1, 2)]


def test_a_dimse_address_is_read() -> None:
    """Title, host, port, study and patient are where they are written."""
    source = parse_source("dimse://My PACS@pacs.example:11112?study=1.2.3&patient=MRN-7")
    assert (source.ae_title, source.host, source.port) == ("My PACS", "pacs.example", 11112)
    assert (source.study, source.patient) == ("1.2.3", "MRN-7")


def test_a_web_address_is_read() -> None:
    """The study may stand in the path, as the web service itself writes it."""
    assert parse_source("https://h/dicom-web/studies/1.2.3").study == "1.2.3"
    source = parse_source("https://h:8443/a/dicom-web/?patient=7")
    assert (source.path, source.port, source.patient, source.study) == ("/a/dicom-web", 8443, "7", "")


def test_what_is_shown_of_an_address_names_no_patient() -> None:
    """Text, repr and the words for a person hold the archive alone."""
    text = "dimse://PACS@h:104?patient=MRN-7&study=1.2.3"
    assert {str(parse_source(text)), repr(parse_source(text)), shown_source(text)} == {"dimse://PACS@h:104"}
    assert "1.2" not in repr(IMAGES)


@pytest.mark.parametrize(
    "text",
    [
        "dimse://pacs.example:104",
        "dimse://PACS@pacs.example",
        "dimse://A-TITLE-OF-17-CHAR@h:104",
        "dimse://PACS@h:104/path",
        "dimse://PACS@h:99999999",
        "dimse://PACS@h:104?name=Zaphod",
        "dimse://PACS@h:104?patient=MRN*",
        "dimse://PACS@h:104?study=Zaphod",
        "dimse://PACS:secret@h:104",
        "https://zaphod:secret@h/dicom-web",
        "https:///dicom-web",
        "https://h/dicom-web/studies/Zaphod",
    ],
)
def test_an_address_that_is_not_clear_is_refused(text: str) -> None:
    """The message shows the right form and repeats nothing of what was written."""
    with pytest.raises(RefusedError) as refused:
        parse_source(text)
    assert refused.value.problems[0].code == "source_address"
    assert "dimse://AETITLE@host:port" in str(refused.value)
    assert not any(word in str(refused.value) for word in ("secret", "Zaphod", "zaphod", "MRN"))


def test_folders_and_files_are_no_archives() -> None:
    """Only the three schemes are; a folder of any other name is not."""
    assert [is_remote(s) for s in ("dimse://A@h:1", "HTTPS://h", "dicom/", Path("https"), "ftp://h")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_same_question_meets_the_same_folder() -> None:
    """Another archive, study or patient is another one, and its name says nothing of them."""
    source = Source(scheme="dimse", host="h", port=1, ae_title="A", patient="MRN-7")
    others = [replace(source, patient="8"), replace(source, study="1.2"), replace(source, host="g")]
    assert incoming_name(source) == incoming_name(replace(source))
    assert len({incoming_name(s) for s in (source, *others)}) == 4
    assert "MRN" not in incoming_name(source)


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    """Give an empty folder that expects two series of two images."""
    made = Incoming(tmp_path / "study.private" / "incoming" / "x", DEFAULTS)
    made.expect(IMAGES)
    return made


def test_what_arrives_is_for_its_owner_alone(tmp_path: Path, incoming: Incoming) -> None:
    """Folders are 0700 and files 0600, and names are none that an archive sent."""
    assert incoming.keep("1.2.1.1", b"image")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*") if p.is_dir()}
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert modes == {0o700}
    assert [stat.S_IMODE(p.stat().st_mode) for p in files] == [0o600]
    assert not any("1.2" in p.name for p in tmp_path.rglob("*"))


def test_only_what_was_asked_for_is_kept(tmp_path: Path, incoming: Incoming) -> None:
    """An image nobody asked for, even one with a path for a name, leaves no file."""
    assert not incoming.keep("../../escape", b"image")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
    assert incoming.missing() == IMAGES


def test_what_arrived_before_is_not_missing(incoming: Incoming) -> None:
    """A second start on the same folder asks for the rest alone."""
    incoming.keep("1.2.1.1", b"image")
    again = Incoming(incoming.folder, DEFAULTS)
    again.expect(IMAGES)
    assert again.missing() == IMAGES[1:]


def test_limits_hold_over_a_restart(incoming: Incoming) -> None:
    """One image may be too large, and so may all of them, those of before counted."""
    small = replace(DEFAULTS, max_image_bytes=6, max_total_bytes=10)
    first = Incoming(incoming.folder, small)
    first.expect(IMAGES)
    assert not first.keep("1.2.1.1", b"1234567")
    assert first.keep("1.2.1.1", b"123456")
    second = Incoming(incoming.folder, small)
    second.expect(IMAGES)
    assert not second.keep("1.2.1.2", b"12345")
    assert second.refusal is not None
    assert second.refusal.code == "pacs_too_large"


def test_what_is_not_listed_any_more_goes(incoming: Incoming) -> None:
    """An image that the archive no longer has, and the rest of a file cut short, are not ingested."""
    incoming.keep("1.2.1.1", b"image")
    incoming.keep("1.2.1.2", b"image")
    (next(incoming.folder.rglob("*.dcm")).parent / ".part-77").write_bytes(b"cut")
    again = Incoming(incoming.folder, DEFAULTS)
    again.expect(IMAGES[1:])
    assert len([p for p in incoming.folder.rglob("*") if p.is_file()]) == 1
    assert again.missing() == IMAGES[2:]


def test_a_disc_that_takes_no_more_is_told(incoming: Incoming) -> None:
    """Where an image cannot be written, that is the problem, and not the archive."""
    incoming.keep("1.2.1.1", b"image")
    place = next(p for p in incoming.folder.iterdir())
    incoming.expect(IMAGES)
    incoming.withhold(IMAGES[:1])
    place.write_text("a file where a folder has to be")
    assert not incoming.keep("1.2.1.2", b"image")
    assert incoming.refusal is not None
    assert incoming.refusal.code == "pacs_not_written"


def test_a_series_with_a_gap_is_withheld_whole(incoming: Incoming) -> None:
    """Where one image is not given the others of its series go, and other series stay."""
    for image in IMAGES[1:]:
        incoming.keep(image.uid, b"image")
    assert incoming.withhold(incoming.missing()) == 1
    assert incoming.missing() == IMAGES[:2]


def test_removal_leaves_nothing(tmp_path: Path, incoming: Incoming) -> None:
    """No image and no empty folder is left, but for the private folder itself."""
    incoming.keep("1.2.1.1", b"image")
    incoming.remove()
    assert list((tmp_path / "study.private").iterdir()) == []
