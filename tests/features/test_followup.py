"""What became of lesions between two sessions of one participant."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from features import measure_case
from features.dictionary import validate_row
from features.followup import follow_up
from features.measure import CaseFeatures, failed_case
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from mri.study import Series, StudyId
from segmentation.findings import Answer, Findings
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import GD, STUDY, T2, Inside, case, cord_mask, discs, mask, sagittal_grid, series, t1_gd, tube

QUICK = FeatureParameters(intervals=False)


def visit(
    number: int, *drawn: Inside, on: Series = GD, answers: Mapping[int, str] | None = None, **changes: object
) -> CaseFeatures:
    """Measure a session, the sessions 100 days apart, with lesions drawn and perhaps read."""
    said = {k: {"followup_status": Answer(value=v, source="reader")} for k, v in (answers or {}).items()}
    findings = Findings(author="AB", state="in_work", lesions=said, patient={}) if said else None  # type: ignore[arg-type]
    given: dict[str, object] = {
        "study": StudyId(participant="P01", session=f"{number:02d}"),
        "mri_date": date(2020, 1, 1).replace(month=number),
        "findings": findings,
    }
    return measure_case(case([cord_mask(T2), mask(Region.ENHANCING, on, *drawn)], **(given | changes)), QUICK)


def compared(*visits: CaseFeatures, **changes: object) -> Sequence[CaseFeatures]:
    """Compare sessions and check that every row fits the dictionary."""
    done = follow_up(visits, parameters=QUICK, **changes)  # type: ignore[arg-type]
    for one in done:
        assert validate_row("patients", one.patient) == []
        assert all(validate_row("lesions", row) == [] for row in one.lesions)
    return done


def statuses(one: CaseFeatures) -> list[object]:
    """Return what became of each lesion."""
    return [row["followup_status"] for row in one.lesions]


FIRST = tube(5.2, 6.0, 3.0)


def test_a_new_lesion_is_found_and_dated() -> None:
    """A lesion at T3 that the first session does not have is new; the first session's row says when it is seen."""
    first, second = compared(visit(1, FIRST), visit(2, FIRST, tube(10.2, 10.8, 3.0)))
    assert statuses(second) == ["stable", "new"]
    row = first.patient
    assert (row["new_lesions_followup"], row["new_lesions_followup_n"]) == ("yes", 1)
    assert (row["new_lesions_followup_session"], row["new_lesions_followup_source"]) == ("02", "suggested")
    assert row["first_new_lesion_date"] == date(2020, 2, 1)
    assert (second.patient["followup_previous_session"], second.patient["followup_n_new"]) == ("01", 1)
    assert second.patient["new_lesions_followup"] == "no_followup_mri"
    assert second.lesions[0]["followup_status_source"] == "suggested"


def test_nothing_new_is_no() -> None:
    """The same lesion in both sessions: no additional one, and no date."""
    first, second = compared(visit(1, FIRST), visit(2, FIRST))
    assert (first.patient["new_lesions_followup"], first.patient["first_new_lesion_date"]) == ("no", None)
    assert second.lesions[0]["followup_previous_ids"] == "1"
    assert second.lesions[0]["followup_growth_mm"] == pytest.approx(0.0, abs=1e-9)


def test_one_session_is_no_follow_up() -> None:
    """A single session has no status of lesions, and says that there is no follow-up MRI."""
    (only,) = compared(visit(1, FIRST))
    assert statuses(only) == [None]
    assert only.patient["new_lesions_followup"] == "no_followup_mri"


@pytest.mark.parametrize(
    ("later", "status"),
    [((5.1, 6.3), "larger"), ((5.2, 6.05), "stable"), ((5.5, 6.0), "smaller"), ((5.28, 5.9), "stable")],
)
def test_growth(later: tuple[float, float], status: str) -> None:
    """Growth of 20 % and 3 mm is larger, −30 % and −3 mm smaller, anything between is stable; both are written."""
    row = compared(visit(1, FIRST), visit(2, tube(*later, 3.0)))[1].lesions[0]
    before, after = 16.0, (later[1] - later[0]) * 20.0
    assert row["followup_status"] == status
    assert row["followup_growth_mm"] == pytest.approx(after - before, abs=1.01)
    assert row["followup_growth_percent"] == pytest.approx(100 * (after - before) / before, abs=7)
    assert row["followup_measure"] == "enh_length_mm"


def test_a_short_lesion_that_doubles_by_two_millimetres_is_stable() -> None:
    """A share alone is no growth: 2 mm to 4 mm is within what drawing it again gives."""
    row = compared(visit(1, tube(5.2, 5.3, 3.0)), visit(2, tube(5.2, 5.4, 3.0)))[1].lesions[0]
    assert (row["followup_growth_percent"], row["followup_status"]) == (pytest.approx(100), "stable")


def test_a_lesion_that_is_gone_is_counted_and_named() -> None:
    """The place of lesion 2 is shown and empty: it is gone, and keeps no row of its own in the later session."""
    second = compared(visit(1, FIRST, tube(10.2, 10.8, 3.0)), visit(2, FIRST))[1]
    assert (second.patient["followup_n_gone"], second.patient["followup_gone_ids"]) == (1, "2")
    assert len(second.lesions) == 1


def test_two_lesions_merge() -> None:
    """One lesion over the places of two is merged; no growth of one of them is written."""
    row = compared(visit(1, tube(5.0, 5.6, 3), tube(6.0, 6.6, 3)), visit(2, tube(4.9, 6.7, 3)))[1].lesions[0]
    assert (row["followup_status"], row["followup_previous_ids"]) == ("merged", "1;2")
    assert row["followup_growth_mm"] is None


def test_a_lesion_splits() -> None:
    """Two lesions at the place of one are split, and neither is new."""
    first, second = compared(visit(1, tube(4.9, 6.7, 3)), visit(2, tube(5.0, 5.6, 3), tube(6.0, 6.6, 3)))
    assert statuses(second) == ["split", "split"]
    assert first.patient["new_lesions_followup"] == "no"


def test_neighbours_that_grow_do_not_merge() -> None:
    """Lesions near each other that grow towards each other stay two: a little overlap is no merging."""
    second = compared(visit(1, tube(5, 6, 3), tube(6.2, 7, 3)), visit(2, tube(5, 6.3, 3), tube(6.4, 7.1, 3)))[1]
    assert [row["followup_previous_ids"] for row in second.lesions] == ["1", "2"]


def test_lesions_side_by_side_are_told_apart() -> None:
    """At one level, 10 mm apart across the cord: the left one is the old, the right one is new."""
    left, right = tube(5, 6, 1.5, centre=(4.95, 0.0)), tube(5, 6, 1.5, centre=(-4.95, 0.0))
    second = compared(visit(1, left), visit(2, left, right))[1]
    by_previous = {row["followup_previous_ids"]: row["followup_status"] for row in second.lesions}
    assert by_previous == {"1": "stable", None: "new"}


def test_what_was_not_shown_before_is_not_new() -> None:
    """A lesion where the first session has no image is neither new nor known: the answer is missing, with a flag."""
    short = t1_gd(sagittal_grid(4.0, 8.0))
    first, second = compared(visit(1, FIRST, on=short), visit(2, FIRST, tube(10.2, 10.8, 3.0)))
    assert statuses(second) == ["stable", None]
    assert first.patient["new_lesions_followup"] is None
    assert "followup_not_told" in str(second.patient["flags"]).split(";")


def test_what_is_not_shown_later_is_not_gone() -> None:
    """A lesion outside the later images is not gone."""
    short = t1_gd(sagittal_grid(4.0, 8.0))
    second = compared(visit(1, FIRST, tube(10.2, 10.8, 3.0)), visit(2, FIRST, on=short))[1]
    assert second.patient["followup_n_gone"] == 0


def test_without_levels_nothing_is_told() -> None:
    """Without discs and without a registration no lesion is matched, none is called new and none gone."""
    first, second = compared(visit(1, FIRST, discs=None), visit(2, FIRST, tube(10.2, 10.8, 3.0), discs=None))
    assert statuses(second) == [None, None]
    assert (first.patient["new_lesions_followup"], second.patient["followup_n_gone"]) == (None, 0)


def test_the_readers_word_wins() -> None:
    """A reader calls the one at T3 stable and the other new: the patient's answer follows the reader."""
    read = {1: "new", 2: "stable"}
    first, second = compared(visit(1, FIRST), visit(2, FIRST, tube(10.2, 10.8, 3.0), answers=read))
    assert statuses(second) == ["new", "stable"]
    assert (first.patient["new_lesions_followup_n"], first.patient["new_lesions_followup_source"]) == (1, "reader")


def test_the_readers_answer_on_the_patient_wins() -> None:
    """A reader's no stands against a computed new lesion, with its source, and there is no date."""
    said = {"new_lesions_followup": Answer(value="no", source="reader")}
    findings = Findings(author="AB", state="in_work", lesions={}, patient=said)  # type: ignore[arg-type]
    row = compared(visit(1, FIRST, findings=findings), visit(2, FIRST, tube(10.2, 10.8, 3.0)))[0].patient
    assert (row["new_lesions_followup"], row["new_lesions_followup_source"]) == ("no", "reader")
    assert row["first_new_lesion_date"] is None


def test_a_lesion_that_comes_back_is_not_additional() -> None:
    """Seen first, gone at the second session, back at the third: new since the second, not additional to the first."""
    visits = [visit(1, FIRST, tube(10.2, 10.8, 3.0)), visit(2, FIRST), visit(3, FIRST, tube(10.2, 10.8, 3.0))]
    first, second, third = compared(*visits)
    assert statuses(third) == ["stable", "new"]
    assert (first.patient["new_lesions_followup"], second.patient["new_lesions_followup"]) == ("no", "yes")


def test_the_order_is_by_date() -> None:
    """Sessions are compared in time, however they are numbered or given; each keeps its place in the list."""
    late = visit(2, FIRST, tube(10.2, 10.8, 3.0), mri_date=date(2019, 1, 1))
    early, later = compared(visit(1, FIRST), late)
    assert later.patient["new_lesions_followup"] == "no"
    assert early.patient["followup_gone_ids"] == "2"


def test_a_missing_date_is_said() -> None:
    """Without its day a session cannot be put in order: nothing is compared, and a flag says so."""
    first, _ = compared(visit(1, FIRST), visit(2, FIRST, mri_date=None))
    assert "followup_order_unknown" in str(first.patient["flags"])
    assert first.patient["new_lesions_followup"] is None


def test_a_session_that_failed_is_passed_over() -> None:
    """The third session is set beside the first; whether there is nothing new is not sure without the second."""
    failed = failed_case(
        StudyId(participant="P01", session="02"), author="AB", status="failed", error="x", mri_date=date(2020, 2, 1)
    )
    first, second, third = compared(visit(1, FIRST), failed, visit(3, FIRST))
    assert third.patient["followup_previous_session"] == "01"
    assert (first.patient["new_lesions_followup"], second.patient["status"]) == (None, "failed")


def test_a_lesion_of_the_cauda_equina_is_not_new() -> None:
    """What is no intramedullary metastasis by the reader's word is no additional one."""
    leptomeningeal = {2: {"lesion_origin": Answer(value="possibly_leptomeningeal", source="reader")}}
    findings = Findings(author="AB", state="in_work", lesions=leptomeningeal, patient={})  # type: ignore[arg-type]
    second = visit(2, FIRST, tube(10.2, 10.8, 3.0), findings=findings)
    assert compared(visit(1, FIRST), second)[0].patient["new_lesions_followup"] == "no"


def test_other_authors_are_flagged() -> None:
    """A reader's session beside the program's: two ways of drawing are no growth without a warning."""
    second = compared(visit(1, FIRST), visit(2, FIRST, author="auto"))[1]
    assert "followup_authors_differ" in str(second.patient["flags"]).split(";")


def test_a_registration_matches_where_the_discs_are_wrong() -> None:
    """Discs named one level off put lesions at other levels; a transform of the patient's shift and turn tells more."""
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xz", (4, 3), degrees=True).as_matrix()
    turn[:3, 3] = (3.0, -5.0, 12.0)
    moved = [series(on_moved(T2.geometry, turn)), t1_gd(on_moved(GD.geometry, turn))]
    small = tube(5.2, 5.8, 3.0)
    drawn = [cord_mask(T2), mask(Region.ENHANCING, GD, small, tube(7.2, 7.8, 3.0))]
    there = [
        replace(one, series=on, labels=replace(one.labels, geometry=on.geometry))
        for one, on in zip(drawn, moved, strict=True)
    ]
    points = {n: tuple(turn[:3, :3] @ np.array(p) + turn[:3, 3]) for n, p in discs(last=21).points.items()}
    names = list(points)
    shifted = DiscPoints(points=dict(zip(names[1:], list(points.values())[:-1], strict=True)))
    second = measure_case(
        case(there, study=replace(STUDY, session="02"), mri_date=date(2020, 2, 1), discs=shifted), QUICK
    )
    wrong = compared(visit(1, small), second)[1]
    right = compared(visit(1, small), second, transforms={("01", "02"): tuple(map(tuple, turn))})[1]
    assert wrong.lesions[0]["followup_status"] == "new"
    assert [row["followup_previous_ids"] for row in right.lesions] == ["1", None]
    assert statuses(right) == ["stable", "new"]


def on_moved(geometry: Geometry, matrix: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Geometry:
    """Return a grid moved with the patient."""
    return Geometry.from_affine(matrix @ geometry.affine, geometry.shape)
