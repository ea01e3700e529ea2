"""The sessions of a study folder set beside each other, on the planted truth of a followed-up patient."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.measure import failed_case
from mri.bids import StudyFolder, read_table
from mri.ingest import ingest
from mri.register import identity, write_transform
from mri.study import Plane, StudyId
from pipeline.compare import read_truths
from pipeline.config import Config
from pipeline.flow import StepResult, Workers, measure_all
from pipeline.planted import PLANTED, save_planted
from pipeline.sessions import compare_sessions

SCANS = Path(__file__).resolve().parents[2] / "sample_scans"
PATIENT, FIRST, SECOND = "sample04", "01", "02"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Take in the patient with two sessions and annotate both with what was planted."""
    folder = StudyFolder(root=tmp_path_factory.mktemp("followed") / "study")
    ingest(SCANS / "dicom" / "case04", folder, ids=SCANS / "ids.csv")
    truths = read_truths(SCANS / "truth")
    for study in map(folder.load, folder.studies()):
        # the length along the cord is measured on sagittal series alone
        sagittal = replace(study, series=tuple(s for s in study.series if s.plane is Plane.SAGITTAL))
        save_planted(folder, sagittal, truths[study.id.participant, study.id.session])
    return folder


def measured(folder: StudyFolder) -> StepResult:
    """Measure the planted annotations."""
    return measure_all(folder, folder.studies(), Config(), Workers(), lambda _: None, author=PLANTED)


def rows(folder: StudyFolder, table: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return read_table(folder.features(PLANTED) / f"{table}.csv")


def test_the_planted_new_lesion_is_found(followed: StudyFolder) -> None:
    """C5 has grown from 0.75 to 1.05 levels, T3 is new; the first session says so, with session and day."""
    measured(followed)
    lesions = [(row["session_id"], row["followup_status"]) for row in rows(followed, "lesions")]
    assert lesions == [(FIRST, ""), (SECOND, "larger"), (SECOND, "new")]
    first, second = rows(followed, "patients")
    assert (first["new_lesions_followup"], first["new_lesions_followup_n"]) == ("yes", "1")
    assert (first["new_lesions_followup_session"], first["first_new_lesion_date"]) == (SECOND, second["mri_date"])
    assert second["new_lesions_followup"] == "no_followup_mri"


def test_growth_is_the_planted_one(followed: StudyFolder) -> None:
    """Growth in mm is the difference of the planted lengths within a voxel at each end of each."""
    measured(followed)
    truths = read_truths(SCANS / "truth")
    before, after = (truths[PATIENT, session]["lesions"][0]["enh"]["length_mm"] for session in (FIRST, SECOND))
    grown = rows(followed, "lesions")[1]
    assert float(grown["followup_growth_mm"]) == pytest.approx(after - before, abs=1.5)
    assert float(grown["followup_growth_percent"]) == pytest.approx(100 * (after - before) / before, abs=10)


def test_a_transform_file_is_used_and_a_damaged_one_is_named(followed: StudyFolder) -> None:
    """With the transform of a registration that failed nothing is at its place; a damaged file is a problem."""
    later = StudyId(participant=PATIENT, session=SECOND)
    path = followed.transform(later, f"ses{FIRST}", f"ses{SECOND}")
    far = np.eye(4)
    far[2, 3] = 500.0
    wrong = type(identity())(matrix=tuple(tuple(float(x) for x in row) for row in far), method="test")
    write_transform(path, wrong, fixed=FIRST, moving=SECOND)
    assert measured(followed).problems == ()
    assert [row["followup_status"] for row in rows(followed, "lesions")[1:]] == ["new", "new"]
    path.write_text("{", encoding="utf-8")
    problems = measured(followed).problems
    path.unlink()
    assert [(p.study, p.step) for p in problems] == [(later, "measure")]
    assert [row["followup_status"] for row in rows(followed, "lesions")[1:]] == ["larger", "new"]


def test_participants_are_not_mixed(followed: StudyFolder) -> None:
    """Each session is compared with its own participant's only, and the order given is kept."""
    ids = [StudyId(participant=f"P{k}", session=f"{n:02d}") for n in (1, 2) for k in (2, 1)]
    cases = [failed_case(study, author="auto", status="failed", error="x") for study in ids]
    done, problems = compare_sessions(followed, cases, Config().features)
    assert [(c.patient["participant_id"], c.patient["session_id"]) for c in done] == [
        (study.participant, study.session) for study in ids
    ]
    assert problems == []
