"""The inputs of one case: what one author drew and said of one session, and which series there were."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from mri.geometry import Geometry
from mri.problems import RefusedError, error
from mri.study import Series, StudyId
from mri.volume import LabelMap, Volume
from segmentation.annotation import Mask
from segmentation.findings import Findings
from segmentation.levels import DiscPoints
from segmentation.regions import Region

Matrix = tuple[tuple[float, ...], ...]
"""Rows of a rigid 4×4 transform in LPS mm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Everything one session is measured from; of files only images are still to be read, and only if asked for.

    Attributes
    ----------
    study : StudyId
    author : str
        Whose annotation this is.
    masks : tuple of Mask
        Any regions, each on the grid of its series; some may come from another author (then with a flag).
    discs : DiscPoints or None
        Marked discs in LPS mm, in the frame of the cord mask.
    level_mask : LabelMap or None
        One integer per vertebra (C1 is 1, T1 is 8), used where there are no discs.
    findings : Findings or None
        What a reader said.
    series : tuple of Series
        All kept series of the session, also those nobody drew on.
    flags : tuple of str
        What is to be known of the choice of inputs, e.g. ``cord_from_auto``, ``discs_from_auto``.
    transforms : mapping of str to Matrix
        Rigid transform of a series, by `Series.entities`, into the frame of the cord mask.
    mri_date : date or None
        Day of the MRI, shifted.
    synthetic : bool or None
        Whether the patient is made up; None where nobody said.
    volumes : callable or None
        Gives the image of a series, or None where it is not there, for the suggested readings; None where there are
        masks only.

    Raises
    ------
    RefusedError
        If an author gives two masks of one structure on one series: their lesions would be counted twice.
    """

    study: StudyId
    author: str
    masks: tuple[Mask, ...] = ()
    discs: DiscPoints | None = None
    level_mask: LabelMap | None = None
    findings: Findings | None = None
    series: tuple[Series, ...] = ()
    flags: tuple[str, ...] = ()
    transforms: Mapping[str, Matrix] = field(default_factory=dict)
    mri_date: date | None = None
    synthetic: bool | None = None
    volumes: Callable[[Series], Volume | None] | None = None

    def __post_init__(self) -> None:
        drawn = Counter((mask.series.name, mask.region.value, mask.author) for mask in self.masks)
        twice = [key for key, times in drawn.items() if times > 1]
        if twice:
            mend = "given twice; join both, or number the lesions in one mask"
            raise RefusedError([error("mask_twice", f"{name}, {what} by {who}", mend) for name, what, who in twice])

    def of_region(self, region: Region) -> tuple[Mask, ...]:
        """Return the masks of one structure."""
        return tuple(mask for mask in self.masks if mask.region is region)

    @property
    def every_series(self) -> tuple[Series, ...]:
        """All series of the session and those that were drawn on, each once."""
        known = {series.name: series for series in (*self.series, *(mask.series for mask in self.masks))}
        return tuple(known.values())

    @property
    def frame_of_reference(self) -> str:
        """Frame of reference of the case: that of its cord masks, else of its first mask; empty if not stated."""
        stated = (mask.series.frame_of_reference for mask in (*self.of_region(Region.CORD), *self.masks))
        return next((frame for frame in stated if frame), "")

    def is_placed(self, series: Series) -> bool:
        """Return whether a series shares the frame of the case, or a transform leads to it."""
        frame = series.frame_of_reference
        return series.entities in self.transforms or not frame or frame == self.frame_of_reference

    def geometry(self, series: Series) -> Geometry:
        """Return the grid of a series in the frame of the case."""
        return self._moved(series.geometry, series)

    def mask_geometry(self, mask: Mask) -> Geometry:
        """Return the grid of a mask in the frame of the case."""
        return self._moved(mask.labels.geometry, mask.series)

    def _moved(self, geometry: Geometry, series: Series) -> Geometry:
        matrix = self.transforms.get(series.entities)
        if matrix is None:
            return geometry
        # a rigid move of the grid needs no resampling
        return Geometry.from_affine(np.array(matrix) @ geometry.affine, geometry.shape)
