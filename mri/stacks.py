"""Files to stacks: slices of one series with one matrix, one direction and one echo, and whether they make a volume."""

import filecmp
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mri.geometry import FloatArray, Geometry
from mri.headers import ImageHeader
from mri.multiframe import volumes_of
from mri.parameters import MriParameters
from mri.pixels import FAULTS
from mri.problems import RefusedError, error
from mri.splitting import split
from mri.tags import Frame

NORMAL_EVIDENCE = 4
"""Decimals of direction cosines that name a stack."""
_UIDS = 5
"""Parts of a name before the matrix."""
_FEWEST_BESIDE_A_STRAY = 3
"""A pair of slices of two kinds is no series with one odd slice."""
_ALIKE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "matrix_varies": (("Rows", "Columns"), "a slice has another matrix than the rest; send the original series"),
    "rescale_varies": (
        ("RescaleSlope", "RescaleIntercept"),
        "slices are scaled differently, so their values do not compare; export anew",
    ),
    "pixels_vary": (
        ("BitsAllocated", "PixelRepresentation", "PhotometricInterpretation", "SamplesPerPixel"),
        "slices store their values differently, so they do not compare; export anew",
    ),
}
"""What every slice of a stack must have in common, under the code that tells where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Image files that are converted together.

    Attributes
    ----------
    headers : tuple of ImageHeader
        In the order of the scan, never empty.
    name : str
        What tells this stack from others of the patient: UIDs, number, matrix, direction, echo. Never shown; hash it.
    orientations : int
        Number of directions that the series has in all its stacks.
    time_points : int
        Number of volumes that the series has at this place.
    part : str
        Which part of a series of several volumes this is; empty for a series that is one.
    """

    headers: tuple[ImageHeader, ...]
    name: str
    orientations: int = 1
    time_points: int = 1
    part: str = ""

    @property
    def first(self) -> ImageHeader:
        """The header that stands for the series."""
        return self.headers[0]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Every slice of the stack."""
        return tuple(frame for header in self.headers for frame in header.frames)


def group(headers: Iterable[ImageHeader], parameters: MriParameters) -> tuple[Stack, ...]:
    """Sort headers into stacks, in the order in which each was first met."""
    series: dict[tuple[str, ...], list[ImageHeader]] = {}
    for header in headers:
        for volume in volumes_of(header, parameters):
            series.setdefault(_series_of(volume), []).append(volume)
    stacks: list[Stack] = []
    for names, members in series.items():
        clusters = _by_orientation(members, parameters.orientation_tolerance)
        for cluster in clusters:
            for matrix in _by_matrix(cluster):
                stacks += _by_echo(names, matrix, len(clusters), parameters)
    return tuple(stacks)


def repeats(headers: Iterable[ImageHeader]) -> tuple[tuple[ImageHeader, ...], tuple[ImageHeader, ...]]:
    """Part the files from copies of them: the same instance with the same bytes, received twice."""
    kept: dict[str, ImageHeader] = {}
    once, copies = [], []
    for header in headers:
        uid = header.text("SOPInstanceUID")
        earlier = kept.get(uid) if uid else None
        if earlier is not None and _same_bytes(earlier, header):
            copies.append(header)
        else:
            once.append(header)
            kept.setdefault(uid, header)
    return tuple(once), tuple(copies)


def place(stack: Stack, parameters: MriParameters) -> Geometry:
    """Return the grid of a stack in LPS mm: columns, rows, slices in the direction of the normal.

    Raises
    ------
    RefusedError
        With the named reason why the slices are no volume.
    """
    _check_files(stack)
    frames = stack.frames
    spacing, orientation = np.array(frames[0].spacing_mm), np.array(frames[0].orientation)
    if not np.isfinite(spacing).all() or spacing.min() <= 0:
        raise _refused("spacing_invalid", "the pixel spacing is zero or no number; send the series again")
    if any(_differ(frame.orientation, frames[0].orientation, parameters) for frame in frames):
        raise _refused("orientation_varies", "a slice has another direction than the rest; send the original series")
    along_row, along_column = orientation[:3], orientation[3:]
    normal = np.cross(along_row, along_column)
    positions = np.array([frame.position_mm for frame in frames], dtype=float)
    if not np.isfinite(positions).all() or not np.isfinite(orientation).all():
        raise _refused("geometry_invalid", "a position or direction is no number; send the series again")
    ordered = positions[np.argsort(positions @ normal, kind="stable")]
    step_mm = _step_mm(ordered, normal, parameters, one_file=len(stack.headers) == 1)
    return Geometry(
        shape=(int(stack.first.number("Columns") or 0), int(stack.first.number("Rows") or 0), len(frames)),
        origin_mm=_triple(ordered[0]),
        spacing_mm=(float(spacing[1]), float(spacing[0]), step_mm or _thickness_mm(spacing)),
        axes=(_triple(along_row), _triple(along_column), _triple(normal)),
    )


def corners_mm(frame: Frame, columns: int, rows: int) -> FloatArray:
    """Return the LPS positions, shape (4, 3), of the centres of a slice's corner pixels."""
    position, orientation = np.array(frame.position_mm), np.array(frame.orientation)
    down_mm, across_mm = frame.spacing_mm
    along_row, along_column = orientation[:3] * across_mm, orientation[3:] * down_mm
    corners: FloatArray = np.array(
        [position + along_row * c + along_column * r for c in (0, columns - 1) for r in (0, rows - 1)]
    )
    return corners


def _series_of(header: ImageHeader) -> tuple[str, ...]:
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "Modality", "SOPClassUID")
    patient = (header.identity.issuer, header.identity.patient_id)
    return (*patient, *(header.text(name) for name in names))


def _by_orientation(headers: list[ImageHeader], tolerance: float) -> list[list[ImageHeader]]:
    clusters: list[tuple[FloatArray, list[ImageHeader]]] = []
    for header in headers:
        direction = np.array(header.frames[0].orientation if header.frames else (), dtype=float)
        for known, members in clusters:
            if known.shape == direction.shape and (
                not len(known) or float(np.abs(known - direction).max()) <= tolerance
            ):
                members.append(header)
                break
        else:
            clusters.append((direction, [header]))
    placed = [c for c in clusters if len(c[0])]
    if len(placed) == 1 and len(clusters) == 2:
        # a slice without direction belongs to the one stack of its series, which then is refused by name
        return [headers]
    return _without_stray([members for _, members in clusters], headers)


def _by_matrix(headers: list[ImageHeader]) -> list[list[ImageHeader]]:
    matrices: dict[tuple[str, str], list[ImageHeader]] = {}
    for header in headers:
        matrices.setdefault((header.text("Rows"), header.text("Columns")), []).append(header)
    return _without_stray(list(matrices.values()), headers)


def _without_stray(clusters: list[list[ImageHeader]], headers: list[ImageHeader]) -> list[list[ImageHeader]]:
    """Keep a single odd slice with its series, which then is refused by name: without it a slice would be missing."""
    sizes = sorted(sum(len(header.frames) for header in members) for members in clusters)
    is_stray = len(sizes) == 2 and sizes[0] == 1 and sizes[1] >= _FEWEST_BESIDE_A_STRAY
    return [headers] if is_stray else clusters


def _by_echo(
    names: tuple[str, ...], headers: list[ImageHeader], orientations: int, parameters: MriParameters
) -> list[Stack]:
    echoes: dict[tuple[str, str], list[ImageHeader]] = {}
    for header in headers:
        echoes.setdefault((f"{header.text('EchoTime')}|{_part(header)}", header.part), []).append(header)
    stacks = []
    for (echo, volume), members in echoes.items():
        direction = next((h.frames[0].orientation for h in members if h.frames and h.frames[0].orientation), ())
        # adding zero turns the negative zero into the positive one
        described = ",".join(f"{round(value, NORMAL_EVIDENCE) + 0:g}" for value in direction)
        matrix = (members[0].text("Rows"), members[0].text("Columns"))
        for part in split(members, parameters):
            label = [text for text in (volume, part.label) if text]
            name = "|".join((*names[:_UIDS], *matrix, *names[_UIDS:], echo, described, *label))
            stacks.append(
                Stack(
                    headers=part.headers,
                    name=name,
                    orientations=orientations,
                    time_points=max(part.time_points, members[0].time_points),
                    part=" ".join(label),
                )
            )
    return stacks


def _part(header: ImageHeader) -> str:
    """Return what part of the signal an image shows: scanners put magnitude and phase, water and fat in one series."""
    parts = {"P", "PHASE", "R", "REAL", "I", "IMAGINARY", "W", "WATER", "F", "FAT", "IP", "IN_PHASE", "OP", "OUT_PHASE"}
    return ",".join(sorted(parts & set(header.text("ImageType").upper().split("\\")[2:])))


def _same_bytes(one: ImageHeader, other: ImageHeader) -> bool:
    return one.size_bytes == other.size_bytes and filecmp.cmp(one.path, other.path, shallow=False)


def _check_files(stack: Stack) -> None:
    for header in stack.headers:
        if header.fault:
            raise _refused(header.fault, FAULTS[header.fault])
    if not stack.frames or not all(frame.is_complete for frame in stack.frames):
        raise _refused(
            "geometry_missing", "a slice has no position, direction or pixel spacing; send the original series"
        )
    for code, (keywords, message) in _ALIKE.items():
        if len({tuple(header.text(keyword) for keyword in keywords) for header in stack.headers}) > 1:
            raise _refused(code, message)
    uids = [header.text("SOPInstanceUID") for header in stack.headers]
    if all(uids) and len(set(uids)) < len(uids):
        raise _refused("uid_twice", "two different slices have one instance UID; send the original series")


def _step_mm(ordered: FloatArray, normal: FloatArray, parameters: MriParameters, *, one_file: bool) -> float | None:
    """Return the distance between slices, which must lie on one line at one distance; None for a single slice."""
    if len(ordered) == 1:
        return None
    depth = ordered @ normal
    steps = np.diff(depth)
    if float(steps.min()) < parameters.duplicate_slice_mm:
        if one_file:
            raise _refused(
                "several_volumes",
                "the file holds several volumes at one place and does not say which frame is whose; export them apart",
            )
        raise _refused("slice_twice", "two slices lie in one place; send the stack without the repeat")
    even = depth[0] + np.arange(len(depth)) * (depth[-1] - depth[0]) / (len(depth) - 1)
    if float(np.abs(depth - even).max()) > parameters.gate_residual_mm:
        raise _refused(
            "slice_missing", "the distance between slices varies (missing slices or two stations); send it whole"
        )
    aside = ordered - ordered[0] - np.outer(depth - depth[0], normal)
    if float(np.linalg.norm(aside, axis=1).max()) > parameters.gate_residual_mm:
        raise _refused("slices_sheared", "the slices shift sideways from one to the next; send the original series")
    return float(steps.mean())


def _differ(one: tuple[float, ...], other: tuple[float, ...], parameters: MriParameters) -> bool:
    # written so that a direction that is no number does not differ: it has a name of its own
    return float(np.abs(np.array(one) - np.array(other)).max()) > parameters.orientation_tolerance


def _thickness_mm(spacing: FloatArray) -> float:
    return float(spacing.max())


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError(error(code, "series", message))


def _triple(values: FloatArray) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))
