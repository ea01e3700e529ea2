"""problems.csv keeps what other steps and other sessions said."""

from pathlib import Path

from mri.bids import StudyFolder, read_table
from mri.problems import error, warning
from mri.study import StudyId
from pipeline.problem_table import StepProblem, record_problems

ONE, TWO = StudyId(participant="p1", session="01"), StudyId(participant="p2", session="01")


def said(step: str, study: StudyId, code: str) -> StepProblem:
    """Return a problem of a session."""
    return StepProblem(study=study, step=step, problem=warning(code, str(study), "look at it"))


def codes(folder: StudyFolder) -> set[str]:
    """Return the codes in problems.csv."""
    return {row["code"] for row in read_table(folder.features() / "problems.csv")}


def test_a_step_replaces_only_its_own_rows(tmp_path: Path) -> None:
    """Measuring again leaves what ingest and propose said."""
    folder = StudyFolder(root=tmp_path)
    record_problems(folder, "ingest", [said("ingest", ONE, "a")])
    record_problems(folder, "measure", [said("measure", ONE, "b")])
    record_problems(folder, "measure", [said("measure", ONE, "c")])
    assert codes(folder) == {"a", "c"}


def test_sessions_that_were_not_worked_on_stay(tmp_path: Path) -> None:
    """One participant done again does not clear another's problems."""
    folder = StudyFolder(root=tmp_path)
    record_problems(folder, "propose", [said("propose", ONE, "a"), said("propose", TWO, "b")])
    record_problems(folder, "propose", [], [ONE])
    assert codes(folder) == {"b"}


def test_the_session_is_told_from_where() -> None:
    """A problem of ingest that names its session gets participant and session of its own."""
    named = StepProblem.of("ingest", error("slice_missing", "sub-p1_ses-01 series 3 (abc)", "export it again"))
    assert (named.as_record()["participant_id"], named.as_record()["session_id"]) == ("p1", "01")
    assert StepProblem.of("ingest", error("no_image", "readme.txt", "set aside")).study is None
