"""A study folder of one session with small images, for tests of what is imported and edited."""

from pathlib import Path

import numpy as np

from mri.bids import SCANS_COLUMNS, StudyFolder, describe_dataset, write_table
from mri.geometry import Geometry
from mri.nifti import write_volume
from mri.study import Study, StudyId
from mri.volume import Volume

STUDY = StudyId(participant="p1", session="01")


def sagittal_grid() -> Geometry:
    """Make an oblique sagittal grid: rows and columns of 1 mm, slices of 3 mm, axes in the order of a scanner."""
    angle = np.deg2rad(10)
    across = (np.cos(angle), np.sin(angle), 0.0)
    back = (-np.sin(angle), np.cos(angle), 0.0)
    return Geometry(
        shape=(24, 40, 7), origin_mm=(-10.0, -15.0, 30.0), spacing_mm=(1.0, 1.0, 3.0), axes=(back, (0, 0, -1.0), across)
    )


def axial_grid() -> Geometry:
    """Make an axial grid of other voxels in the same patient."""
    return Geometry(
        shape=(50, 50, 12),
        origin_mm=(-20.0, -25.0, -12.0),
        spacing_mm=(0.8, 0.8, 4.0),
        axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    )


def make_study(root: Path) -> tuple[StudyFolder, Study]:
    """Write a study with a sagittal and an axial T2 and a sagittal T1 after contrast, in one frame of reference."""
    folder = StudyFolder(root=root)
    describe_dataset(root, "test", derivative=False, ignored="")
    rows = []
    for name, grid, plane, weighting, contrast in (
        ("acq-sagCT2_T2w", sagittal_grid(), "sag", "T2", "no"),
        ("acq-axCT2_T2w", axial_grid(), "ax", "T2", "no"),
        ("acq-sagCT1_ce-gadolinium_T1w", sagittal_grid(), "sag", "T1", "yes"),
    ):
        path = folder.session(STUDY) / "anat" / f"{STUDY}_{name}.nii.gz"
        write_volume(path, Volume(array=np.zeros(grid.shape, dtype=np.int16), geometry=grid))
        rows.append(
            {"filename": f"anat/{path.name}", "weighting": weighting, "plane": plane, "contrast": contrast}
            | {"frame_of_reference": "F1"}
        )
    write_table(folder.scans_table(STUDY), SCANS_COLUMNS, rows)
    return folder, folder.load(STUDY)
