"""The files of one case, read into what is measured: masks and images on their series, levels, a reader's answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

from mri.geometry import Geometry
from mri.nifti import read_geometry, read_label_map, read_volume
from mri.problems import Problem, RefusedError, error
from mri.sequence import SAME_SPACING, SUFFIXES, plane_of
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap, Volume
from pipeline.config import Config
from segmentation.regions import Region

if TYPE_CHECKING:
    from features.case import Case
    from segmentation.annotation import Mask
    from segmentation.findings import Findings

CASE = StudyId(participant="case", session="01")
"""Names that a case without a study goes by."""
FILE_AUTHOR = "file"
UNSAID = (Weighting.UNKNOWN, Contrast.UNKNOWN, Plane.SAGITTAL)
"""What is said of the series of a mask that came without an image and may be on any."""
IMAGES = {
    "t1post": (Weighting.T1, Contrast.YES, Plane.SAGITTAL),
    "t1pre": (Weighting.T1, Contrast.NO, Plane.SAGITTAL),
    "t2w": (Weighting.T2, Contrast.UNKNOWN, Plane.SAGITTAL),
    "axial_t1post": (Weighting.T1, Contrast.YES, Plane.AXIAL),
    "axial_t1pre": (Weighting.T1, Contrast.NO, Plane.AXIAL),
    "axial_t2w": (Weighting.T2, Contrast.UNKNOWN, Plane.AXIAL),
    "gre": (Weighting.GRE, Contrast.UNKNOWN, Plane.SAGITTAL),
    "stir": (Weighting.STIR, Contrast.UNKNOWN, Plane.SAGITTAL),
}
"""What each image option says of its series."""
MASKS = {
    "enhancing": (Region.ENHANCING, "t1post"),
    "axial_enhancing": (Region.ENHANCING, "axial_t1post"),
    "t2hyper": (Region.T2HYPER, "t2w"),
    "axial_t2hyper": (Region.T2HYPER, "axial_t2w"),
    "cord": (Region.CORD, None),
    "cyst": (Region.CYST, None),
    "hemorrhage": (Region.HEMORRHAGE, None),
}
"""The structure of each mask option and the image that it is drawn on; None where it may be any."""
_WORDS = {
    Region.ENHANCING: "enhancing lesions",
    Region.T2HYPER: "T2 hyperintensity",
    Region.CORD: "the cord",
    Region.CYST: "cysts",
    Region.HEMORRHAGE: "haemorrhage",
}
"""What messages call a structure."""
LESION_MASKS = ("enhancing", "axial_enhancing", "t2hyper", "axial_t2hyper")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiles:
    """The files of one case by option; each may be missing. Masks of lesions share their integers.

    Attributes
    ----------
    enhancing, axial_enhancing, t2hyper, axial_t2hyper, cord, cyst, hemorrhage : Path or None
        Masks. A mask of lesions is on the grid of its image (`MASKS`), the others on that of any image or their own.
    discs : Path or None
        discs.json, point labels or a level mask.
    findings : Path or None
        findings.json: a reader's answers.
    t1post, t1pre, t2w, axial_t1post, axial_t1pre, axial_t2w, gre, stir : Path or None
        Images, which say what was acquired.
    """

    enhancing: Path | None = None
    axial_enhancing: Path | None = None
    t2hyper: Path | None = None
    axial_t2hyper: Path | None = None
    cord: Path | None = None
    cyst: Path | None = None
    hemorrhage: Path | None = None
    discs: Path | None = None
    findings: Path | None = None
    t1post: Path | None = None
    t1pre: Path | None = None
    t2w: Path | None = None
    axial_t1post: Path | None = None
    axial_t1pre: Path | None = None
    axial_t2w: Path | None = None
    gre: Path | None = None
    stir: Path | None = None

    def named(self) -> dict[str, Path]:
        """Return the files that were given, by option."""
        return {one.name: path for one in fields(self) if (path := getattr(self, one.name)) is not None}


def option_of(name: str) -> str:
    """Return the option of a file as it is typed."""
    return f"--{name.replace('_', '-')}"


def read_case(files: CaseFiles, config: Config) -> "Case":
    """Return the case that files make.

    Raises
    ------
    RefusedError
        If a file cannot be used; every faulty file is named.
    """
    from features.case import Case
    from segmentation.store import read_discs

    given = files.named()
    faults = list(_folders(given))
    if faults:
        raise RefusedError(faults)
    images = [_try(faults, _image_series, path, kind, config) for kind, path in given.items() if kind in IMAGES]
    series = tuple(one for one in images if one is not None)
    drawn = [_try(faults, _mask, path, option, series, config) for option, path in given.items() if option in MASKS]
    discs = None if files.discs is None else _try(faults, read_discs, files.discs)
    findings = None if files.findings is None else _try(faults, _findings, files.findings)
    if faults:
        raise RefusedError(faults)
    return Case(
        study=CASE,
        author=FILE_AUTHOR,
        masks=tuple(mask for mask in drawn if mask is not None),
        discs=discs,
        findings=findings,
        series=series,
        volumes=lambda one: _volume(files, one),
    )


def file_names(files: CaseFiles, case: "Case") -> dict[str, str]:
    """Return the user's own name of each series of a case, by what messages may call it; the longest first."""
    given = {_acquisition(option): path.name for option, path in files.named().items()}
    known: dict[str, str] = {}
    for series in case.every_series:
        name = given.get(series.acquisition, series.name)
        known |= {series.name: name, series.entities: name}
    return dict(sorted(known.items(), key=lambda pair: -len(pair[0])))


def _folders(given: dict[str, Path]) -> Iterator[Problem]:
    for name, path in given.items():
        if path.is_dir():
            message = f"is a folder; give the file in it to {option_of(name)}"
            yield error("folder_given", path.resolve().name, message)


def _findings(path: Path) -> "Findings":
    from segmentation.disc_files import read_json
    from segmentation.findings import parse_findings

    return parse_findings(read_json(path), path.name)


def _volume(files: CaseFiles, series: Series) -> Volume | None:
    """Return the image of a series; None for a mask that came without its image."""
    images = {_acquisition(kind): path for kind, path in files.named().items() if kind in IMAGES}
    path = images.get(series.acquisition)
    return None if path is None else read_volume(path)


def _try(faults: list[Problem], reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return what a reader gives; where it refuses, keep its problems, so that all faulty files are named at once."""
    try:
        return reader(*args, **kwargs)
    except RefusedError as refused:
        faults += refused.problems
        return None


def _image_series(path: Path, kind: str, config: Config) -> Series:
    return _series(kind, read_geometry(path), IMAGES[kind], config, path.name)


def _mask(path: Path, option: str, series: Sequence[Series], config: Config) -> "Mask":
    """Return a mask on the series it was drawn on: the image of its kind where that was given, else its own grid."""
    from segmentation.annotation import Mask

    region, kind = MASKS[option]
    labels = _labels(path, region)
    own = [one for one in series if kind is None or one.acquisition == _acquisition(kind)]
    fitting = [one for one in own if one.geometry.same_grid(labels.geometry)]
    if own and kind is not None and not fitting:
        where = f"the image given as {option_of(kind)}"
        mend = f"the mask is not on the grid of {where}; resample it to that image (nearest neighbour)"
        raise RefusedError(error("mask_other_grid", path.name, mend))
    said = UNSAID if kind is None else IMAGES[kind]
    drawn_on = fitting[0] if fitting else _series(option, labels.geometry, said, config, path.name)
    return Mask(region=region, series=drawn_on, labels=labels, author=FILE_AUTHOR)


def _labels(path: Path, region: Region) -> LabelMap:
    """Return a mask that is one: neither an image nor all of it."""
    from segmentation.importing import check_labels, check_share

    try:
        labels = read_label_map(path)
        check_labels(labels.labels(), path.name)
    except RefusedError as refused:
        if not _is_image(path):
            raise
        said = f"this looks like an image, not a mask of {_WORDS[region]}"
        raise RefusedError([error(p.code, path.name, f"{said}: {p.message}") for p in refused.problems]) from refused
    check_share(labels, region.value, path.name, cropped=True)
    if region is Region.CORD and not labels.labels():
        mend = "holds no voxel of the cord (of a fractional mask half or more is inside); draw it, or leave --cord out"
        raise RefusedError(error("mask_empty", path.name, mend))
    return labels


def _is_image(path: Path) -> bool:
    """Return whether a file has values beyond those of labels, also where labels were interpolated."""
    from segmentation.drawing_parameters import ImportParameters

    try:
        values = read_volume(path).array
    except RefusedError:
        return False
    most = ImportParameters().most_labels
    return bool(values.max(initial=0) > most and np.unique(values).size > most)


def _series(
    option: str, geometry: Geometry, said: tuple[Weighting, Contrast, Plane], config: Config, where: str
) -> Series:
    weighting, contrast, plane = said
    return Series(
        study=CASE,
        acquisition=_acquisition(option),
        suffix=SUFFIXES.get(weighting, "T1w"),
        weighting=weighting,
        plane=_plane(option, geometry, plane, config, where),
        contrast=contrast,
        geometry=geometry,
    )


def _plane(option: str, geometry: Geometry, said: Plane, config: Config, where: str) -> Plane:
    """Return the plane: what the option says where the grid leaves it open; thick slices cannot be called otherwise."""
    found = plane_of(geometry, config.mri.isotropic_mm)
    is_open = min(geometry.spacing_mm) >= max(geometry.spacing_mm) * (1 - SAME_SPACING)
    if said is Plane.AXIAL and not is_open and found not in (Plane.AXIAL, Plane.ISOTROPIC):
        mend = f"its slices are not axial; give it as {option_of(option.removeprefix('axial_'))}"
        raise RefusedError(error("slices_not_axial", where, mend))
    return said if is_open and found is not Plane.ISOTROPIC else found


def _acquisition(option: str) -> str:
    """Return the label of the series of an option: letters and digits only."""
    return option.replace("_", "")
