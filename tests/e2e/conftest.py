"""One run of the main job on the sample scans, shared by the tests that look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mri.bids import StudyFolder, read_table
from pipeline.compare import read_truths
from pipeline.config import Config
from pipeline.executors import ExecutorKind
from pipeline.flow import Workers
from pipeline.run import RunOptions, RunResult, run_all

SCANS = Path(__file__).resolve().parents[2] / "sample_scans"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRun:
    """The study that ``iscm run`` made of the four sample patients, and what was planted in them."""

    folder: StudyFolder
    result: RunResult
    truths: Mapping[tuple[str, str], Mapping[str, Any]]

    def table(self, name: str, author: str | None = None) -> list[dict[str, str]]:
        """Return the rows of lesions.csv or patients.csv."""
        return read_table(self.folder.features(author) / f"{name}.csv")


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """Run everything on the committed sample scans, once."""
    root = tmp_path_factory.mktemp("sample") / "study"
    options = RunOptions(
        clinical=SCANS / "clinical.csv",
        ids=SCANS / "ids.csv",
        workers=Workers(kind=ExecutorKind.PROCESSES, jobs=2),
    )
    result = run_all(SCANS / "dicom", root, Config(), options)
    return SampleRun(folder=StudyFolder(root=root), result=result, truths=read_truths(SCANS / "truth"))
