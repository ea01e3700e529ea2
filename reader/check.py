"""What is wrong with what the reading page keeps: an altered log, and versions that wait for a decision."""

from collections.abc import Iterator

from mri.bids import StudyFolder
from mri.problems import Problem, error, warning
from reader.audit import broken_lines


def reading_problems(folder: StudyFolder) -> Iterator[Problem]:
    """Yield each line of an audit log that does not fit the one before, and each version that was refused."""
    for path in sorted(folder.readings_log.glob("desc-*_audit.jsonl")):
        for number in broken_lines(path):
            message = "does not fit the line before: one was altered or taken out; compare with a copy of the study"
            yield error("audit_altered", f"{path.name}, line {number}", message)
    for path in sorted((folder.readings_log / "conflicts").glob("*_conflict-*")):
        message = "was sent to be saved over another version and is kept here; compare the two, then delete it"
        yield warning("version_refused", path.name, message)
