"""The numbers of a read while it is made: the same functions as the command line, on what is saved now."""

import time
from collections.abc import Mapping
from typing import Any

from features.case import Case
from features.case_building import build_case
from features.frame import Frame, build_frame
from features.measure import measure_case
from features.sheet import study_sheet
from mri.problems import Problem, RefusedError
from mri.study import Series
from mri.volume import Volume
from reader.cases import OpenCase
from reader.room import Room
from reader.withheld import shown_lesion, shown_patient
from segmentation.frame_links import read_links
from segmentation.regions import Region
from segmentation.vocabulary import Scope, items


def case_of(room: Room, case: OpenCase) -> Case:
    """Return what a session is measured from: the reader's work, cord and discs from the proposals where they lack."""
    links, _ = read_links(room.folder, case.loaded)
    return build_case(
        case.loaded, room.own(case), room.auto(case), volumes=lambda series: _image(room, series), links=links
    )


def frame_of(room: Room, made: Case) -> Frame:
    """Return the frame of a case, kept while its cord and discs are the same: a stroke on a lesion changes neither.

    It takes half of the time that the numbers take. The masks are kept beside it: as long as they are, no other mask
    has their identity.
    """
    cords = made.of_region(Region.CORD)
    drawn_on = (made.frame_of_reference, repr(made.discs), repr(sorted(made.transforms.items())))
    key = ("frame", str(made.study), tuple(id(mask) for mask in cords), drawn_on)
    found, _ = room.memory.get(key, lambda: (build_frame(made, room.features), cords), lambda kept: _bytes(kept[0]))
    return found


def _bytes(frame: Frame) -> int:
    return sum(cord.index.nbytes + cord.points_mm.nbytes + cord.s_mm.nbytes for cord in frame.cords)


def numbers(room: Room, case: OpenCase) -> Mapping[str, object]:
    """Return the rows of lesions.csv and patients.csv of a session, with what the reader may not see left out."""
    began = time.perf_counter()
    made = case_of(room, case)
    problems: list[Problem] = []
    lesions: list[Mapping[str, object]] = []
    patient: Mapping[str, object] = {}
    protocol = room.protocol
    try:
        measured = measure_case(made, room.features, frame_of(room, made))
    except RefusedError as refused:
        problems += refused.problems
    else:
        problems += measured.problems
        rows = [(row, shown_lesion(row, _number(row), made.findings, protocol)) for row in measured.lesions]
        lesions = [shown for row, shown in rows if _number(row) is not None]
        hidden = any(row.get("t2_seg_frac") != shown.get("t2_seg_frac") for row, shown in rows)
        hidden |= any(row.get("enh_seg_frac") != shown.get("enh_seg_frac") for row, shown in rows)
        patient = shown_patient(measured.patient, protocol, levels_hidden=hidden)
    return {
        "lesions": lesions,
        "patient": patient,
        "problems": [problem.as_record() for problem in problems],
        "elapsed_ms": round((time.perf_counter() - began) * 1000, 1),
    }


def computed_sheet(room: Room, case: OpenCase) -> Mapping[str, Any]:
    """Return the items of the study sheet that the kept series answer themselves."""
    made = case_of(room, case)
    try:
        columns = study_sheet(made, frame_of(room, made), room.features).columns
    except RefusedError:
        return {}
    wanted = {entry.name for entry in items(Scope.STUDY_SHEET)}
    return {name: value for name, value in columns.items() if name in wanted and value not in (None, "")}


def _number(row: Mapping[str, object]) -> int | None:
    value = row.get("lesion_id")
    return None if value is None else int(str(value))


def _image(room: Room, series: Series) -> Volume | None:
    return room.volume(series)
