"""Annotations survive the folder, and a faulty file costs no other."""

import json
from pathlib import Path

import numpy as np
import pytest

from mri.bids import StudyFolder
from mri.geometry import Geometry
from mri.nifti import write_label_map
from mri.problems import RefusedError
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import LabelMap
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.findings import Findings
from segmentation.levels import STANDARD, DiscPoints, LevelScheme
from segmentation.regions import Region
from segmentation.store import (
    authors,
    discs_as_json,
    load_annotation,
    parse_discs,
    read_discs,
    save_annotation,
    write_description,
)

STUDY = StudyId(participant="p1", session="01")


def make_grid(shape: tuple[int, int, int] = (6, 7, 8), origin: float = 0.0) -> Geometry:
    """Make an upright millimetre grid."""
    return Geometry(
        shape=shape, origin_mm=(origin, 0.0, 0.0), spacing_mm=(1.0, 1.0, 1.0), axes=((1, 0, 0), (0, 1, 0), (0, 0, 1))
    )


def make_series(acquisition: str = "sagCT2", weighting: Weighting = Weighting.T2) -> Series:
    """Make a series on the small grid."""
    return Series(
        study=STUDY,
        acquisition=acquisition,
        suffix="T2w" if weighting is Weighting.T2 else "T1w",
        weighting=weighting,
        plane=Plane.SAGITTAL,
        contrast=Contrast.NO,
        geometry=make_grid(),
    )


def make_mask(series: Series, region: Region, label: int = 1) -> Mask:
    """Make a mask with one voxel."""
    array = np.zeros(series.geometry.shape, dtype=np.uint8)
    array[2, 3, 4] = label
    return Mask(
        region=region,
        series=series,
        labels=LabelMap(array=array, geometry=series.geometry),
        author=AUTO,
        provenance={"method": "test", "score": 0.5},
    )


@pytest.fixture
def annotation() -> Annotation:
    """Two masks, two discs and untouched findings."""
    series = make_series()
    return Annotation(
        study=STUDY,
        author=AUTO,
        masks=(make_mask(series, Region.CORD), make_mask(series, Region.T2HYPER, label=2)),
        discs=DiscPoints(points={"C2-C3": (0.0, 1.0, 2.0), "C3-C4": (0.0, 1.0, -15.0)}, flags=("levels_unconfirmed",)),
        findings=Findings(author=AUTO, lesions={}, patient={}),
    )


def load(folder: StudyFolder, *series: Series, author: str = AUTO) -> Annotation:
    """Load what an author has in the session."""
    return load_annotation(folder, Study(id=STUDY, series=series or (make_series(),)), author)


def test_what_is_saved_is_loaded(tmp_path: Path, annotation: Annotation) -> None:
    """Masks, labels, provenance, discs and findings come back as they were."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    back = load(folder)
    assert back.problems == ()
    assert [(m.region, m.labels.labels(), m.provenance["score"]) for m in back.masks] == [
        (Region.CORD, (1,), 0.5),
        (Region.T2HYPER, (2,), 0.5),
    ]
    assert back.discs == annotation.discs
    assert back.findings == annotation.findings
    assert authors(folder, STUDY) == (AUTO,)


def test_sidecar_names_its_source(tmp_path: Path, annotation: Annotation) -> None:
    """The sidecar of a mask leads back to its image by a BIDS address."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    sidecar = next(folder.readings(STUDY).glob("*label-cord*.json"))
    record = json.loads(sidecar.read_text())
    assert record["format"] == 1
    assert record["Sources"] == ["bids:raw:sub-p1/ses-01/anat/sub-p1_ses-01_acq-sagCT2_T2w.nii.gz"]


def test_saving_again_removes_what_is_no_longer_held(tmp_path: Path, annotation: Annotation) -> None:
    """A lesion that is taken back leaves no mask behind, and no other author's file is touched."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    other = folder.mask(make_series(), "cord", "reader")
    write_label_map(other, annotation.masks[0].labels)
    save_annotation(folder, Annotation(study=STUDY, author=AUTO, masks=annotation.masks[:1]))
    assert [m.region for m in load(folder).masks] == [Region.CORD]
    assert load(folder).discs is None
    assert other.is_file()
    assert authors(folder, STUDY) == (AUTO, "reader")


def test_mask_on_another_grid_is_a_problem_and_the_others_go_on(tmp_path: Path, annotation: Annotation) -> None:
    """One mask that was resampled elsewhere is named; the rest is loaded."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    grid = make_grid(origin=2.0)
    path = folder.mask(make_series(), "cord", AUTO)
    write_label_map(path, LabelMap(array=np.ones(grid.shape, dtype=np.uint8), geometry=grid))
    back = load(folder)
    assert [(p.code, p.where) for p in back.problems] == [("mask_other_grid", path.name)]
    assert [m.region for m in back.masks] == [Region.T2HYPER]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"points": 3}', '{"points": {"C9-C10": [0, 0, 0]}}'])
def test_unreadable_discs_are_a_problem(tmp_path: Path, annotation: Annotation, content: str) -> None:
    """A broken discs.json is named and the masks are still there."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    folder.discs(STUDY, AUTO).write_text(content)
    back = load(folder)
    assert back.discs is None
    assert len(back.masks) == 2
    assert [p.where.split(":")[0] for p in back.problems] == [folder.discs(STUDY, AUTO).name]


def test_mask_of_no_series_is_named(tmp_path: Path, annotation: Annotation) -> None:
    """A mask whose series is not kept is not silently ignored."""
    folder = StudyFolder(root=tmp_path)
    save_annotation(folder, annotation)
    back = load(folder, make_series("sagTT2"))
    assert {p.code for p in back.problems} == {"mask_without_series"}


def test_discs_json_is_as_the_contract_says() -> None:
    """The frame is LPS and each point is three numbers under its disc's name."""
    content = discs_as_json(DiscPoints(points={"C3-C4": (1.0, 2.0, 3.0), "C2-C3": (0.0, 0.0, 9.0)}))
    assert content["frame"] == "LPS"
    assert content["points"] == {"C2-C3": [0.0, 0.0, 9.0], "C3-C4": [1.0, 2.0, 3.0]}


def test_scheme_survives_json() -> None:
    """A T13 vertebra is not forgotten, and the values below it shift."""
    discs = DiscPoints(points={"T13-L1": (0.0, 0.0, 0.0)}, scheme=LevelScheme(n_thoracic=13))
    back = parse_discs(discs_as_json(discs), "discs.json")
    assert back.scheme.disc_value("T13-L1") == 21


def test_every_fault_of_discs_json_is_named_at_once() -> None:
    """Two bad points give two problems."""
    with pytest.raises(RefusedError) as refused:
        parse_discs({"frame": "RAS", "points": {"C2-C3": [0, 0], "X": [0, 0, 0]}}, "discs.json")
    assert [p.code for p in refused.value.problems] == ["discs_frame", "disc_position", "disc_unknown"]


def write_labels(path: Path, boxes: dict[int, slice]) -> Path:
    """Write labels that fill all of the plane between two sections (z grows upwards)."""
    grid = make_grid((20, 20, 60))
    array = np.zeros(grid.shape, dtype=np.uint8)
    for label, sections in boxes.items():
        array[:, :, sections] = label
    write_label_map(path, LabelMap(array=array, geometry=grid))
    return path


def test_level_mask_gives_the_midpoint_between_neighbours(tmp_path: Path) -> None:
    """C3 above C4 with a gap: the C3-C4 disc is in the middle of the gap."""
    path = write_labels(tmp_path / "levels.nii.gz", {3: slice(40, 55), 4: slice(20, 35), 6: slice(0, 15)})
    discs = read_discs(path)
    assert set(discs.points) == {"C3-C4"}
    assert discs.points["C3-C4"] == pytest.approx((9.5, 9.5, 37.0))


def test_point_labels_use_the_fields_values(tmp_path: Path) -> None:
    """A single voxel of value 3 is the C2-C3 disc."""
    grid = make_grid((20, 20, 60))
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[5, 6, 50], array[5, 6, 33] = 3, 4
    write_label_map(tmp_path / "points.nii.gz", LabelMap(array=array, geometry=grid))
    points = read_discs(tmp_path / "points.nii.gz").points
    assert points["C2-C3"] == pytest.approx((5.0, 6.0, 50.0))
    assert points["C3-C4"] == pytest.approx((5.0, 6.0, 33.0))


def test_integers_with_a_variant_are_refused(tmp_path: Path) -> None:
    """Integers below a T13 could mean two things."""
    path = write_labels(tmp_path / "levels.nii.gz", {3: slice(40, 55), 4: slice(20, 35)})
    with pytest.raises(RefusedError) as refused:
        read_discs(path, LevelScheme(n_thoracic=13))
    assert refused.value.problems[0].code == "discs_integer_variant"


def test_real_point_labels_are_read(shared_data: Path) -> None:
    """The discs of a whole-spine image have known order and spacing."""
    discs = read_discs(shared_data / "volumes" / "sct_testing" / "template" / "label_disc.nii.gz")
    ordered = discs.ordered()
    assert [value for value, _, _ in ordered] == list(range(2, 20))
    assert discs.scheme == STANDARD
    heights = -np.diff([point[2] for _, _, point in ordered])
    assert heights.min() > 10
    assert heights.max() < 35


def test_the_log_of_the_reading_page_is_ignored_by_the_validator_in_older_studies_too(tmp_path: Path) -> None:
    """A list of an earlier version, or a user's own, keeps its lines and gets the one of the log, once."""
    folder = StudyFolder(root=tmp_path)
    ignored = folder.derivative("readings") / ".bidsignore"
    ignored.parent.mkdir(parents=True)
    ignored.write_text("mine.txt")
    for _ in range(2):
        write_description(folder)
    assert ignored.read_text().splitlines() == ["mine.txt", "/log"]
