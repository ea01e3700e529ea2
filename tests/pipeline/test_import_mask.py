"""`iscm import-mask`: another program's mask becomes an author's, and nothing of its header follows it."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from mri.bids import StudyFolder, write_json
from mri.nifti import read_label_map, write_label_map
from mri.study import Study
from mri.volume import LabelMap
from pipeline.cli import status_of
from segmentation.store import load_annotation
from tests.mri.foreign_files import IDENTIFIERS, slicer_header, write_nrrd, write_seg
from tests.pipeline.small_study import STUDY, axial_grid, make_study, sagittal_grid
from tests.segmentation.test_importing import ball


@pytest.fixture
def study(tmp_path: Path) -> tuple[StudyFolder, Study]:
    """Make a study of one session."""
    return make_study(tmp_path / "study")


def run(folder: StudyFolder, mask: Path, *more: str, region: str = "cord", on: str = "sagCT2") -> int:
    """Import a mask as author AB and return the exit status."""
    where = ["--participant", "p1", "--session", "01", "--author", "AB"]
    return status_of(["import-mask", str(folder.root), str(mask), *where, "--region", region, "--on", on, *more])


def written(folder: StudyFolder) -> list[Path]:
    """Return the files of the readings."""
    place = folder.readings(STUDY)
    return sorted(place.iterdir()) if place.is_dir() else []


def test_a_mask_becomes_the_authors(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """The voxels arrive, the sidecar names the image, the tool and the file's hash, and `check` finds nothing."""
    folder, session = study
    labels = ball(sagittal_grid())
    write_label_map(tmp_path / "Doe^Jane.nii.gz", labels)
    assert run(folder, tmp_path / "Doe^Jane.nii.gz", "--tool", "ITK-SNAP 4.2") == 0
    annotation = load_annotation(folder, session, "AB")
    assert [(m.region.value, m.series.acquisition) for m in annotation.masks] == [("cord", "sagCT2")]
    assert np.array_equal(annotation.masks[0].labels.array, labels.array)
    sidecar = json.loads(next(p for p in written(folder) if p.suffix == ".json").read_text())
    digest = hashlib.sha256((tmp_path / "Doe^Jane.nii.gz").read_bytes()).hexdigest()
    assert sidecar["Sources"] == ["bids:raw:sub-p1/ses-01/anat/sub-p1_ses-01_acq-sagCT2_T2w.nii.gz"]
    assert sidecar["provenance"] == {
        "method": "import",
        "tool": "ITK-SNAP 4.2",
        "source_format": "NIfTI",
        "source_sha256": digest,
        "grid": "same grid",
        "source_labels": [1],
    }
    assert status_of(["check", str(folder.root)]) == 0


def test_a_mask_is_not_written_over_without_being_asked(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second import is refused; with --replace it is written and the old one's hash is kept."""
    folder, _ = study
    for name, radius in (("a", 6.0), ("b", 4.0)):
        write_label_map(tmp_path / f"{name}.nii.gz", ball(sagittal_grid(), radius))
    assert run(folder, tmp_path / "a.nii.gz") == 0
    first = next(p for p in written(folder) if p.suffix == ".gz").read_bytes()
    assert run(folder, tmp_path / "b.nii.gz") == 2
    assert "--replace" in capsys.readouterr().err
    assert next(p for p in written(folder) if p.suffix == ".gz").read_bytes() == first
    assert run(folder, tmp_path / "b.nii.gz", "--replace") == 0
    mask, sidecar = sorted(written(folder), key=lambda p: p.suffix)
    assert read_label_map(mask).array.sum() == ball(sagittal_grid(), 4.0).array.sum()
    assert json.loads(sidecar.read_text())["provenance"]["replaced_sha256"] == hashlib.sha256(first).hexdigest()


def test_no_identifier_of_a_seg_reaches_the_study(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A DICOM SEG whose header and segment name the patient leaves no such word in any file, name or message."""
    folder, _ = study
    array = ball(sagittal_grid()).array
    path = write_seg(tmp_path / "seg.dcm", {"Doe^Jane lesion": array}, sagittal_grid())
    assert run(folder, path, region="t2hyper") == 0
    said = capsys.readouterr()
    content = b"".join(p.read_bytes() + p.name.encode() for p in folder.root.rglob("*") if p.is_file())
    assert not [word for word in IDENTIFIERS if word.encode() in content or word in said.out + said.err]
    mask = next(p for p in written(folder) if p.suffix == ".gz")
    assert read_label_map(mask).array.sum() == array.sum()


def test_a_segment_of_slicer_on_its_axial_series(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """One named segment of several is taken, on the series that is named, and the region is its own."""
    folder, _ = study
    array = ball(axial_grid()).array
    header = slicer_header(["cord", "canal"], layers=[0, 0], values=[1, 2])
    path = write_nrrd(tmp_path / "a.seg.nrrd", [(2 * array).astype(np.uint8)], axial_grid(), header)
    assert run(folder, path, on="axCT2", region="canal") == 2
    assert run(folder, path, "--segment", "Canal", on="acq-axCT2_T2w", region="canal") == 0
    mask = next(p for p in written(folder) if p.suffix == ".gz")
    assert "acq-axCT2_label-canal_desc-AB" in mask.name
    assert read_label_map(mask).array.sum() == array.sum()


@pytest.mark.parametrize(
    ("more", "region", "on", "code"),
    [
        (["--author", "auto"], "cord", "sagCT2", "author_reserved"),
        (["--author", "AUTO"], "cord", "sagCT2", "author_reserved"),
        (["--author", "consensus"], "cord", "sagCT2", "author_reserved"),
        (["--author", "A B"], "cord", "sagCT2", "author_name"),
        (["--session", "09"], "cord", "sagCT2", "session_unknown"),
        ([], "brain", "sagCT2", "region_unknown"),
        ([], "cord", "sagLT2", "series_unknown"),
        (["--tool", "<b>"], "cord", "sagCT2", "tool_name"),
        (["--label", "7"], "cord", "sagCT2", "segment_unknown"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(
    study: tuple[StudyFolder, Study],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    region: str,
    on: str,
    code: str,
) -> None:
    """Each wrong word is named with its code and the study stays as it was."""
    folder, _ = study
    write_label_map(tmp_path / "a.nii.gz", ball(sagittal_grid()))
    assert run(folder, tmp_path / "a.nii.gz", *more, region=region, on=on) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert written(folder) == []


def test_an_empty_mask_speaks_of_lesions_only(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No voxel means no lesion, with a warning; a cord without voxels is a mistake."""
    folder, _ = study
    grid = sagittal_grid()
    write_label_map(tmp_path / "a.nii.gz", LabelMap(array=np.zeros(grid.shape, dtype=np.uint8), geometry=grid))
    assert run(folder, tmp_path / "a.nii.gz") == 2
    assert run(folder, tmp_path / "a.nii.gz", region="t2hyper") == 0
    assert capsys.readouterr().err.count("[mask_empty]") == 2


def test_a_session_without_its_zero_is_suggested(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Session 1 is refused with the name that it has; one that is not there with where to look."""
    folder, _ = study
    write_label_map(tmp_path / "a.nii.gz", ball(sagittal_grid()))
    for session, said in (("1", "did you mean 01?"), ("7", "see participants.tsv")):
        assert run(folder, tmp_path / "a.nii.gz", "--session", session) == 2
        assert said in capsys.readouterr().err


def test_an_image_is_no_mask(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """250 grey values, or a mask of nearly everything, are refused and nothing is written."""
    folder, _ = study
    grid = sagittal_grid()
    grey = (np.arange(np.prod(grid.shape)) % 251).astype(np.uint8).reshape(grid.shape)
    write_label_map(tmp_path / "grey.nii.gz", LabelMap(array=grey, geometry=grid))
    write_label_map(tmp_path / "all.nii.gz", LabelMap(array=np.ones_like(grey), geometry=grid))
    for name, code in (("grey", "image_as_mask"), ("all", "mask_implausible")):
        assert run(folder, tmp_path / f"{name}.nii.gz", region="t2hyper") == 2
        said = capsys.readouterr().err
        assert f"[{code}]" in said
        assert len(said) < 300
        arguments = ["measure-case", "--t2hyper", str(tmp_path / f"{name}.nii.gz")]
        assert status_of(arguments) == 2
        assert f"[{code}]" in capsys.readouterr().err
        assert status_of(["validate", *[str(tmp_path / f"{name}.nii.gz")] * 2]) == 2
        assert f"[{code}]" in capsys.readouterr().err
    assert written(folder) == []


@pytest.mark.parametrize(
    ("entry", "value"), [("Segment0_Layer", "abc"), ("Segment0_Layer", "-3"), ("Segment0_LabelValue", "x")]
)
def test_a_damaged_header_is_refused_by_name(
    study: tuple[StudyFolder, Study],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    entry: str,
    value: str,
) -> None:
    """An entry of a .seg.nrrd that is no number is named with the file; nothing is written."""
    folder, _ = study
    header = slicer_header(["cord"], layers=[0], values=[1]) | {entry: value}
    path = write_nrrd(tmp_path / "a.seg.nrrd", [ball(sagittal_grid()).array.astype(np.uint8)], sagittal_grid(), header)
    assert run(folder, path) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("a.seg.nrrd", entry, value, "[nrrd_header]"))
    assert written(folder) == []


@pytest.mark.parametrize("region", ["t2hyper", "levels"])
def test_a_label_of_more_than_sixteen_bits_is_refused(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str], region: str
) -> None:
    """Label 70000 beside another is refused with the file and the mend."""
    folder, _ = study
    array = ball(sagittal_grid()).array.astype(np.int32)
    array[0, 0, 0] = 70000
    write_label_map(tmp_path / "a.nii.gz", LabelMap(array=array, geometry=sagittal_grid()))
    assert run(folder, tmp_path / "a.nii.gz", region=region) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("a.nii.gz", "70000", "[label_too_large]"))


def test_points_and_level_masks_become_discs(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """Labels 3 and 4 at points are the discs C2-C3 and C3-C4, in LPS mm, with their provenance; once only."""
    folder, session = study
    grid = sagittal_grid()
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[12, 10, 3], array[12, 28, 3] = 3, 4
    write_label_map(tmp_path / "points.nii.gz", LabelMap(array=array, geometry=grid))
    assert run(folder, tmp_path / "points.nii.gz", "--tool", "SCT 6.5", region="discs") == 0
    discs = load_annotation(folder, session, "AB").discs
    assert discs is not None
    assert discs.points["C2-C3"] == pytest.approx(grid.to_world((12, 10, 3)), abs=1e-3)
    assert set(discs.points) == {"C2-C3", "C3-C4"}
    assert json.loads(folder.discs(STUDY, "AB").read_text())["provenance"]["tool"] == "SCT 6.5"
    assert run(folder, tmp_path / "points.nii.gz", region="levels") == 2
    assert status_of(["check", str(folder.root)]) == 0


def test_a_level_mask_gives_the_borders_between_vertebrae(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """C3 above C4, each larger than a point: the disc C3-C4 is midway between their facing ends."""
    folder, session = study
    grid = sagittal_grid()
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[6:18, 2:14], array[6:18, 18:32] = 3, 4
    write_label_map(tmp_path / "levels.nii.gz", LabelMap(array=array, geometry=grid))
    assert run(folder, tmp_path / "levels.nii.gz", region="levels") == 0
    discs = load_annotation(folder, session, "AB").discs
    assert discs is not None
    assert list(discs.points) == ["C3-C4"]
    assert discs.points["C3-C4"][2] == pytest.approx(float(grid.to_world((0, 15.5, 0))[2]), abs=0.6)


def test_discs_of_another_place_are_refused(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A discs.json that lies outside the series (RAS written as LPS) is not taken."""
    folder, _ = study
    write_json(tmp_path / "d.json", {"frame": "LPS", "points": {"C2-C3": [300.0, 0.0, 0.0], "C3-C4": [300.0, 0, -18]}})
    assert run(folder, tmp_path / "d.json", region="discs") == 2


@pytest.mark.parametrize(
    "points",
    [
        {"C2-C3": [0.0, -10.0, 0.0], "C3-C4": [0.0, -10.0, 18.0]},
        {"C2-C3": [0.0, -10.0, 10.0], "C3-C4": [0.0, -10.0, 5.0]},
    ],
)
def test_levels_of_no_spine_are_refused(
    study: tuple[StudyFolder, Study],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    points: dict[str, list[float]],
) -> None:
    """C3-C4 above C2-C3, or 5 mm below it: refused with both names, nothing written."""
    folder, session = study
    middle = session.series[0].geometry.to_world((12, 20, 3))
    moved = {name: [float(a + b / 4) for a, b in zip(middle, point, strict=True)] for name, point in points.items()}
    write_json(tmp_path / "d.json", {"frame": "LPS", "points": moved})
    assert run(folder, tmp_path / "d.json", region="discs") == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("[levels_implausible]", "C2-C3", "C3-C4"))
    assert written(folder) == []


def test_signing_covers_levels_too(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader who has signed is told so when levels are imported under the name."""
    folder, session = study
    findings = {"format": 1, "author": "AB", "state": "signed", "lesions": {}, "patient": {}, "approvals": []}
    write_json(folder.findings(STUDY, "AB"), findings)
    middle = [float(v) for v in session.series[0].geometry.to_world((12, 20, 3))]
    write_json(tmp_path / "d.json", {"frame": "LPS", "points": {"C2-C3": middle}})
    assert run(folder, tmp_path / "d.json", "--json", region="discs") == 0
    assert [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]] == ["signed_reading_changed"]


def test_levels_behind_the_cord_are_told(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disc beside the proposed cord on the wrong side (x and y mirrored) warns; one in front of it does not."""
    folder, session = study
    grid = sagittal_grid()
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[11:14, :, 3:5] = 1
    write_label_map(folder.mask(session.series[0], "cord", "auto"), LabelMap(array=array, geometry=grid))
    middle = grid.to_world((12, 20, 3))
    for y, codes in ((-10.0, []), (9.0, ["discs_far_from_cord"])):
        point = [float(middle[0]), float(middle[1] + y), float(middle[2])]
        write_json(tmp_path / "d.json", {"frame": "LPS", "points": {"C2-C3": point}})
        assert run(folder, tmp_path / "d.json", "--replace", "--json", region="discs") == 0
        assert [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]] == codes


def test_a_signed_reader_is_told_to_sign_again(
    study: tuple[StudyFolder, Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was signed did not hold the imported mask."""
    folder, _ = study
    findings = {"format": 1, "author": "AB", "state": "signed", "lesions": {}, "patient": {}, "approvals": []}
    write_json(folder.findings(STUDY, "AB"), findings)
    write_label_map(tmp_path / "a.nii.gz", ball(sagittal_grid()))
    assert run(folder, tmp_path / "a.nii.gz", "--json") == 0
    assert [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]] == ["signed_reading_changed"]
