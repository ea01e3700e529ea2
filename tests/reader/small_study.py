"""A made study of two patients, one of them with a follow-up: a straight cord with one lesion on small grids."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mri.bids import SCANS_COLUMNS, StudyFolder, describe_dataset, write_table
from mri.geometry import Geometry, Vector
from mri.nifti import write_volume
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from segmentation.store import save_annotation

FIRST = StudyId(participant="P1", session="01")
FOLLOW_UP = StudyId(participant="P1", session="02")
OTHER = StudyId(participant="P2", session="01")
FRAME = "1.2.840.7"

CORD_AT_MM = (0.0, 20.0)
CORD_RADIUS_MM = 5.0
LESION_MM: Vector = (0.5, 20.0, 12.0)
LESION_RADII_MM = (3.0, 3.0, 9.0)
DISCS = DiscPoints(
    points={
        "C2-C3": (0.0, 10.0, 38.0),
        "C3-C4": (0.0, 10.0, 20.0),
        "C4-C5": (0.0, 10.0, 2.0),
        "C5-C6": (0.0, 10.0, -16.0),
    }
)
LEFT, RIGHT, BACK, DOWN, UP = (1.0, 0, 0), (-1.0, 0, 0), (0, 1.0, 0), (0, 0, -1.0), (0, 0, 1.0)


def turned(degrees_about_z: float, degrees_about_x: float) -> NDArray[np.float64]:
    """Return a rotation matrix."""
    z, x = np.deg2rad([degrees_about_z, degrees_about_x])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    return np.asarray(about_z @ about_x)


def grid(
    shape: tuple[int, int, int], spacing_mm: Vector, axes: tuple[Vector, Vector, Vector], turn: NDArray[np.float64]
) -> Geometry:
    """Return a grid around the cord whose axes are turned."""
    columns = (turn @ np.array(axes, dtype=float).T) * np.array(spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = columns
    affine[:3, 3] = np.array([*CORD_AT_MM, 10.0]) - columns @ ((np.array(shape) - 1) / 2)
    return Geometry.from_affine(affine, shape)


STRAIGHT = grid((9, 48, 60), (3.3, 1.5, 1.5), (LEFT, BACK, UP), turned(0, 0))
OBLIQUE = grid((9, 60, 48), (3.3, 1.5, 1.5), (RIGHT, DOWN, BACK), turned(11, 7))
PERMUTED = grid((44, 40, 20), (1.0, 1.0, 4.4), (BACK, LEFT, DOWN), turned(4, -6))
"""Straight, oblique, and with its axes in another order and of another sign."""


def series_of(study: StudyId) -> tuple[Series, ...]:
    """Return the series of a session."""

    def one(acq: str, suffix: str, weighting: Weighting, plane: Plane, contrast: Contrast, on: Geometry) -> Series:
        return Series(
            study=study,
            acquisition=acq,
            suffix=suffix,
            weighting=weighting,
            plane=plane,
            contrast=contrast,
            geometry=on,
            stations="C",
            frame_of_reference=FRAME,
            series_number=1,
        )

    return (
        one("axCT2", "T2w", Weighting.T2, Plane.AXIAL, Contrast.NO, PERMUTED),
        one("sagCT1", "T1w", Weighting.T1, Plane.SAGITTAL, Contrast.NO, STRAIGHT),
        one("sagCT1", "T1w", Weighting.T1, Plane.SAGITTAL, Contrast.YES, STRAIGHT),
        one("sagCT2", "T2w", Weighting.T2, Plane.SAGITTAL, Contrast.NO, OBLIQUE),
    )


def inside(geometry: Geometry, what: str) -> NDArray[np.bool_]:
    """Return the voxels of the cord or the lesion."""
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    if what == "cord":
        across = points[..., :2] - np.array(CORD_AT_MM)
        return np.asarray((across**2).sum(axis=-1) <= CORD_RADIUS_MM**2)
    return np.asarray((((points - np.array(LESION_MM)) / np.array(LESION_RADII_MM)) ** 2).sum(axis=-1) <= 1)


def image(series: Series) -> Volume:
    """Return a made image: noise, cord, a lesion that is bright on T2 and after contrast."""
    noise = np.random.default_rng(7).normal(0, 3, series.geometry.shape)
    bright_csf = series.weighting is Weighting.T2
    values = np.full(series.geometry.shape, 250.0 if bright_csf else 40.0) + noise
    values[inside(series.geometry, "cord")] = 100.0
    values += noise
    if bright_csf or series.contrast is Contrast.YES:
        values[inside(series.geometry, "lesion")] += 90.0
    return Volume(array=np.rint(np.clip(values, 0, None)).astype(np.int16), geometry=series.geometry)


def label_map(series: Series, what: str) -> LabelMap:
    """Return the true cord or lesion as a mask."""
    return LabelMap(array=inside(series.geometry, what).astype(np.uint8), geometry=series.geometry)


def make_study(root: Path, studies: tuple[StudyId, ...] = (FIRST, FOLLOW_UP, OTHER)) -> StudyFolder:
    """Write the study with its proposals; participant P1 has a follow-up."""
    folder = StudyFolder(root=root)
    describe_dataset(root, "made", derivative=False, ignored="")
    for study in studies:
        add_session(folder, study)
    for participant in {study.participant for study in studies}:
        own = sorted(study.session for study in studies if study.participant == participant)
        rows = [{"session_id": f"ses-{s}", "acq_time": f"20{10 + k}-01-01T00:00:00"} for k, s in enumerate(own)]
        write_table(folder.sessions_table(participant), ("session_id", "acq_time"), rows)
    return folder


def add_session(folder: StudyFolder, study: StudyId) -> None:
    """Write one session: images, their table, and what the program proposed."""
    every = series_of(study)
    for series in every:
        write_volume(folder.image(series), image(series))
    write_table(folder.scans_table(study), SCANS_COLUMNS, [row_of(series) for series in every])
    save_annotation(folder, proposal(study))


def proposal(study: StudyId) -> Annotation:
    """Return a proposal: cord on the sagittal series, lesion 1 on T2 and after contrast, discs."""
    masks = []
    for series in series_of(study):
        if series.plane is Plane.SAGITTAL and (series.weighting is Weighting.T2 or series.contrast is Contrast.YES):
            lesion = Region.T2HYPER if series.weighting is Weighting.T2 else Region.ENHANCING
            masks.append(Mask(region=Region.CORD, series=series, labels=label_map(series, "cord"), author=AUTO))
            masks.append(Mask(region=lesion, series=series, labels=label_map(series, "lesion"), author=AUTO))
    return Annotation(study=study, author=AUTO, masks=tuple(masks), discs=DISCS)


def loaded(folder: StudyFolder, study: StudyId) -> Study:
    """Return a session as the program reads it."""
    return folder.load(study)


def row_of(series: Series) -> dict[str, str]:
    """Return a series' row of the table of scans."""
    return {
        "filename": f"anat/{series.name}.nii.gz",
        "weighting": series.weighting.value,
        "plane": series.plane.value,
        "stations": series.stations,
        "contrast": series.contrast.value,
        "frame_of_reference": series.frame_of_reference,
        "series_number": "1",
    }
