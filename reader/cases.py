"""Which sessions there are to read, under which opaque names, and in which order."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from mri.bids import StudyFolder, read_table
from mri.problems import Problem
from mri.study import Series, Study, StudyId
from reader.failures import refuse
from reader.memory import Stamp, stamp
from reader.parameters import ReadingParameters
from segmentation.annotation import AUTO


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A session in the worklist.

    Attributes
    ----------
    id : str
        ``c1``, ``c2`` …: what stands in URLs, so that no path is ever made of what a request says.
    study : StudyId
    place : int
        In the worklist, from 1.
    earlier : tuple of StudyId
        Sessions of the same participant before this one, the last one last.
    """

    id: str
    study: StudyId
    place: int
    earlier: tuple[StudyId, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenCase:
    """A session with its series as they were when it was opened.

    Attributes
    ----------
    listed : Listed
    loaded : Study
    series : mapping of str to Series
        ``s1``, ``s2`` …; a name stays with its series as long as the server runs.
    stamps : mapping of Path to Stamp
        Of the table of scans and the images: whether the study was changed meanwhile.
    proposals : mapping of Path to Stamp
        Of what the program had proposed then: nobody may approve what was not shown.
    problems : tuple of Problem
        Series that cannot be used.
    """

    listed: Listed
    loaded: Study
    series: Mapping[str, Series]
    stamps: Mapping[Path, Stamp | None]
    proposals: Mapping[Path, Stamp | None] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def study(self) -> StudyId:
        """The session."""
        return self.listed.study

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Name of a series to its id."""
        return {one.name: key for key, one in self.series.items()}

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, int, int]]:
        """Name of a series to its voxels."""
        return {one.name: one.geometry.shape for one in self.series.values()}

    def one(self, series: str) -> Series:
        """Return a series by its id.

        Raises
        ------
        RequestError
            404 if there is none.
        """
        found = self.series.get(series)
        if found is None:
            raise refuse(HTTPStatus.NOT_FOUND, "series_unknown", series, "no such series; open the case anew")
        return found


class Worklist:
    """The sessions of a study in the order in which one reader reads them.

    Parameters
    ----------
    folder : StudyFolder
    reader : str
    parameters : ReadingParameters
    """

    def __init__(self, folder: StudyFolder, reader: str, parameters: ReadingParameters) -> None:
        self._folder = folder
        studies = list(folder.studies())
        if parameters.order_seed is not None:
            random.Random(f"{parameters.order_seed}/{reader}").shuffle(studies)
        history = _history(folder, studies)
        self.all: Mapping[str, Listed] = {
            f"c{place}": Listed(id=f"c{place}", study=study, place=place, earlier=history[study])
            for place, study in enumerate(studies, start=1)
        }
        self._opened: dict[str, OpenCase] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def __iter__(self) -> Iterator[Listed]:
        return iter(self.all.values())

    def one(self, case: str) -> Listed:
        """Return a session by its id.

        Raises
        ------
        RequestError
            404 if there is none.
        """
        found = self.all.get(case)
        if found is None:
            raise refuse(HTTPStatus.NOT_FOUND, "case_unknown", case, "no such case; open the worklist anew")
        return found

    def of(self, study: StudyId) -> Listed | None:
        """Return the entry of a session."""
        return next((listed for listed in self if listed.study == study), None)

    def open(self, case: str, *, anew: bool = False) -> OpenCase:
        """Return a session with its series, read once, or anew where the page opens it.

        Raises
        ------
        RequestError
            404 if there is none; 409 if the study was changed since it was opened.
        RefusedError
            If its table of scans is gone.
        """
        listed = self.one(case)
        opened = self._opened.get(case)
        if opened is not None and not anew:
            self._check_unchanged(opened)
            return opened
        loaded, problems = self._folder.load_usable(listed.study)
        with self._lock:
            names = self._names.setdefault(case, {})
            for series in loaded.series:
                names.setdefault(series.name, f"s{len(names) + 1}")
        paths = [self._folder.scans_table(listed.study), *(self._folder.image(series) for series in loaded.series)]
        opened = OpenCase(
            listed=listed,
            loaded=loaded,
            series={names[series.name]: series for series in loaded.series},
            stamps={path: stamp(path) for path in paths},
            proposals=proposals(self._folder, listed.study),
            problems=problems,
        )
        self._opened[case] = opened
        return opened

    def _check_unchanged(self, opened: OpenCase) -> None:
        for path, before in opened.stamps.items():
            if stamp(path) != before:
                mend = "the study was changed while the case was open; open it anew, what you saved is kept"
                raise refuse(HTTPStatus.CONFLICT, "study_changed", path.name, mend)


def proposals(folder: StudyFolder, study: StudyId) -> dict[Path, Stamp | None]:
    """Return the stamps of what the program proposed of a session."""
    files = folder.readings(study).glob(f"*_desc-{AUTO}_*")
    return {path: stamp(path) for path in files if path.name.endswith(("_mask.nii.gz", "_discs.json"))}


def _history(folder: StudyFolder, studies: list[StudyId]) -> dict[StudyId, tuple[StudyId, ...]]:
    """Return the earlier sessions of each session; their order is in sessions.tsv, never in their number."""
    found: dict[StudyId, tuple[StudyId, ...]] = {}
    for participant in {study.participant for study in studies}:
        rank = _ranks(folder, participant)
        own = [study for study in studies if study.participant == participant]
        own.sort(key=lambda study: (rank.get(study.session, len(rank) + 1), study.session))
        found |= {study: tuple(own[:place]) for place, study in enumerate(own)}
    return found


def _ranks(folder: StudyFolder, participant: str) -> dict[str, int]:
    table = folder.sessions_table(participant)
    rows = read_table(table) if table.is_file() else []
    ordered = sorted(rows, key=lambda row: (row.get("acq_time", ""), row.get("session_id", "")))
    return {row.get("session_id", "").removeprefix("ses-"): place for place, row in enumerate(ordered)}
