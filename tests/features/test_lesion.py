"""One lesion: sizes, truncation, shared and bridged hyperintensity, and the reader's word."""

import pytest

from features import measure_case
from features.lesion import rim_flame
from features.measure import CaseFeatures
from features.rows import source_of
from mri.study import Contrast, Plane, Weighting
from segmentation.annotation import Mask
from segmentation.findings import Answer, Findings
from segmentation.regions import Region
from tests.features.scene import (
    AXIAL_AXES,
    GD,
    T2,
    Inside,
    axial_grid,
    case,
    cord_mask,
    grid,
    mask,
    sagittal_grid,
    series,
    t1_gd,
    tube,
    z_at,
)

CORD = cord_mask(T2)


def measured(*masks: Mask, **changes: object) -> CaseFeatures:
    """Measure some masks beside the cord."""
    return measure_case(case([CORD, *masks], **changes))


def enhancing(*objects: Inside) -> Mask:
    """Draw enhancing lesions on the sagittal series."""
    return mask(Region.ENHANCING, GD, *objects)


def hyper(*objects: Inside) -> Mask:
    """Draw hyperintensity on the sagittal T2."""
    return mask(Region.T2HYPER, T2, *objects)


def test_sizes_of_a_box_on_isotropic_voxels() -> None:
    """A box of 8 by 6 by 20 mm has these as TR, AP and SI, and its volume to the voxel."""
    geometry = grid((-10.0, -10.0, z_at(11) - 20), (10.0, 10.0, z_at(11) + 20), (1.0, 1.0, 1.0), AXIAL_AXES)
    on = t1_gd(geometry, Plane.ISOTROPIC)

    def box(points):  # type: ignore[no-untyped-def]
        near = abs(points - [0.0, 0.0, z_at(11)])
        return (near[..., 0] <= 4) & (near[..., 1] <= 3) & (near[..., 2] <= 10)

    row = measured(mask(Region.ENHANCING, on, box)).lesions[0]
    sizes = [row[f"enh_{name}_mm"] for name in ("tr", "ap", "si", "max", "length", "chord")]
    assert sizes == pytest.approx([8.0, 6.0, 20.0, 20.0, 20.0, 20.0], abs=0.05)
    assert row["enh_volume_mm3"] == pytest.approx(960.0)
    assert row["enh_feret_mm"] == pytest.approx(22.36, abs=1.0)
    assert (row["enh_rano_long_mm"], row["enh_rano_perp_mm"]) == (
        pytest.approx(20.9, abs=0.6),
        pytest.approx(6.0, abs=1.0),
    )
    assert row["measurable"] is True
    assert row["enh_plane"] == "isotropic"
    assert row["enh_tr_res_mm"] == pytest.approx(1.0)


def test_an_axial_series_alone_gives_no_length() -> None:
    """AP and TR come from axial slices, length and segments do not: no_sagittal_gd."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    row = measured(mask(Region.ENHANCING, axial, tube(11.2, 11.8, 3))).lesions[0]
    assert row["enh_tr_mm"] == pytest.approx(6.0, abs=0.61)
    assert row["enh_length_mm_missing_reason"] == row["enh_seg_count_missing_reason"] == "no_sagittal_gd"
    assert row["enh_series"] is None
    assert row["enh_volume_mm3"] is not None


def test_a_lesion_drawn_before_contrast_does_not_enhance() -> None:
    """An enhancing mask on a series before contrast gives no enhancing measure."""
    before = series(sagittal_grid(), Weighting.T1, Plane.SAGITTAL, Contrast.NO)
    row = measured(mask(Region.ENHANCING, before, tube(11, 12, 3))).lesions[0]
    assert row["enh_volume_mm3"] is None
    assert row["enh_volume_mm3_missing_reason"] == "no_sagittal_gd"


def test_hyperintensity_above_and_below_is_bridged() -> None:
    """Two T2 parts joined by the lesion make one extent from the highest to the lowest point."""
    row = measured(enhancing(tube(11, 12, 3)), hyper(tube(10, 11.1, 4), tube(11.9, 13, 4))).lesions[0]
    assert row["t2_seg_frac"] == pytest.approx(3.0, abs=0.06)
    assert row["t2_bridged"] is True
    whole = measured(enhancing(tube(11, 12, 3)), hyper(tube(10, 13, 4))).lesions[0]
    assert whole["t2_bridged"] is False


def test_a_shared_region_counts_for_each_lesion() -> None:
    """One T2 region around two lesions gives both its whole extent, and each names the other."""
    features = measured(enhancing(tube(10, 11, 3), tube(13, 14, 3)), hyper(tube(9, 15, 4)))
    assert [row["t2_seg_count"] for row in features.lesions] == [6, 6]
    assert [row["t2_shared_with"] for row in features.lesions] == ["2", "1"]
    assert all("ratio_shared" in str(row["flags"]) for row in features.lesions)
    assert features.patient["t2_total_seg"] == pytest.approx(6.0, abs=0.06)


def test_a_truncated_extent_is_a_lower_bound() -> None:
    """T2 cut by the border: 3 levels are sure where 3 are seen, else the answer is missing."""
    short = series(sagittal_grid(2, 12))
    row = measured(enhancing(tube(10.5, 11, 3)), mask(Region.T2HYPER, short, tube(10.5, 15, 4))).lesions[0]
    assert row["t2_truncated"] is True
    assert (row["t2_ge2"], row["t2_ge3"], row["t2_ge3_ambiguous"]) == (True, None, None)
    long = measured(enhancing(tube(10.5, 11, 3)), mask(Region.T2HYPER, short, tube(8, 15, 4))).lesions[0]
    assert long["t2_ge3"] is True


def test_a_station_below_that_shows_no_more_ends_the_extent() -> None:
    """What ends at the border of one station is whole where the next station shows that nothing goes on."""
    upper, lower = series(sagittal_grid(2, 12), run=1), series(sagittal_grid(11, 20), run=2)
    both = [mask(Region.T2HYPER, on, tube(10, 11.98, 4)) for on in (upper, lower)]
    row = measured(enhancing(tube(10.5, 11, 3)), *both).lesions[0]
    assert row["t2_truncated"] is False
    assert row["t2_seg_frac"] == pytest.approx(2.0, abs=0.06)


def test_stations_join_along_the_cord() -> None:
    """T2 cut by both stations has the length of both together and the volume without the overlap."""
    upper, lower = series(sagittal_grid(2, 12), run=1), series(sagittal_grid(11, 20), run=2)
    region = tube(9, 14, 4)
    split = measured(enhancing(tube(11, 12, 3)), *(mask(Region.T2HYPER, on, region) for on in (upper, lower)))
    whole = measured(enhancing(tube(11, 12, 3)), hyper(region))
    for name in ("t2_length_mm", "t2_volume_mm3", "t2_seg_frac"):
        assert split.lesions[0][name] == pytest.approx(whole.lesions[0][name], rel=0.011)
    assert split.lesions[0]["t2_truncated"] is False
    assert str(split.lesions[0]["t2_series"]).count(";") == 1


def test_a_lesion_out_of_view_of_t2_is_not_covered() -> None:
    """Where the T2 series ends above the lesion, its T2 extent is missing: not_covered, not 0."""
    short = series(sagittal_grid(2, 10))
    row = measured(enhancing(tube(11, 12, 3)), mask(Region.T2HYPER, short)).lesions[0]
    assert row["t2_seg_count_missing_reason"] == row["ratio_length_missing_reason"] == "not_covered"


def test_a_t2_lesion_says_why_it_has_no_enhancing_size() -> None:
    """Under an empty enhancing mask the reason is not_enhancing; without enhanced series no_sagittal_gd."""
    read = measured(enhancing(), hyper(tube(10, 13, 4))).lesions[0]
    assert (read["lesion_basis"], read["enh_seg_count_missing_reason"]) == ("t2", "not_enhancing")
    assert read["ratio_length"] is None
    without = measured(hyper(tube(10, 13, 4))).lesions[0]
    assert without["enh_seg_count_missing_reason"] == "no_sagittal_gd"
    unread = measured(hyper(tube(10, 13, 4)), series=(T2, GD)).lesions[0]
    assert unread["enh_seg_count_missing_reason"] == "not_read"


def test_one_voxel_is_a_tiny_lesion_with_the_size_of_a_voxel() -> None:
    """A lesion of one voxel has its extents, a volume and a flag."""
    row = measured(enhancing(tube(11.0, 11.05, 0.4, centre=(1.65, 0.5)))).lesions[0]
    assert row["enh_volume_mm3"] == pytest.approx(3.3)
    assert row["enh_length_mm"] == pytest.approx(1.0, abs=0.01)
    assert row["enh_seg_count"] == 1
    assert "tiny" in str(row["flags"]).split(";")


def findings(lesion: dict[str, Answer], state: str = "in_work") -> Findings:
    """Return a reader's answers on lesion 1."""
    return Findings(author="AB", state=state, lesions={1: lesion}, patient={})  # type: ignore[arg-type]


def test_the_readers_answers_stand_in_their_columns() -> None:
    """A value, its source and confidence are written; what was not read has the source missing."""
    said = {
        "position": Answer(value="eccentric", source="reader", confidence=3),
        "position_side": Answer(value=("left", "anterior"), source="reader"),
        "rim_sign": Answer(value="absent", source="reader"),
        "flame_sign": Answer(value="present", source="reader"),
        "cord_expansion": Answer(value="present", source="suggested"),
    }
    row = measured(enhancing(tube(11, 12, 3)), findings=findings(said)).lesions[0]
    assert (row["position"], row["position_source"], row["position_confidence"]) == ("eccentric", "reader", 3)
    assert row["position_side"] == "left;anterior"
    assert row["rim_flame"] == "flame_only"
    assert (row["cord_expansion_suggested"], row["cord_expansion_source"]) == ("present", "suggested")
    assert (row["t2_signal"], row["t2_signal_source"]) == (None, "missing")


def test_the_readers_basis_wins_over_the_masks() -> None:
    """A reader who calls a lesion seen on both wins over masks that show enhancement only."""
    said = {"lesion_basis": Answer(value="both", source="reader")}
    row = measured(enhancing(tube(11, 12, 3)), findings=findings(said)).lesions[0]
    assert (row["lesion_basis"], row["lesion_basis_source"]) == ("both", "reader")
    assert row["enh_source"] == "reader"


@pytest.mark.parametrize(
    ("rim", "flame", "expected"),
    [
        ("present", "absent", "rim_only"),
        ("present", "present", "both"),
        ("not_applicable", "absent", "neither"),
        ("not_assessable", "present", None),
        (None, "present", None),
    ],
)
def test_both_signs_combine(rim: str | None, flame: str, expected: str | None) -> None:
    """Signs combine to four groups; one that is not known leaves the group missing."""
    assert rim_flame(rim, flame) == expected


def test_a_number_that_cannot_be_assessed_is_missing_with_its_reason() -> None:
    """not_assessable is no number: the cell is empty and says why; of a code it is the value."""
    cannot = {
        "enh_si_mm_reader": Answer(value="not_assessable", source="reader", na_reason="artefact"),
        "t1_signal": Answer(value="not_assessable", source="reader", na_reason="sequence_missing"),
    }
    row = measured(enhancing(tube(11, 12, 3)), findings=findings(cannot)).lesions[0]
    assert (row["enh_si_mm_reader"], row["enh_si_mm_reader_na_reason"]) == (None, "artefact")
    assert (row["t1_signal"], row["t1_signal_na_reason"]) == ("not_assessable", "sequence_missing")


@pytest.mark.parametrize(
    ("authors", "source"),
    [(["AB"], "reader"), (["consensus"], "consensus"), (["AB", "auto"], "suggested"), ([], "missing")],
)
def test_the_least_trusted_author_is_the_source(authors: list[str], source: str) -> None:
    """A lesion partly drawn by the program is a suggestion."""
    assert source_of(authors) == source
