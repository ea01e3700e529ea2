"""What ingest found of a series is seen in the tables that rest on it."""

from features.case_building import build_case
from mri.geometry import Geometry
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from segmentation.annotation import Annotation

ID = StudyId(participant="p1", session="01")
GRID = Geometry(shape=(4, 4, 4), origin_mm=(0, 0, 0), spacing_mm=(1, 1, 1), axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def test_flags_of_any_series_are_flags_of_the_case() -> None:
    """A series that may lack slices is told once, on whatever series a lesion was drawn."""
    series = tuple(
        Series(
            study=ID,
            acquisition="sagT2",
            suffix="T2w",
            weighting=Weighting.T2,
            plane=Plane.SAGITTAL,
            contrast=Contrast.NO,
            geometry=GRID,
            run=run,
            flags=flags,
        )
        for run, flags in ((1, ()), (2, ("possibly_incomplete",)), (3, ("possibly_incomplete",)))
    )
    case = build_case(Study(id=ID, series=series), Annotation(study=ID, author="AB"), None)
    assert case.flags == ("possibly_incomplete",)
