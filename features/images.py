"""The images of a case, looked up at points: each series is read once, and only if it is asked for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from features.case import Case
from features.parameters import FeatureParameters
from features.views import plane_of, rank, shows_length, shows_section
from mri.geometry import FloatArray
from mri.problems import Problem, RefusedError, error, warning
from mri.resample import sample
from mri.study import Contrast, Plane, Series, Weighting
from mri.volume import Volume

_Test = Callable[[Series], bool]
_FEW = 997
"""One voxel in so many tells most images from a blank one without looking at all; prime, so no column is met twice."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Images of one case in its frame.

    Attributes
    ----------
    case : Case
    parameters : FeatureParameters
    problems : list of Problem
        Images that could not be read or show nothing; grows as they are asked for.
    """

    case: Case
    parameters: FeatureParameters
    problems: list[Problem] = field(default_factory=list)
    _read: dict[str, Volume | None] = field(default_factory=dict)

    def volume(self, series: Series) -> Volume | None:
        """Return an image on its grid in the frame of the case; None where there is none or it cannot be read."""
        if series.name not in self._read:
            self._read[series.name] = self._load(series)
        return self._read[series.name]

    def _load(self, series: Series) -> Volume | None:
        if self.case.volumes is None or not self.case.is_placed(series):
            return None
        try:
            image = self.case.volumes(series)
            if image is None:
                return None
            if not image.geometry.same_grid(series.geometry):
                mend = "the image is not on the grid of its series; convert it anew"
                raise RefusedError(error("image_other_grid", series.name, mend))
        except RefusedError as refused:
            self.problems.extend(refused.problems)
            return None
        if _is_blank(image):
            mend = "every voxel has the same value, or none is a number; convert it anew"
            self.problems.append(warning("image_blank", series.name, mend))
            return None
        return Volume(array=image.array, geometry=self.case.geometry(series))

    def at(self, series: Series | None, points_mm: FloatArray) -> FloatArray:
        """Return the values, shape (n,), at LPS points (n, 3) of the case; NaN where the image does not reach."""
        volume = None if series is None else self.volume(series)
        if volume is None or not len(points_mm):
            return np.full(len(points_mm), np.nan)
        return sample(volume, points_mm)

    def t1_before(self, points_mm: FloatArray) -> Series | None:
        """Return the T1 before contrast that shows the points best."""
        return self._best(lambda s: s.weighting is Weighting.T1 and s.contrast is Contrast.NO, points_mm)

    def t1_after(self, points_mm: FloatArray) -> Series | None:
        """Return the sagittal or isotropic T1 after contrast that shows the points best."""

        def fits(s: Series) -> bool:
            return s.weighting is Weighting.T1 and s.contrast is Contrast.YES and shows_length(s, self.parameters)

        return self._best(fits, points_mm)

    def t2(self, points_mm: FloatArray) -> Series | None:
        """Return the T2 that shows the points best; never STIR."""
        return self._best(lambda s: s.weighting is Weighting.T2, points_mm)

    def gradient_echo(self, points_mm: FloatArray) -> Series | None:
        """Return the gradient echo that shows the points best."""
        return self._best(lambda s: s.weighting is Weighting.GRE, points_mm)

    def has(self, fits: _Test) -> bool:
        """Return whether the session has a series of a kind."""
        return any(fits(series) for series in self.case.every_series)

    def _best(self, fits: _Test, points_mm: FloatArray) -> Series | None:
        """Return the first by rank, sagittal or isotropic first, of the series that show nearly all the points."""
        placed = [s for s in self.case.every_series if fits(s) and self.case.is_placed(s)]
        shown = [s for s in placed if len(points_mm) and self._share(s, points_mm) >= self.least_share]
        return min(self._readable(shown), key=self._order, default=None)

    def _readable(self, series: Sequence[Series]) -> Iterable[Series]:
        """Yield the best series that can be read: the others are not opened."""
        for one in sorted(series, key=self._order):
            if self.volume(one) is not None:
                yield one
                return

    def _order(self, series: Series) -> tuple[int, tuple[bool, float, int, str]]:
        planes = (shows_length(series, self.parameters), shows_section(series, self.parameters))
        place = 0 if planes[0] else 1 if planes[1] else 2
        # an isotropic series is sagittal too; its finer spacing puts it first
        return (place if plane_of(series, self.parameters) is not Plane.CORONAL else 3), rank(series)

    def _share(self, series: Series, points_mm: FloatArray) -> float:
        return float(self.case.geometry(series).contains(points_mm).mean())

    @property
    def least_share(self) -> float:
        """Share of a lesion that a series must show."""
        return self.parameters.suggestions.least_shown_share


def _is_blank(image: Volume) -> bool:
    """Return whether an image shows nothing: one value throughout (what is not a number was read as 0)."""
    every = image.array.ravel(order="K")
    return bool(every.size and not np.ptp(every[::_FEW]) and not np.ptp(every))
