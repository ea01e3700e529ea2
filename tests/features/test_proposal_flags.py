"""What the program noted of its proposals reaches the tables, and nothing of it clings to a reader's work."""

from dataclasses import replace

import numpy as np
import pytest

from features.case_building import build_case
from features.measure import measure_case
from features.proposal_flags import cord_flags, lesion_flags
from mri.geometry import Geometry
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import LabelMap
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.regions import Region

STUDY = StudyId(participant="p1", session="01")
GRID = Geometry(
    shape=(20, 20, 100),
    origin_mm=(-9.5, -9.5, -49.5),
    spacing_mm=(1.0, 1.0, 1.0),
    axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
)
SERIES = Series(
    study=STUDY,
    acquisition="isoCT2",
    suffix="T2w",
    weighting=Weighting.T2,
    plane=Plane.ISOTROPIC,
    contrast=Contrast.NO,
    geometry=GRID,
    frame_of_reference="F1",
)
CORD_WARNINGS = ["low_centreline_score", "area_jump", "thick_slices_read_low"]
HOW_ONE_SERIES_WAS_SEARCHED = "post_contrast_only"
LESION_WARNINGS = {1: ["low_contrast", "touches_cord_edge"], 2: ["fov_cuts_lesion"]}


def drawn(region: Region, author: str) -> Mask:
    """Return a cord, or two lesions in it, with the warnings of a proposal in its provenance."""
    x, y, _ = GRID.to_world(np.moveaxis(np.indices(GRID.shape), 0, -1)).transpose(3, 0, 1, 2)
    array = (np.hypot(x, y) <= (6 if region is Region.CORD else 3)).astype(np.uint8)
    provenance: dict[str, object] = {"flags": [*CORD_WARNINGS, HOW_ONE_SERIES_WAS_SEARCHED]}
    if region is not Region.CORD:
        array[:, :, :20], array[:, :, 40:60], array[:, :, 80:] = 0, 0, 0
        array[:, :, 60:80] *= 2
        records = [{"lesion_id": k, "enhancing": [], "t2": [{"flags": LESION_WARNINGS[k]}]} for k in (1, 2)]
        provenance = {"numbering": "lesion_id", "lesions": records}
    return Mask(
        region=region,
        series=SERIES,
        labels=LabelMap(array=array, geometry=GRID),
        author=author,
        provenance=provenance,
    )


def flags_of(author: str, regions: tuple[Region, ...]) -> tuple[dict[int, set[str]], set[str]]:
    """Measure what an author drew, with the program's own as the rest; return the flags of lesions and patient."""
    auto = Annotation(study=STUDY, author=AUTO, masks=tuple(drawn(r, AUTO) for r in (Region.CORD, Region.T2HYPER)))
    own = Annotation(study=STUDY, author=author, masks=tuple(drawn(region, author) for region in regions))
    case = build_case(Study(id=STUDY, series=(SERIES,)), auto if author == AUTO else own, auto)
    measured = measure_case(case)
    lesions = {int(str(row["lesion_id"])): set(str(row["flags"]).split(";")) for row in measured.lesions}
    return lesions, set(str(measured.patient["flags"]).split(";"))


def test_every_warning_of_a_proposal_is_in_the_tables() -> None:
    """The cord's warnings stand at each lesion and the patient, a lesion's at that lesion and the patient."""
    lesions, patient = flags_of(AUTO, ())
    for number, own in LESION_WARNINGS.items():
        other = set(LESION_WARNINGS[3 - number])
        assert lesions[number] >= {*CORD_WARNINGS, *own}
        assert not lesions[number] & other
    assert patient >= {*CORD_WARNINGS, *LESION_WARNINGS[1], *LESION_WARNINGS[2]}
    assert HOW_ONE_SERIES_WAS_SEARCHED not in patient


def test_a_readers_own_masks_carry_none() -> None:
    """A reader who copied the proposal with its sidecar and corrected it has none of its warnings."""
    lesions, patient = flags_of("AB", (Region.CORD, Region.T2HYPER))
    every = {*CORD_WARNINGS, *LESION_WARNINGS[1], *LESION_WARNINGS[2]}
    assert not patient & every
    assert all(not flags & every for flags in lesions.values())


def test_a_borrowed_cord_brings_its_warnings() -> None:
    """Where the reader has no cord, the proposed one is used, and so are its warnings; the lesions are the reader's."""
    lesions, _ = flags_of("AB", (Region.T2HYPER,))
    assert lesions[1] >= {"cord_from_auto", *CORD_WARNINGS}
    assert not lesions[1] & set(LESION_WARNINGS[1])


@pytest.mark.parametrize("content", [None, "text", 3, [1, 2], [{"lesion_id": 1, "t2": "x"}], [{"t2": [{"flags": 5}]}]])
def test_an_odd_sidecar_says_nothing(content: object) -> None:
    """Whatever somebody wrote into a sidecar, reading it does not fail."""
    cord, lesion = drawn(Region.CORD, AUTO), drawn(Region.T2HYPER, AUTO)
    odd = (replace(cord, provenance={"flags": content}), replace(lesion, provenance={"lesions": content}))
    assert cord_flags(odd) == frozenset()
    assert lesion_flags(odd, 1) == frozenset()
