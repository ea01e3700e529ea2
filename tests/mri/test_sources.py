"""Archives unpack within their limits, and nothing in them leads anywhere or is lost."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mri.bids import read_table
from mri.ingest import ingest
from mri.parameters import DEFAULTS, MriParameters
from mri.problems import RefusedError
from mri.sources import opened, shown
from tests.mri.dicom_files import PLANTED, SLICES, make_series, save, study_folder

Pack = Callable[[zipfile.ZipFile], None]


def archive(tmp_path: Path, *packs: Pack, slices: int = SLICES) -> Path:
    """Write a series into a zip, and what else is wanted."""
    source = save(tmp_path / "files", make_series(1, slices=slices))
    path = tmp_path / f"{PLANTED['PatientID']}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(source.iterdir()):
            packed.write(file, f"{PLANTED['PatientName']}/series/{file.name}")
        for pack in packs:
            pack(packed)
    return path


def named(name: str, content: bytes = b"x" * 200, mode: int = stat.S_IFREG | 0o644) -> Pack:
    """Return what adds a member."""

    def pack(packed: zipfile.ZipFile) -> None:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        member.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(member, content)

    return pack


def test_an_archive_gives_the_study_of_its_folder(tmp_path: Path) -> None:
    """The same images under the same names; the list of sources names members as the archive does."""
    path = archive(tmp_path)
    folder, other = study_folder(tmp_path), study_folder(tmp_path / "other")
    assert ingest(path, folder) == ingest(tmp_path / "files", other)
    for one, two in zip(sorted(folder.root.rglob("*")), sorted(other.root.rglob("*")), strict=True):
        assert one.is_dir() or one.read_bytes() == two.read_bytes()
    (first, *_) = read_table(folder.private / "received.csv")
    assert first["source"] == f"{PLANTED['PatientName']}/series/0000.dcm"


@pytest.mark.parametrize(
    ("pack", "code"),
    [
        (named("../../outside.dcm"), "unsafe_path"),
        (named("..\\outside.dcm"), "unsafe_path"),
        (named("/etc/outside.dcm"), "unsafe_path"),
        (named("C:outside.dcm"), "unsafe_path"),
        (named("link.dcm", b"/etc/passwd", stat.S_IFLNK | 0o777), "archive_link"),
        (named("inner.zip", b"PK\x03\x04"), "archive_unopened"),
        (named("bomb.dcm", bytes(20 << 20)), "archive_ratio"),
    ],
)
def test_members_that_could_harm_stay_packed(tmp_path: Path, pack: Pack, code: str) -> None:
    """Each is named and listed, the series beside it is kept, and no file lies outside."""
    path, folder = archive(tmp_path, pack), study_folder(tmp_path)
    before = {p.name for p in tmp_path.iterdir()}
    result = ingest(path, folder)
    assert result.kept == 1
    assert code in {problem.code for problem in result.problems}
    assert len(read_table(folder.private / "received.csv")) == SLICES + 1
    assert {p.name for p in tmp_path.iterdir()} == before | {"study"}


def test_members_that_could_harm_are_told_apart(tmp_path: Path) -> None:
    """Two of the same kind are two rows of the account."""
    folder = study_folder(tmp_path)
    result = ingest(archive(tmp_path, named("../a"), named("../b")), folder)
    assert result.quarantined == 2
    assert sum(row["reason"] == "unsafe_path" for row in read_table(folder.received_table)) == 2


def test_a_damaged_member_costs_itself(tmp_path: Path) -> None:
    """A checksum that does not fit is noticed; the series that lacks the file is not kept as if it were whole."""
    path, folder = archive(tmp_path), study_folder(tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        start = packed.infolist()[2].header_offset
    content[start + 150] ^= 0xFF
    path.write_bytes(bytes(content))
    result = ingest(path, folder)
    assert (result.kept, {p.code for p in result.problems}) == (0, {"archive_damaged", "slice_missing"})


def refusals(path: Path, tmp_path: Path) -> dict[str, str]:
    """Return what a source without a usable image is refused with, by code; nothing was written."""
    with pytest.raises(RefusedError) as refused:
        ingest(path, study_folder(tmp_path))
    assert not (tmp_path / "study").exists()
    assert PLANTED["PatientID"] not in str(refused.value)
    return {problem.code: str(problem) for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../x.dcm", "unsafe_path"),
        ("link", "archive_link"),
        ("inner.zip", "archive_unopened"),
        ("bomb.dcm", "archive_ratio"),
    ],
)
def test_an_archive_of_harm_alone_is_refused_by_name(tmp_path: Path, name: str, code: str) -> None:
    """Not as one that merely holds no image: fault, item and mend are told."""
    path = tmp_path / f"{PLANTED['PatientID']}.zip"
    content = bytes(20 << 20) if code == "archive_ratio" else b"PK\x03\x04"
    mode = stat.S_IFLNK if code == "archive_link" else stat.S_IFREG
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "x")
        named(name, content, mode | 0o644)(packed)
    told = refusals(path, tmp_path)
    assert set(told) == {"no_dicom", code}
    assert told[code].startswith("the .zip archive, item 2: ")
    assert {f"1 {code}", "1 not_dicom"} <= set(told["no_dicom"].split("(")[1].split(")")[0].split(", "))


@pytest.mark.parametrize("suffix", [".zip", "", ".dcm"])
def test_an_archive_that_was_cut_short_is_damaged(tmp_path: Path, suffix: str) -> None:
    """It lacks the table at its end; by its first bytes it is still an archive, whatever its name."""
    whole = archive(tmp_path)
    path = whole.with_name(f"export{suffix}")
    path.write_bytes(whole.read_bytes()[:-200])
    assert set(refusals(path, tmp_path)) == {"archive_damaged"}
    path.write_bytes(b"")
    assert set(refusals(path, tmp_path)) == ({"archive_damaged"} if suffix == ".zip" else {"no_dicom", "file_empty"})


@pytest.mark.parametrize(("name", "start"), [("x.tar", b"x"), ("x.dat", b"\x1f\x8b\x08"), ("x.7z", b"7z\xbc\xaf")])
def test_another_kind_of_archive_is_told_so(tmp_path: Path, name: str, start: bytes) -> None:
    """What to do with it is said."""
    (tmp_path / name).write_bytes(start.ljust(500, b"y"))
    assert "ingest the folder" in refusals(tmp_path / name, tmp_path)["archive_kind"]


def test_damaged_files_alone_are_named_by_their_faults(tmp_path: Path) -> None:
    """A folder of empty files is no folder without DICOM."""
    (tmp_path / "in").mkdir()
    for number in range(7):
        (tmp_path / "in" / f"{number}.dcm").touch()
    told = refusals(tmp_path / "in", tmp_path)
    assert told["file_empty"].startswith("the source folder, item 1, 2, 3, 4, 5 and 2 more: the file is empty")


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    """It is not guessed at."""
    path = archive(tmp_path, named("locked.dcm"))
    content = path.read_bytes()
    start = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: start + 8] + bytes([content[start + 8] | 1]) + content[start + 9 :])
    assert "archive_encrypted" in {problem.code for problem in ingest(path, study_folder(tmp_path)).problems}


@pytest.mark.parametrize("limits", [MriParameters(zip_most_files=3), MriParameters(zip_most_bytes=2000)])
def test_an_archive_beyond_the_limits_is_refused(tmp_path: Path, limits: MriParameters) -> None:
    """Before anything is unpacked or written; the message does not repeat the archive's name."""
    path = archive(tmp_path)
    with pytest.raises(RefusedError, match="archive_too_large") as refused:
        ingest(path, study_folder(tmp_path), parameters=limits)
    assert PLANTED["PatientID"] not in str(refused.value)
    assert not (tmp_path / "study").exists()


def test_an_archive_is_gone_after_use(tmp_path: Path) -> None:
    """The unpacked files carry names, so they do not stay."""
    with opened(archive(tmp_path), DEFAULTS) as source:
        root = source.root
        assert len([p for p in root.rglob("*") if p.is_file()]) == SLICES
        assert root.stat().st_mode & 0o077 == 0
    assert not root.exists()


def test_an_index_that_lies_leads_nowhere(tmp_path: Path) -> None:
    """The paths in a DICOMDIR are not followed: its folder is searched."""
    source = save(tmp_path / "in", make_series(1))
    save(tmp_path / "elsewhere", make_series(2))
    (source / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"..\\elsewhere\\0000.dcm")
    with opened(source / "DICOMDIR", DEFAULTS) as found:
        assert found.root == source
    assert ingest(source / "DICOMDIR", study_folder(tmp_path)).kept == 1


def test_an_archive_in_a_folder_is_named(tmp_path: Path) -> None:
    """What it may hold is not lost in silence."""
    source = save(tmp_path / "in", make_series(1))
    archive(tmp_path).rename(source / "more.zip")
    result = ingest(source, study_folder(tmp_path))
    assert result.kept == 1
    assert "archive_unopened" in {problem.code for problem in result.problems}


def test_an_archive_behind_an_image_is_no_source(tmp_path: Path) -> None:
    """A file that is both is read as the image that it says it is."""
    (image, *_) = sorted(save(tmp_path / "in", make_series(2)).iterdir())
    image.write_bytes(image.read_bytes() + archive(tmp_path).read_bytes())
    with opened(image, DEFAULTS) as source:
        assert source.root == image


@pytest.mark.parametrize("name", ["Schmidt^Anna", "Schmidt^Anna.dcm", "MRN-778812", "anna 1961"])
@pytest.mark.parametrize("kind", ["folder", "file", "missing"])
def test_no_message_names_a_source_that_may_be_called_like_a_patient(tmp_path: Path, name: str, kind: str) -> None:
    """Whether it holds no image or is not there."""
    path = tmp_path / name
    if kind == "folder":
        path.mkdir()
        (path / name).write_text("no image")
    elif kind == "file":
        path.write_text("no image")
    with pytest.raises(RefusedError) as refused:
        ingest(path, study_folder(tmp_path))
    text = str(refused.value)
    assert name not in text
    assert text.startswith("SOURCE: " if kind == "missing" else f"the source {kind}: no DICOM image")


def test_a_source_of_a_plain_name_is_called_by_it(tmp_path: Path) -> None:
    """A technical name helps to find it."""
    assert shown(tmp_path / "dicom") == "dicom"
    assert shown(tmp_path / "IM00001.dcm") == "IM00001.dcm"


def test_an_empty_folder_is_called_so(tmp_path: Path) -> None:
    """Without a count of kinds that are none."""
    (tmp_path / "dicom").mkdir()
    with pytest.raises(RefusedError, match="dicom: no file at all; name the folder"):
        ingest(tmp_path / "dicom", study_folder(tmp_path))
