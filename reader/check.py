"""What is wrong with what the reading page keeps: an altered log, and versions that wait for a decision."""

from collections.abc import Iterator
from pathlib import Path

from mri.bids import StudyFolder
from mri.problems import Problem, error, warning
from reader.audit import broken_lines


def reading_problems(folder: StudyFolder) -> Iterator[Problem]:
    """Yield each line of an audit log that does not fit the one before, and each version that did not go on."""
    for path in sorted(folder.readings_log.glob("desc-*_audit.jsonl")):
        for number in broken_lines(path):
            message = "does not fit the line before: one was altered or taken out; compare with a copy of the study"
            yield error("audit_altered", f"{path.name}, line {number}", message)
    for path in sorted((folder.readings_log / "conflicts").glob("*_conflict-*")):
        if not _is_current(folder, path):
            message = "two versions met, and this one did not go on; compare it with the other, then delete it"
            yield warning("version_refused", path.name, message)


def _is_current(folder: StudyFolder, kept: Path) -> bool:
    """Return whether what is kept is what the study holds: then nothing of it waits."""
    name, _, rest = kept.name.partition("_conflict-")
    _, dot, ending = rest.partition(".")
    content = kept.read_bytes()
    return any(path.read_bytes() == content for path in folder.readings_log.parent.rglob(f"{name}{dot}{ending}"))
