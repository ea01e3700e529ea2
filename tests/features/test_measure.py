"""One session, from annotation to rows."""

from pathlib import Path

import pytest

from features import measure_case
from features.case import Case
from features.dictionary import column_names, validate_row
from mri.nifti import read_label_map
from mri.study import Contrast, Plane, Series, Weighting
from segmentation.annotation import Mask
from segmentation.regions import Region
from tests.features.scene import (
    GD,
    STUDY,
    T2,
    axial_grid,
    case,
    cord_mask,
    mask,
    nothing,
    sagittal_grid,
    series,
    t1_gd,
    tube,
    z_at,
)


def usual_case(**changes: object) -> Case:
    """Return a solitary lesion at T4 with oedema from the T1-T2 to the T6-T7 disc."""
    return case(
        [
            cord_mask(T2),
            mask(Region.ENHANCING, GD, tube(11.2, 11.8, 3.0)),
            mask(Region.T2HYPER, T2, tube(9.0, 14.0, 4.0)),
        ],
        **changes,
    )


def test_the_published_example_is_five_segments() -> None:
    """Oedema planted from the T1-T2 to the T6-T7 disc is 5 segments, T2 to T6, by every way of counting."""
    row = measure_case(usual_case()).lesions[0]
    assert row["t2_seg_count"] == 5
    assert row["t2_levels"] == "T2-T6"
    assert row["t2_seg_frac"] == pytest.approx(5.0, abs=0.06)
    assert row["t2_seg_half"] == 5.0
    assert row["t2_ge3"] is True
    assert row["t2_ge3_ambiguous"] is False
    assert row["enh_levels"] == "T4"
    assert row["lesion_basis"] == "both"


def test_rows_have_exactly_the_columns_of_the_dictionary() -> None:
    """Both rows carry every column in order, and every value is allowed by the dictionary."""
    features = measure_case(usual_case())
    assert tuple(features.lesions[0]) == column_names("lesions")
    assert tuple(features.patient) == column_names("patients")
    assert validate_row("lesions", features.lesions[0]) == []
    assert validate_row("patients", features.patient) == []


def test_the_ratio_of_whole_segments_is_five() -> None:
    """Five levels of oedema over one level of enhancement give a ratio of 5; the fractional one is larger."""
    row = measure_case(usual_case()).lesions[0]
    assert row["ratio_seg_count"] == 5.0
    assert row["ratio_segments"] == pytest.approx(5.0 / 0.6, rel=0.1)


def test_without_an_axial_series_there_is_no_transverse_size() -> None:
    """TR is refused on thick sagittal slices, AP is not, and the largest size says so."""
    row = measure_case(usual_case()).lesions[0]
    assert row["enh_tr_mm"] is None
    assert row["enh_tr_mm_missing_reason"] == "no_axial"
    assert row["enh_ap_mm"] == pytest.approx(6.0, abs=1.01)
    assert "enh_max_mm:no_axial" in str(row["flags"])


def test_an_axial_series_gives_the_transverse_size() -> None:
    """With the lesion drawn on an axial series too, it is still one lesion and TR is there."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    masks = (*usual_case().masks, mask(Region.ENHANCING, axial, tube(11.2, 11.8, 3.0)))
    features = measure_case(usual_case(masks=masks))
    assert features.patient["n_lesions"] == 1
    assert features.lesions[0]["enh_tr_mm"] == pytest.approx(6.0, abs=0.61)
    assert features.lesions[0]["axial_series"] == axial.name


def test_no_t2_at_the_lesion_gives_a_ratio_of_zero() -> None:
    """Where T2 was read and left empty the extent and the ratio are 0, not missing."""
    masks = (*usual_case().masks[:2], mask(Region.T2HYPER, T2, nothing))
    row = measure_case(usual_case(masks=masks)).lesions[0]
    assert (row["t2_seg_count"], row["ratio_length"], row["t2_ge2"]) == (0, 0.0, False)
    assert row["lesion_basis"] == "enhancement"


def test_a_stir_mask_alone_is_no_t2_extent() -> None:
    """Hyperintensity drawn on STIR only leaves the T2 extent missing with its reason."""
    stir = series(sagittal_grid(), Weighting.STIR)
    drawn = [cord_mask(GD), usual_case().masks[1], mask(Region.T2HYPER, stir, tube(9.0, 14.0, 4.0))]
    row = measure_case(case(drawn)).lesions[0]
    assert row["t2_seg_count"] is None
    assert row["t2_seg_count_missing_reason"] == "no_sagittal_t2"
    assert "stir_only" in str(row["flags"])
    assert row["lesion_basis"] == "both"


def test_a_lesion_seen_on_stir_alone_is_counted() -> None:
    """Without an enhanced series a region drawn on STIR is a lesion, though it has no T2 extent."""
    stir = series(sagittal_grid(), Weighting.STIR)
    features = measure_case(case([cord_mask(stir), mask(Region.T2HYPER, stir, tube(9.0, 14.0, 4.0))]))
    assert features.patient["n_lesions"] == 1
    assert (features.lesions[0]["lesion_basis"], features.lesions[0]["t2_length_mm"]) == ("t2", None)


def test_the_numbering_is_kept() -> None:
    """Each lesion's centre says which component of a binary mask got which number."""
    drawn = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(15, 16, 3), tube(4, 5, 3))]
    centres = measure_case(case(drawn)).centres_mm
    assert [centres[k][2] for k in (1, 2)] == [pytest.approx(z_at(4.5), abs=0.6), pytest.approx(z_at(15.5), abs=0.6)]


def test_what_is_synthetic_says_so() -> None:
    """The mark of a made-up patient reaches both rows."""
    features = measure_case(usual_case(synthetic=True))
    assert features.lesions[0]["synthetic"] is features.patient["synthetic"] is True


def test_nobody_drew_anything() -> None:
    """A session without annotation keeps its rows, with a status instead of numbers."""
    features = measure_case(case([]))
    assert features.patient["status"] == "not_annotated"
    assert features.patient["n_lesions"] is None
    assert [row["lesion_id"] for row in features.lesions] == [None]


@pytest.mark.real_data
def test_the_painted_lesion_of_a_real_cord(shared_data: Path) -> None:
    """Masks alone, without discs: one lesion of 163 voxels, segments empty, flag no_levels."""
    folder = shared_data / "volumes" / "sct_testing" / "t2"
    masks = []
    for region, name in ((Region.ENHANCING, "lesion_seg"), (Region.CORD, "sc_seg")):
        labels = read_label_map(folder / f"t2_fake_lesion_{name}.nii.gz")
        on = Series(
            study=STUDY,
            acquisition=f"iso{region.value}",
            suffix="T2w",
            weighting=Weighting.UNKNOWN,
            plane=Plane.ISOTROPIC,
            contrast=Contrast.UNKNOWN,
            geometry=labels.geometry,
        )
        masks.append(Mask(region=region, series=on, labels=labels, author="AB"))
    features = measure_case(case(masks, discs=None))
    row = features.lesions[0]
    assert len(features.lesions) == 1
    assert row["enh_volume_mm3"] == pytest.approx(83.456, abs=0.005)
    assert round(float(str(row["enh_length_mm"])), 1) == 10.4
    assert row["enh_seg_count"] is None
    assert "no_levels" in str(row["flags"]).split(";")
