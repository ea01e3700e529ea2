"""The reading room: one reader at one study, with what is kept in memory between requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from features.parameters import FeatureParameters
from mri.bids import StudyFolder
from mri.nifti import read_volume
from mri.problems import Problem, RefusedError
from mri.study import Series, StudyId
from mri.volume import Volume
from reader.audit import AuditLog
from reader.cases import OpenCase, Worklist
from reader.memory import Memory, stamp
from reader.parameters import ReadingParameters
from reader.places import Places
from reader.shelf import Shelf
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.disc_files import parse_discs, read_json
from segmentation.findings import Findings, parse_findings
from segmentation.levels import DiscPoints
from segmentation.parameters import SegmentationParameters
from segmentation.regions import Region
from segmentation.store import load_mask

_SMALL = 1
"""Size in bytes of what is not worth counting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The parameters of what the page does: its own, and those of the functions it shares with the command line."""

    reading: ReadingParameters = field(default_factory=ReadingParameters)
    segmentation: SegmentationParameters = field(default_factory=SegmentationParameters)
    features: FeatureParameters = field(default_factory=FeatureParameters)


class Room:
    """One reader at one study.

    Parameters
    ----------
    folder : StudyFolder
    reader : str
    settings : Settings
    """

    def __init__(self, folder: StudyFolder, reader: str, settings: Settings | None = None) -> None:
        self.folder, self.reader = folder, reader
        self.settings = settings or Settings()
        # a range for each number is for the tables; while drawing it would take too long
        self.features = replace(self.settings.features, intervals=False)
        self.places = Places(folder=folder, reader=reader)
        wait_s = self.protocol.lock_wait_s
        self.log = AuditLog(self.places.audit, wait_s)
        self.shelf = Shelf(self.places, self.log, wait_s)
        self.memory = Memory(self.protocol.cache_bytes)
        self.worklist = Worklist(folder, reader, self.protocol)

    @property
    def protocol(self) -> ReadingParameters:
        """How the study is read."""
        return self.settings.reading

    def volume(self, series: Series) -> Volume:
        """Return the image of a series, kept in memory.

        Raises
        ------
        RefusedError
            If it cannot be read.
        """
        path = self.folder.image(series)
        return self.memory.get(("image", path, stamp(path)), lambda: read_volume(path), lambda v: v.array.nbytes)

    def annotation(self, case: OpenCase, author: str) -> Annotation:
        """Return what an author has drawn and said; what cannot be read is among its problems."""
        problems: list[Problem] = []
        return Annotation(
            study=case.study,
            author=author,
            masks=tuple(self._masks(case, author, problems)),
            discs=self.discs(case.study, author, problems),
            findings=self.findings(case.study, author, problems),
            problems=tuple(problems),
        )

    def own(self, case: OpenCase) -> Annotation:
        """Return what the reader has drawn and said."""
        return self.annotation(case, self.reader)

    def auto(self, case: OpenCase) -> Annotation:
        """Return what the program proposed."""
        return self.annotation(case, AUTO)

    def mask(self, series: Series, region: Region, author: str) -> Mask | None:
        """Return one mask, kept in memory, or None where it is not drawn.

        Raises
        ------
        RefusedError
            If it cannot be read.
        """
        path = self.folder.mask(series, region.value, author)
        known = stamp(path)
        if known is None:
            return None
        return self.memory.get(
            ("mask", path, known), lambda: load_mask(path, series, region, author), lambda m: m.labels.array.nbytes
        )

    def discs(self, study: StudyId, author: str, problems: list[Problem]) -> DiscPoints | None:
        """Return the discs of an author; what is wrong with them is added to the problems."""
        path = self.folder.discs(study, author)
        try:
            return parse_discs(read_json(path), path.name) if path.is_file() else None
        except RefusedError as refused:
            problems += refused.problems
            return None

    def findings(self, study: StudyId, author: str, problems: list[Problem]) -> Findings | None:
        """Return the findings of an author; what is wrong with them is added to the problems."""
        path = self.folder.findings(study, author)
        try:
            return parse_findings(read_json(path), path.name) if path.is_file() else None
        except RefusedError as refused:
            problems += refused.problems
            return None

    def window(self, series: Series) -> tuple[float, float]:
        """Return the intensities between which a series is shown at first.

        Raises
        ------
        RefusedError
            If its image cannot be read.
        """
        path = self.folder.image(series)
        return self.memory.get(("window", path, stamp(path)), lambda: _window(self.volume(series)), lambda _: _SMALL)

    def _masks(self, case: OpenCase, author: str, problems: list[Problem]) -> Sequence[Mask]:
        found = []
        for series in case.loaded.series:
            for region in Region:
                try:
                    mask = self.mask(series, region, author)
                except RefusedError as refused:
                    problems += refused.problems
                    continue
                if mask is not None:
                    found.append(mask)
        return found


_WINDOW_PERCENTILES = (1.0, 99.5)
"""Air below and the brightest vessels and fat above are cut off."""
_WINDOW_STEP = 3
"""Every third voxel tells the percentiles as well as all."""


def _window(volume: Volume) -> tuple[float, float]:
    some = volume.array[::_WINDOW_STEP, ::_WINDOW_STEP, ::_WINDOW_STEP]
    known = some[np.isfinite(some)]
    low, high = np.percentile(known, _WINDOW_PERCENTILES) if known.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-6))


def read_masks(annotation: Annotation) -> Mapping[tuple[str, Region], Mask]:
    """Return the masks of an annotation by the name of their series and their region."""
    return {(mask.series.name, mask.region): mask for mask in annotation.masks}
