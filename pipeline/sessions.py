"""The sessions of each participant set beside each other, once all are measured."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from mri.bids import StudyFolder
from mri.problems import Problem, RefusedError
from mri.study import StudyId

if TYPE_CHECKING:
    from features.case import Matrix
    from features.measure import CaseFeatures
    from features.parameters import FeatureParameters


def compare_sessions(
    folder: StudyFolder, measured: Sequence["CaseFeatures"], parameters: "FeatureParameters"
) -> "tuple[list[CaseFeatures], list[tuple[StudyId, Problem]]]":
    """Compare each participant's sessions; return them in the order given, and what was wrong with a transform.

    Parameters
    ----------
    folder : StudyFolder
        Its readings may hold a transform ``from-ses<earlier>_to-ses<later>`` beside the later session, which sends
        points of the earlier one to the later one; without it lesions are matched along the level scale.
    measured : sequence of CaseFeatures
        All measured sessions of every participant that is among them.
    parameters : FeatureParameters
    """
    from features.followup import follow_up

    problems: list[tuple[StudyId, Problem]] = []
    done: dict[StudyId, CaseFeatures] = {}
    for participant in dict.fromkeys(study_of(case).participant for case in measured):
        sessions = [case for case in measured if study_of(case).participant == participant]
        transforms = _transforms(folder, [study_of(case) for case in sessions], problems)
        compared = follow_up(sessions, transforms, parameters)
        done |= {study_of(case): case for case in compared}
    return [done[study_of(case)] for case in measured], problems


def study_of(case: "CaseFeatures") -> StudyId:
    """Return whose session it is."""
    return StudyId(participant=str(case.patient["participant_id"]), session=str(case.patient["session_id"]))


def _transforms(
    folder: StudyFolder, studies: Sequence[StudyId], problems: list[tuple[StudyId, Problem]]
) -> "dict[tuple[str, str], Matrix]":
    from mri.register import read_transform

    found: dict[tuple[str, str], Matrix] = {}
    for one, other in combinations(studies, 2):
        for earlier, later in ((one, other), (other, one)):
            path = folder.transform(later, f"ses{earlier.session}", f"ses{later.session}")
            if not path.is_file():
                continue
            try:
                found[earlier.session, later.session] = read_transform(path).matrix
            except RefusedError as refused:
                problems += [(later, problem) for problem in refused.problems]
    return found
