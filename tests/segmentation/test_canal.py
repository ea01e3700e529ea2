"""The canal is found around the cord, at its planted width, and said where it is not to be believed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mri.geometry import Geometry
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.resample import resample_labels
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.canal import FROM_T1, WEAK_EDGE, propose_canal
from segmentation.regions import Region
from segmentation.session_canal import RESAMPLED, with_canals
from tests.segmentation.tube import cord_mask, dice, grid, inside_cord, scan

AXIAL = ((96, 96, 40), (0.6, 0.6, 3.0))
SAGITTAL = ((24, 110, 160), (2.0, 0.8, 0.8))
STUDY = StudyId(participant="p1", session="01")


@pytest.mark.parametrize(("shape", "spacing"), [AXIAL, SAGITTAL])
@pytest.mark.parametrize("t1", [False, True])
def test_the_planted_canal_is_found(shape: tuple[int, int, int], spacing: tuple[float, float, float], t1: bool) -> None:
    """A canal 1.75 times as wide as the cord, in T1 and T2, thick and thin; the cord lies inside it."""
    geometry = grid(shape, spacing)
    weighting = Weighting.T1 if t1 else Weighting.T2
    found = propose_canal(scan(geometry, t1=t1), weighting, cord_mask(geometry))
    truth = inside_cord(geometry, 1.75)
    assert dice(found.labels.array > 0, truth) > 0.92
    assert found.labels.array[inside_cord(geometry)].all()
    assert (FROM_T1 in found.flags) is t1
    assert len(found.score) == len(found.area_mm2) == len(found.centre_mm)


def test_sections_without_a_border_are_left_out_and_said() -> None:
    """Where everything is as bright as CSF there is no border: these sections are empty, flagged, out of the range."""
    geometry = grid(*AXIAL)
    image = scan(geometry, noise=1.0)
    rng = np.random.default_rng(0)
    image.array[:, :, :14] = 300.0 + rng.normal(0, 1.0, image.array[:, :, :14].shape)
    found = propose_canal(image, Weighting.T2, cord_mask(geometry))
    assert not found.labels.array[:, :, :12].any()
    assert found.labels.array[:, :, 16:].any(axis=(0, 1)).all()
    assert WEAK_EDGE in found.flags
    lowest = geometry.to_world((0, 0, 12))[2]
    top, bottom = found.provenance["valid_z_mm"]  # type: ignore[misc]
    assert bottom >= lowest - 1e-6
    assert top > 50


def test_what_has_no_canal_is_refused() -> None:
    """Unknown weighting, no cord, another grid."""
    geometry = grid(*AXIAL)
    nothing = LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)
    other = cord_mask(grid((20, 20, 20), (1.0, 1.0, 1.0)))
    for weighting, cord, code in (
        (Weighting.UNKNOWN, cord_mask(geometry), "weighting_unknown"),
        (Weighting.T2, nothing, "no_cord"),
        (Weighting.T2, other, "no_cord"),
    ):
        with pytest.raises(RefusedError) as refused:
            propose_canal(scan(geometry), weighting, cord)
        assert refused.value.problems[0].code == code


def series(geometry: Geometry, weighting: Weighting, frame: str = "F1") -> Series:
    """Make a sagittal series."""
    return Series(
        study=STUDY,
        acquisition=f"sagCT{weighting.value}",
        suffix="T1w" if weighting is Weighting.T1 else "T2w",
        weighting=weighting,
        plane=Plane.SAGITTAL,
        contrast=Contrast.NO,
        geometry=geometry,
        frame_of_reference=frame,
    )


@pytest.mark.parametrize("frame", ["F1", "F2"])
def test_each_series_with_a_cord_gets_its_canal(frame: str) -> None:
    """T1 takes the canal from T2 of its frame of reference onto its own grid; in another frame it shows it itself."""
    fine, coarse = grid(*SAGITTAL), grid(*AXIAL)
    both = (series(fine, Weighting.T2), series(coarse, Weighting.T1, frame))
    masks = tuple(Mask(region=Region.CORD, series=one, labels=cord_mask(one.geometry), author=AUTO) for one in both)

    def read(one: Series) -> Volume:
        return scan(one.geometry, t1=one.weighting is Weighting.T1)

    found = with_canals(Annotation(study=STUDY, author=AUTO, masks=masks), read)
    canals = found.of_region(Region.CANAL)
    assert [mask.series.weighting for mask in canals] == [Weighting.T2, Weighting.T1]
    assert canals[1].provenance["flags"] == ([RESAMPLED] if frame == "F1" else [FROM_T1])
    assert dice(canals[1].labels.array > 0, inside_cord(coarse, 1.75)) > 0.85
    assert len(found.masks) == 4
    assert found.problems == ()


def test_a_canal_from_another_series_holds_this_ones_cord() -> None:
    """Where the cord of T1 lies outside the canal that T2 shows, it is part of the canal on T1 all the same."""
    geometry = grid(*AXIAL)
    both = (series(geometry, Weighting.T2), series(geometry, Weighting.T1))
    aside = cord_mask(geometry)
    aside.array[:] = np.roll(aside.array, 12, axis=1)
    masks = tuple(
        Mask(region=Region.CORD, series=one, labels=cord, author=AUTO)
        for one, cord in zip(both, (cord_mask(geometry), aside), strict=True)
    )
    found = with_canals(Annotation(study=STUDY, author=AUTO, masks=masks), lambda one: scan(one.geometry))
    first, second = (mask.labels.array > 0 for mask in found.of_region(Region.CANAL))
    drawn = aside.array > 0
    assert not first[drawn].all()
    assert second[drawn].all()
    assert second[first].all()


def test_a_series_without_a_border_is_said() -> None:
    """No canal at all is a warning that names the series; the session goes on."""
    geometry = grid(*AXIAL)
    flat = Volume(array=np.full(geometry.shape, 100, dtype=np.float32), geometry=geometry)
    one = series(geometry, Weighting.T2)
    mask = Mask(region=Region.CORD, series=one, labels=cord_mask(geometry), author=AUTO)
    found = with_canals(Annotation(study=STUDY, author=AUTO, masks=(mask,)), lambda _: flat)
    assert [problem.code for problem in found.problems] == ["no_canal"]
    assert found.masks == (mask,)


@pytest.mark.real_data
def test_the_canal_of_a_whole_spine_template(shared_data: Path) -> None:
    """On a whole-spine T2 template the canal agrees with cord and CSF of the PAM50 template: Dice at least 0.92."""
    place = shared_data / "volumes" / "sct_testing" / "template"
    image, cord = read_volume(place / "t2.nii.gz"), read_label_map(place / "cord.nii.gz")
    parts = [read_label_map(shared_data / "pam50" / "template" / f"PAM50_{name}.nii.gz") for name in ("csf", "cord")]
    # the two templates are the same spine in other coordinates: their C7-T1 discs and cords lie over each other so
    shift = np.eye(4)
    shift[:3, 3] = 0.0, 46.22, -287.34
    both = replace(parts[0], array=np.maximum(parts[0].array > 0, parts[1].array > 0).astype(np.uint8))
    truth = resample_labels(both, image.geometry, moving_from_fixed=shift).array > 0
    binary = LabelMap(array=(cord.array > 0).astype(np.uint8), geometry=cord.geometry)
    found = propose_canal(image, Weighting.T2, binary).labels.array > 0
    rows = found.any(axis=(0, 1)) & truth.any(axis=(0, 1))
    assert rows.sum() > 150
    assert dice(found[:, :, rows], truth[:, :, rows]) >= 0.92
