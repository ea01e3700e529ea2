"""Rigid transforms between the frames of reference of one session: read, found by registration, written, followed.

Each belongs to two series, one of either frame, and holds for every series of its frame: within one frame of reference
there is no transform (CONTRACT). Between frames without one nothing is measured.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mri.bids import StudyFolder
from mri.geometry import FloatArray, Geometry
from mri.problems import Problem, RefusedError, note, warning
from mri.register import METHOD, RigidTransform, read_transform, register_both_ways, write_transform
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import Volume
from segmentation.parameters import FrameLinkParameters

Matrix = tuple[tuple[float, ...], ...]
NOT_LINKED = "frames_not_registered"
_ENDING = "_mode-image_xfm.json"
_PLACES = 5
"""Places along each axis of a grid at which it is looked whether another holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLink:
    """A transform between two series of a session.

    Attributes
    ----------
    source, target : str
        `Series.entities` of the two.
    transform : RigidTransform
        Sends a point of the source to where the same tissue lies in the target, LPS mm.
    """

    source: str
    target: str
    transform: RigidTransform

    @property
    def is_estimated(self) -> bool:
        """Whether this program found it; else a person gave it."""
        return self.transform.method == METHOD


def read_links(folder: StudyFolder, study: Study) -> tuple[tuple[FrameLink, ...], tuple[Problem, ...]]:
    """Return the transforms between series of a session that are kept with its readings, and what is wrong with any."""
    links: list[FrameLink] = []
    problems: list[Problem] = []
    known = {series.entities for series in study.series}
    for path in sorted(folder.readings(study.id).glob(f"{study.id}_from-*_to-*{_ENDING}")):
        source, target = _names(path, study.id)
        if source not in known or target not in known:
            # between sessions, or of a series that is no longer there
            continue
        try:
            links.append(FrameLink(source=source, target=target, transform=read_transform(path)))
        except RefusedError as refused:
            problems += refused.problems
    return tuple(links), tuple(problems)


def save_links(folder: StudyFolder, study: StudyId, links: Iterable[FrameLink]) -> None:
    """Write transforms, each whole or not at all."""
    for link in links:
        short = [name.removeprefix(f"{study}_") for name in (link.source, link.target)]
        path = folder.transform(study, *short)
        write_transform(path, link.transform, fixed=link.source, moving=link.target)


def remove_links(folder: StudyFolder, study: StudyId, links: Iterable[FrameLink]) -> None:
    """Remove the files of transforms that are found anew."""
    for link in links:
        short = [name.removeprefix(f"{study}_") for name in (link.source, link.target)]
        folder.transform(study, *short).unlink(missing_ok=True)


def find_links(
    study: Study,
    read: Callable[[Series], Volume],
    known: Sequence[FrameLink],
    parameters: FrameLinkParameters,
) -> tuple[tuple[FrameLink, ...], tuple[Problem, ...]]:
    """Register the frames of reference that no known transform leads from to the main one.

    Parameters
    ----------
    study : Study
    read : callable
        Gives the image of a series.
    known : sequence of FrameLink
    parameters : FrameLinkParameters

    Returns
    -------
    tuple of FrameLink
        Only those whose residual is small enough.
    tuple of Problem
        A note for each found, a warning for each frame that could not be registered.
    """
    main = main_series(study)
    if main is None:
        return (), ()
    found: list[FrameLink] = []
    problems: list[Problem] = []
    for frame in _other_frames(study, main):
        if any(series.entities in transforms_to(main, study.series, known) for series in frame):
            continue
        link, said = _register(frame, _of_frame(study, main.frame_of_reference), read, parameters)
        problems.append(said)
        if link is not None:
            found.append(link)
    return tuple(found), tuple(problems)


def main_series(study: Study) -> Series | None:
    """Return a series of the frame of reference that most sagittal T1 and T2 series have; None where none is stated."""
    stated = [series for series in study.series if series.frame_of_reference]
    names = sorted({series.frame_of_reference for series in stated})
    frames = [[series for series in stated if series.frame_of_reference == name] for name in names]
    largest = max(frames, key=lambda frame: sum(map(_shows_spine, frame)), default=None)
    return None if largest is None else min(largest, key=_order)


def transforms_to(start: Series, series: Iterable[Series], links: Sequence[FrameLink]) -> dict[str, Matrix]:
    """Return the transform of each series, by its entities, into the frame of one of them, where one leads there.

    A series of the same frame of reference has none, unless a transform stands between it and that series itself.
    """
    by_name = {one.entities: one for one in (*series, start)}
    reached: dict[str, FloatArray] = {start.entities: np.eye(4)}
    waiting = [start.entities]
    while waiting:
        name = waiting.pop(0)
        for other, matrix in (*_steps(name, links), *_same_frame(by_name[name], by_name.values())):
            if other in by_name and other not in reached:
                reached[other] = reached[name] @ matrix
                waiting.append(other)
    return {
        name: tuple(tuple(float(v) for v in row) for row in matrix)
        for name, matrix in reached.items()
        if by_name[name].frame_of_reference != start.frame_of_reference or not np.array_equal(matrix, np.eye(4))
    }


def in_main_frame(study: Study, links: Sequence[FrameLink]) -> Study:
    """Return a session with its series moved into the main frame of reference, where a transform leads there."""
    main = main_series(study)
    matrices = {} if main is None else transforms_to(main, study.series, links)
    frame = "" if main is None else main.frame_of_reference
    moved = [
        replace(one, geometry=moved_grid(one.geometry, matrices[one.entities]), frame_of_reference=frame)
        if one.entities in matrices
        else one
        for one in study.series
    ]
    return replace(study, series=tuple(moved))


def moved_grid(geometry: Geometry, matrix: Matrix) -> Geometry:
    """Return a grid after a rigid motion; no voxel changes."""
    return Geometry.from_affine(np.array(matrix) @ geometry.affine, geometry.shape)


def _names(path: Path, study: StudyId) -> tuple[str, str]:
    source, _, target = path.name.removesuffix(_ENDING).partition("_from-")[2].partition("_to-")
    return f"{study}_{source}", f"{study}_{target}"


def _steps(name: str, links: Sequence[FrameLink]) -> Iterator[tuple[str, FloatArray]]:
    """Yield each series that a transform joins to one, and the matrix that sends its points there."""
    for link in links:
        if link.source == name:
            yield link.target, link.transform.inverse.array
        if link.target == name:
            yield link.source, link.transform.array


def _same_frame(one: Series, series: Iterable[Series]) -> Iterator[tuple[str, FloatArray]]:
    for other in series:
        if one.frame_of_reference and other.frame_of_reference == one.frame_of_reference:
            yield other.entities, np.eye(4)


def _of_frame(study: Study, name: str) -> list[Series]:
    return [series for series in study.series if series.frame_of_reference == name]


def _other_frames(study: Study, main: Series) -> list[list[Series]]:
    names = sorted({series.frame_of_reference for series in study.series} - {"", main.frame_of_reference})
    return [_of_frame(study, name) for name in names]


def _shows_spine(series: Series) -> bool:
    is_long = series.plane in (Plane.SAGITTAL, Plane.ISOTROPIC)
    return is_long and series.weighting in (Weighting.T1, Weighting.T2)


def _order(series: Series) -> tuple[bool, str]:
    return not _shows_spine(series), series.name


def _register(
    frame: Sequence[Series],
    main: Sequence[Series],
    read: Callable[[Series], Volume],
    parameters: FrameLinkParameters,
) -> tuple[FrameLink | None, Problem]:
    """Register the two series, one of either frame, that are most alike."""
    source, target = min(((a, b) for a in frame for b in main), key=_unlike)
    mend = "register them by hand and write the transform beside the readings, or draw on series of one frame"
    if _shared(source.geometry, target.geometry) < parameters.least_shared:
        return None, warning(NOT_LINKED, source.name, f"another frame of reference that shows another place; {mend}")
    try:
        transform = register_both_ways(read(source), read(target))
    except RefusedError as refused:
        said = "; ".join(problem.message for problem in refused.problems)
        return None, warning(NOT_LINKED, source.name, f"another frame of reference, not registered: {said}; {mend}")
    residual = transform.residual_mm
    assert residual is not None  # estimated both ways
    if residual > parameters.most_residual_mm:
        message = f"another frame of reference; two registrations disagree by {residual:.1f} mm: {mend}"
        return None, warning(NOT_LINKED, source.name, message)
    message = f"another frame of reference, registered to {target.name}, residual {residual:.2f} mm: look at it"
    link = FrameLink(source=source.entities, target=target.entities, transform=transform)
    return link, note("registered_frames", source.name, message)


def _unlike(pair: tuple[Series, Series]) -> tuple[object, ...]:
    """Return by how much two series differ: by weighting, plane, shown part of the body, contrast."""
    one, other = pair
    return (
        one.weighting is not other.weighting,
        one.plane is not other.plane,
        -round(_shared(one.geometry, other.geometry), 1),
        (one.contrast is Contrast.YES) is not (other.contrast is Contrast.YES),
        one.name,
        other.name,
    )


def _shared(one: Geometry, other: Geometry) -> float:
    """Return the share of a grid that lies in another, as the scanner placed them."""
    index = np.stack(np.meshgrid(*[np.linspace(0, n - 1, _PLACES) for n in one.shape], indexing="ij"), axis=-1)
    return float(other.contains(one.to_world(index)).mean())
