"""Where the reading page keeps what is no annotation: audit log, progress of a read, earlier versions, conflicts."""

from dataclasses import dataclass
from pathlib import Path

from mri.bids import StudyFolder
from mri.study import StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The paths of one reader in one study.

    Attributes
    ----------
    folder : StudyFolder
    reader : str
    """

    folder: StudyFolder
    reader: str

    @property
    def audit(self) -> Path:
        """The reader's audit log."""
        return self.folder.readings_log / f"desc-{self.reader}_audit.jsonl"

    @property
    def conflicts(self) -> Path:
        """Folder of versions that came too late to be saved."""
        return self.folder.readings_log / "conflicts"

    def lock(self, study: StudyId) -> Path:
        """Return the file that one save holds."""
        return self.folder.readings_log / f"{study}_desc-{self.reader}.lock"

    def progress(self, study: StudyId) -> Path:
        """Return the file that says how far a read is."""
        return self.folder.readings_log / f"{study}_desc-{self.reader}_read.json"

    def version(self, study: StudyId, number: int) -> Path:
        """Return the folder of a signed read that was unlocked later."""
        return self.folder.readings_log / "versions" / f"{study}_desc-{self.reader}_read-{number}"
