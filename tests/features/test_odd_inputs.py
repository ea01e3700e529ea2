"""What breaks other programs, and inputs at the edge of what can be measured: a number, or a reason in its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features import measure_case
from features.case import Case
from features.dictionary import validate_row
from features.measure import CaseFeatures
from mri.geometry import FloatArray, Vector
from mri.nifti import read_label_map, write_volume
from mri.problems import RefusedError
from mri.study import Plane
from mri.volume import LabelMap, Volume
from segmentation.annotation import Mask
from segmentation.disc_files import read_discs
from segmentation.findings import Answer, Findings
from segmentation.levels import STANDARD, DiscPoints, LevelScheme
from segmentation.regions import Region
from tests.features.scene import (
    GD,
    SAGITTAL_AXES,
    T2,
    Inside,
    axial_grid,
    case,
    cord_mask,
    discs,
    draw,
    grid,
    mask,
    sagittal_grid,
    t1_gd,
    tube,
    z_at,
)

LESION = tube(11.2, 11.8, 3.0)
FAR = tube(15.2, 15.8, 3.0)
LEVELS = range(1, 20)


def measured(*drawn: Mask, cord: Mask | None = None, **changes: object) -> CaseFeatures:
    """Measure masks beside the cord; every row fits the dictionary."""
    features = measure_case(case([cord or cord_mask(T2), *drawn], **changes))
    assert validate_row("patients", features.patient) == []
    assert all(validate_row("lesions", row) == [] for row in features.lesions)
    return features


def enhancing(*objects: Inside) -> Mask:
    """Draw enhancing lesions on the sagittal T1."""
    return mask(Region.ENHANCING, GD, *objects)


def voxels(index: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]", value: int = 1) -> Mask:
    """Draw single voxels of the sagittal T1: indices backwards, downwards, to the left."""
    array = np.zeros(GD.geometry.shape, dtype=np.uint8)
    array[tuple(index.T)] = value
    labels = LabelMap(array=array, geometry=GD.geometry)
    return Mask(region=Region.ENHANCING, series=GD, labels=labels, author="AB")


def flags(row: object) -> list[str]:
    """Return the flags of a row."""
    return str(dict(row)["flags"]).split(";")  # type: ignore[call-overload]


def at(x: float, y: float, v: float) -> Inside:
    """Return the inside of a box a little larger than one voxel."""

    def inside(points):  # type: ignore[no-untyped-def]
        near = np.abs(points - np.array([x, y, z_at(v)]))
        return (near <= np.array([1.65, 0.5, 0.5]) + 1e-9).all(axis=-1)

    return inside


def test_a_stray_voxel_outside_the_cord_is_a_tiny_lesion_of_its_own() -> None:
    """It crashes nothing and changes nothing of the lesion beside it; it is counted until a reader says otherwise."""
    alone = measured(enhancing(LESION)).lesions[0]
    features = measured(enhancing(LESION, at(11.55, -9.5, 11.425)))
    both = {("tiny" in flags(row)): row for row in features.lesions}
    assert len(features.lesions) == 2
    assert both[True]["enh_volume_mm3"] == pytest.approx(3.3)
    for name in ("enh_length_mm", "enh_volume_mm3", "enh_seg_frac", "enh_ap_mm"):
        assert both[False][name] == alone[name]


def test_stray_voxels_far_from_the_cord_are_told_and_not_counted() -> None:
    """Before signing voxels 35 mm away are no lesion of the cord; their reason is not that there is no cord."""
    wide = t1_gd(grid((-14.0, -12.0, z_at(14)), (14.0, 42.0, z_at(9)), (1.0, 1.0, 3.3), SAGITTAL_AXES))
    far = tube(11.5, 11.6, 2.0, (0.0, 35.0))
    features = measured(mask(Region.ENHANCING, wide, LESION, far))
    refused = next(row for row in features.lesions if "lesion_far_from_cord" in flags(row))
    assert refused["enh_length_mm_missing_reason"] == refused["enh_seg_frac_missing_reason"] == "far_from_cord"
    assert (features.patient["n_lesions"], features.patient["multiple"]) == (1, False)
    assert "lesion_not_counted" in str(features.patient["flags"])
    alone = measured(mask(Region.ENHANCING, wide, far)).patient
    assert alone["n_lesions"] == 1


@pytest.mark.parametrize(("aside_mm", "told"), [(0.0, False), (6.0, False), (9.5, True)])
def test_a_lesion_wholly_outside_the_cord_is_flagged(aside_mm: float, told: bool) -> None:
    """Inside, across its surface, and beside it: only the last has no voxel in the cord."""
    (row,) = measured(enhancing(tube(11.2, 11.8, 2.5, centre=(0.0, aside_mm)))).lesions
    assert ("outside_cord" in flags(row)) is told


def test_a_mask_given_twice_is_refused_by_name() -> None:
    """Twice the same enhancement would be two lesions; another author's is another mask."""
    lesion = enhancing(LESION)
    with pytest.raises(RefusedError, match=f"{GD.name}, enhancing by AB: given twice"):
        case([lesion, cord_mask(T2), lesion])
    assert len(case([lesion, replace(lesion, author="auto")]).masks) == 2


def test_a_stray_voxel_of_the_cord_moves_no_axis() -> None:
    """A voxel of the cord mask far from the cord is dropped: length and levels stay as they are."""
    alone = measured(enhancing(LESION)).lesions[0]
    stray = mask(Region.CORD, T2, tube(1.0, 20.7, 5.0), at(11.55, 9.5, 11.425))
    row = measured(enhancing(LESION), cord=stray).lesions[0]
    assert row["enh_length_mm"] == pytest.approx(alone["enh_length_mm"], abs=0.01)
    assert row["enh_seg_frac"] == pytest.approx(alone["enh_seg_frac"], abs=0.001)


def test_a_cord_mask_that_covers_half_the_lesion() -> None:
    """The axis goes on straight: the whole lesion is measured, and only more than 10 mm beyond is flagged."""
    half = cord_mask(T2, v_to=11.5)
    row = measured(enhancing(LESION), cord=half).lesions[0]
    assert row["enh_length_mm"] == pytest.approx(12.0, abs=0.1)
    assert (row["enh_levels"], row["enh_seg_frac"]) == ("T4", pytest.approx(0.6, abs=0.01))
    assert "cord_extrapolated" not in flags(row)
    longer = measured(enhancing(tube(11.2, 12.6, 3.0)), cord=half).lesions[0]
    assert "cord_extrapolated" in flags(longer)


def test_a_lesion_at_the_edge_of_the_image_is_a_lower_bound() -> None:
    """Cut by the upper border, it is as long as what is seen and flagged; no border makes an error."""
    cut = t1_gd(sagittal_grid(11.5, 16.0))
    row = measured(mask(Region.ENHANCING, cut, LESION)).lesions[0]
    assert (row["enh_truncated"], "truncated" in flags(row)) == (True, True)
    assert row["enh_length_mm"] == pytest.approx(6.0, abs=0.1)
    assert float(str(row["enh_length_mm_high"])) < 8.1


def test_two_lesions_side_by_side_are_not_added_up() -> None:
    """Two lesions of 20 mm at one level are two of 20 mm: neither their lengths nor their levels are summed."""
    left, right = tube(11, 12, 1.5, centre=(4.95, 0.0)), tube(11, 12, 1.5, centre=(-4.95, 0.0))
    features = measured(enhancing(left, right))
    assert [row["enh_length_mm"] for row in features.lesions] == [pytest.approx(20.0, abs=0.1)] * 2
    assert features.patient["enh_length_mm_max"] == pytest.approx(20.0, abs=0.1)
    assert features.patient["n_lesions"] == 2
    row = measured(mask(Region.T2HYPER, T2, left, right)).patient
    assert row["t2_total_seg"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("value", [1.0, 2.0, 255.0, 0.7])
def test_a_mask_is_a_mask_whatever_its_values(value: float, tmp_path: Path) -> None:
    """One whole number tells lesion from background, so does a soft mask, cut at 0.5: two lesions are two."""
    drawn = draw(GD.geometry, LESION, FAR)
    path = tmp_path / "lesion.nii.gz"
    write_volume(path, Volume(array=drawn.array.astype(np.float32) * value, geometry=GD.geometry))
    labels = read_label_map(path)
    rows = measured(Mask(region=Region.ENHANCING, series=GD, labels=labels, author="AB")).lesions
    assert [row["lesion_id"] for row in rows] == [1, 2]
    assert sum(row["enh_volume_mm3"] for row in rows) == pytest.approx(drawn.array.sum() * 3.3, rel=1e-5)


def test_masks_of_two_programs_need_not_have_the_same_value() -> None:
    """255 in one mask and 1 in the other are no two lesions; 1 in one and 2 in the other are."""
    lesion, oedema = enhancing(LESION), mask(Region.T2HYPER, T2, LESION)
    for value, number in ((255, 1), (2, 2)):
        array = lesion.labels.array * np.uint8(value)
        other = Mask(region=lesion.region, series=GD, labels=LabelMap(array=array, geometry=GD.geometry), author="AB")
        assert len(measured(other, oedema).lesions) == number


def test_a_single_number_that_the_author_speaks_of_is_a_lesion() -> None:
    """A mask of 2 alone is lesion 2 where the author has answered for a lesion 2."""
    drawn = enhancing(FAR, LESION)
    array = np.where(drawn.labels.array > 0, np.uint8(2), np.uint8(0))
    one = Mask(region=drawn.region, series=GD, labels=LabelMap(array=array, geometry=GD.geometry), author="AB")
    read = Findings(author="AB", lesions={2: {"t2_signal": Answer(value="hyper", source="reader")}}, patient={})
    assert [row["lesion_id"] for row in measured(one, findings=read).lesions] == [2]


@pytest.mark.parametrize(("gap_mm", "told"), [(4.0, False), (20.0, True)])
def test_a_number_whose_parts_lie_far_apart_is_told(gap_mm: float, told: bool) -> None:
    """Two parts of lesion 1: 4 mm of background between them are none of note, 20 mm are told with the distance."""
    ends = (11.0, 11.0 + gap_mm / 20)

    def parts(points: FloatArray) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        return np.asarray(tube(10.0, ends[0], 3.0)(points) | tube(ends[1], 12.6, 3.0)(points))

    features = measured(mask(Region.ENHANCING, GD, parts, tube(15, 16, 3), numbered=True))
    assert [("lesion_in_parts" in flags(row)) for row in features.lesions] == [told, False]
    assert features.lesions[0]["cord_expansion_source"] == "suggested"
    texts = [problem.message for problem in features.problems if problem.code == "lesion_in_parts"]
    assert [f"{gap_mm + 1:.0f} mm apart" in text for text in texts] == [True] * told


def test_half_of_a_soft_mask_is_kept(tmp_path: Path) -> None:
    """At 0.5 a soft voxel is lesion, below it background."""
    array = np.full((2, 2, 2), 0.49, dtype=np.float32)
    array[0] = 0.5
    geometry = axial_grid(10, 13)
    small = type(geometry)(shape=(2, 2, 2), origin_mm=(0, 0, 0), spacing_mm=geometry.spacing_mm, axes=geometry.axes)
    path = tmp_path / "soft.nii.gz"
    write_volume(path, Volume(array=array, geometry=small))
    assert read_label_map(path).array.tolist() == [[[1, 1], [1, 1]], [[0, 0], [0, 0]]]


def test_a_level_without_a_name_is_not_made_up() -> None:
    """Below the last disc one level is extrapolated with a flag; further the extent is missing, never renormalised."""
    known = measured(mask(Region.T2HYPER, T2, tube(9.0, 14.0, 4.0))).lesions[0]
    short = measured(mask(Region.T2HYPER, T2, tube(9.0, 14.0, 4.0)), discs=discs(last=13)).lesions[0]
    assert short["t2_seg_frac"] == pytest.approx(known["t2_seg_frac"], abs=0.01)
    assert "levels_extrapolated" in flags(short)
    none = measured(mask(Region.T2HYPER, T2, tube(9.0, 14.0, 4.0)), discs=discs(last=12)).lesions[0]
    assert (none["t2_seg_frac"], none["t2_seg_frac_low"], none["t2_ge3_prob"]) == (None, None, None)
    assert "outside_levels" in flags(none)
    assert none["t2_seg_frac_missing_reason"] == "outside_levels"


def test_a_vertebra_missing_in_a_level_mask_is_refused_by_name() -> None:
    """Without T3 in the level mask its borders are not known: the vertebra is named, lengths stay."""
    tubes = [tube(v, v + 1, 5) for v in LEVELS]
    labels = draw(T2.geometry, *tubes, numbered=True)
    holed = LabelMap(array=np.where(labels.array == 10, 0, labels.array), geometry=labels.geometry)
    features = measured(enhancing(LESION), discs=None, level_mask=holed)
    assert [problem.code for problem in features.problems] == ["disc_missing"]
    assert "no vertebra T3;" in features.problems[0].message
    assert features.lesions[0]["enh_length_mm"] is not None
    assert features.lesions[0]["enh_seg_frac_missing_reason"] == "no_levels"


def test_one_voxel_has_every_measure() -> None:
    """One voxel is as large as a voxel in every direction, in one level, and has a perturbation range."""
    (row,) = measured(voxels(np.array([[12, 200, 4]]))).lesions
    assert (row["enh_length_mm"], row["enh_si_mm"], row["enh_ap_mm"]) == (pytest.approx(1.0, abs=0.01),) * 3
    assert (row["enh_seg_count"], row["enh_volume_mm3"]) == (1, pytest.approx(3.3))
    assert row["enh_feret_mm"] == pytest.approx(3.3, abs=0.01)
    assert (row["enh_rano_long_mm"], row["enh_rano_perp_mm"]) == (pytest.approx(1.0), pytest.approx(1.0))
    assert float(str(row["enh_volume_mm3_low"])) == pytest.approx(3.3)
    assert float(str(row["enh_volume_mm3_high"])) > 3.3


@pytest.mark.parametrize(("axis", "length"), [(0, (1.0, 9.0, 1.0)), (1, (9.0, 1.0, 9.0)), (2, (1.0, 1.0, 1.0))])
def test_a_line_of_voxels(axis: int, length: tuple[float, float, float]) -> None:
    """Nine voxels in a row backwards or downwards, five to the left: flat shapes have sizes too."""
    steps = np.arange(9) if axis < 2 else np.arange(5) - 2
    index = np.array([12, 200, 3])[None] + np.eye(3, dtype=int)[axis] * steps[:, None]
    (row,) = measured(voxels(index)).lesions
    si, ap, along = length
    assert (row["enh_si_mm"], row["enh_ap_mm"]) == (pytest.approx(si), pytest.approx(ap))
    assert row["enh_length_mm"] == pytest.approx(along, abs=0.01)
    assert row["enh_volume_mm3"] == pytest.approx(3.3 * len(steps))


def test_a_lesion_on_one_slice() -> None:
    """On one sagittal slice length and AP are measured; nothing is lost where a slice would be taken away."""
    (row,) = measured(enhancing(tube(11.2, 11.8, 1.0, centre=(1.65, 0.0)))).lesions
    assert row["enh_length_mm"] == pytest.approx(12.0, abs=0.1)
    assert row["enh_tr_mm_missing_reason"] == "no_axial"
    low, value, high = (float(str(row[f"enh_volume_mm3{end}"])) for end in ("_low", "", "_high"))
    assert 0 < low <= value < high


def test_a_lesion_on_one_axial_slice() -> None:
    """On one axial slice AP and TR are measured; length is not, and says why."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    (row,) = measured(mask(Region.ENHANCING, axial, tube(11.38, 11.55, 3.0))).lesions
    assert (row["enh_tr_mm"], row["enh_ap_mm"]) == (pytest.approx(6.0, abs=0.7), pytest.approx(6.0, abs=0.7))
    assert row["enh_length_mm_missing_reason"] == "no_sagittal_gd"


def test_integers_need_not_be_consecutive() -> None:
    """Lesions 3 and 7 keep their numbers in both masks; nothing is renumbered and none is made up between."""
    drawn = draw(GD.geometry, tube(9, 10, 3), tube(12, 13, 3), numbered=True)
    numbers = np.array([0, 7, 3])[drawn.array]
    labels = LabelMap(array=numbers, geometry=GD.geometry)
    t2 = LabelMap(array=numbers, geometry=T2.geometry)
    features = measured(
        Mask(region=Region.ENHANCING, series=GD, labels=labels, author="AB"),
        Mask(region=Region.T2HYPER, series=T2, labels=t2, author="AB"),
    )
    assert [(row["lesion_id"], row["enh_levels"], row["t2_levels"]) for row in features.lesions] == [
        (3, "T5", "T5"),
        (7, "T2", "T2"),
    ]


def test_a_lesion_outside_the_cord_is_measured() -> None:
    """An exophytic lesion whose voxels lie partly outside the cord has its whole size."""
    row = measured(enhancing(tube(11.2, 11.8, 3.0, centre=(4.95, 0.0)))).lesions[0]
    assert row["enh_ap_mm"] == pytest.approx(6.0, abs=1.01)
    assert row["enh_length_mm"] == pytest.approx(12.0, abs=0.1)


def variant_case(scheme: LevelScheme, **changes: object) -> Case:
    """Return a lesion in the 13th thoracic vertebra (v from 20 to 21) of a spine of a variant."""
    points: dict[str, Vector] = {
        scheme.disc_name(v): (0.0, -12.0, z_at(v)) for v in range(2, min(22, len(scheme.discs)) + 1)
    }
    given = {"discs": DiscPoints(points=points, scheme=scheme)} | changes
    return case([cord_mask(T2, v_to=21.5), enhancing(tube(20.1, 20.9, 3.0))], **given)


def test_a_thirteenth_thoracic_vertebra_has_its_name() -> None:
    """With T13 the level at v = 20 is T13, without it L1; values below shift with the names."""
    t13 = LevelScheme(n_thoracic=13)
    assert measure_case(variant_case(t13)).lesions[0]["enh_levels"] == "T13"
    assert measure_case(variant_case(STANDARD)).lesions[0]["enh_levels"] == "L1"
    assert LevelScheme(n_lumbar=6).discs[-2:] == ("L5-L6", "L6-S1")


@pytest.mark.parametrize("variant", ["t13", "l6"])
def test_integers_are_refused_with_a_variant(variant: str, tmp_path: Path) -> None:
    """An integer file or a level mask cannot say which vertebra is missing or added: refused, with how to mend it."""
    labels = draw(T2.geometry, *[tube(v, v + 1, 5) for v in LEVELS], numbered=True)
    said = {"level_variant": Answer(value=(variant,), source="reader")}
    findings = Findings(author="AB", state="in_work", lesions={}, patient=said)
    features = measured(enhancing(LESION), discs=None, level_mask=labels, findings=findings)
    assert [problem.code for problem in features.problems] == ["discs_integer_variant"]
    assert features.lesions[0]["enh_seg_frac"] is None


def test_a_level_mask_file_is_as_good_as_discs(tmp_path: Path) -> None:
    """Read as discs, its boundaries give the published five levels."""
    labels = draw(T2.geometry, *[tube(v, v + 1, 5) for v in LEVELS], numbered=True)
    path = tmp_path / "levels.nii.gz"
    write_volume(path, Volume(array=labels.array.astype(np.float32), geometry=labels.geometry))
    row = measured(mask(Region.T2HYPER, T2, tube(9.0, 14.0, 4.0)), discs=read_discs(path)).lesions[0]
    assert (row["t2_levels"], row["t2_seg_frac"]) == ("T2-T6", pytest.approx(5.0, abs=0.06))
