"""One case from files alone, without a study folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from mri.bids import write_json, write_table
from mri.geometry import Geometry, Vector
from mri.nifti import read_geometry, read_label_map, write_label_map
from mri.problems import Problem, RefusedError, error
from mri.sequence import plane_of
from mri.study import Contrast, Series, StudyId, Weighting
from mri.volume import Volume
from pipeline.config import Config
from pipeline.provenance import file_hash, provenance
from segmentation.levels import STANDARD
from segmentation.regions import Region

if TYPE_CHECKING:
    from features.case import Case
    from segmentation.annotation import Mask
    from segmentation.propose import CaseProposal

CASE = StudyId(participant="case", session="01")
"""Names that a case without a study goes by."""
FILE_AUTHOR = "file"
WEIGHTINGS = {"T1w": Weighting.T1, "T2w": Weighting.T2}
IMAGES = {
    "t1post": (Weighting.T1, Contrast.YES),
    "t1pre": (Weighting.T1, Contrast.NO),
    "t2w": (Weighting.T2, Contrast.UNKNOWN),
}
"""What each image option says of its series."""
IMAGE_OF = {Region.ENHANCING: "t1post", Region.T2HYPER: "t2w"}
"""The image that a mask is drawn on; a cord mask may be on any."""
P = ParamSpec("P")
T = TypeVar("T")
SUMMARY_COLUMNS = ("enh_length_mm", "enh_volume_mm3", "enh_seg_count", "t2_length_mm", "t2_seg_count", "t2_levels")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiles:
    """The files of one case; each may be missing.

    Attributes
    ----------
    enhancing, t2hyper, cord : Path or None
        Masks. The enhancing mask is on the grid of the T1 after contrast, T2 hyperintensity on that of the T2.
    discs : Path or None
        discs.json, point labels or a level mask.
    t1post, t1pre, t2w : Path or None
        Images, which say what was acquired.
    """

    enhancing: Path | None = None
    t2hyper: Path | None = None
    cord: Path | None = None
    discs: Path | None = None
    t1post: Path | None = None
    t1pre: Path | None = None
    t2w: Path | None = None

    def named(self) -> dict[str, Path]:
        """Return the files that were given, by option."""
        fields = ("enhancing", "t2hyper", "cord", "discs", "t1post", "t1pre", "t2w")
        return {name: path for name in fields if (path := getattr(self, name)) is not None}

    def masks(self) -> list[tuple[Region, Path]]:
        """Return the masks that were given."""
        regions = {"enhancing": Region.ENHANCING, "t2hyper": Region.T2HYPER, "cord": Region.CORD}
        return [(regions[name], path) for name, path in self.named().items() if name in regions]


def measure_files(files: CaseFiles, config: Config) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Measure one case; return what ``measure-case --json`` prints, and the problems.

    Raises
    ------
    RefusedError
        If no mask is given, or a file cannot be read; every faulty file is named.
    """
    from features.measure import measure_case

    if not (files.enhancing or files.t2hyper):
        raise RefusedError(error("no_mask", "measure-case", "give a mask of lesions: --enhancing or --t2hyper"))
    measured = measure_case(_case(files, config), config.features)
    inputs = {name: file_hash(path) for name, path in files.named().items()}
    summary = {
        "format": 1,
        "lesions": [dict(row) for row in measured.lesions],
        "patient": dict(measured.patient),
        "problems": [problem.as_record() for problem in measured.problems],
        "provenance": provenance(config.as_json(), inputs),
    }
    return summary, measured.problems


def case_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the main numbers of a case as lines for a person."""
    yield f"{len(summary['lesions'])} lesions (research use only)"
    for row in summary["lesions"]:
        shown = ", ".join(f"{name} {_short(row[name])}" for name in SUMMARY_COLUMNS if row[name] is not None)
        yield f"lesion {row['lesion_id']}: {shown}"
        if row["flags"]:
            yield f"  flags: {row['flags']}"


def propose_file(
    image: Path, weighting: str, out: Path, clicks: Sequence[str], discs: Sequence[str], config: Config
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Propose cord, centreline, discs and candidates of one image and write them to a folder.

    Raises
    ------
    RefusedError
        If the weighting is not known, a point cannot be read or lies outside the image.
    """
    from mri.nifti import read_volume
    from segmentation.propose import propose_case

    if weighting not in WEIGHTINGS:
        raise RefusedError(
            error("weighting_unknown", "--weighting", f"'{weighting}' is none of {', '.join(WEIGHTINGS)}")
        )
    volume = read_volume(image)
    proposal = propose_case(
        volume,
        WEIGHTINGS[weighting],
        clicks_mm=[_point(text, "--click", volume.geometry) for text in clicks],
        known_discs=dict(_named_point(text, volume.geometry) for text in discs),
        parameters=config.segmentation,
    )
    lesions = "enhancing.nii.gz" if weighting == "T1w" else "t2hyper.nii.gz"
    write_label_map(out / "cord.nii.gz", proposal.cord)
    write_label_map(out / lesions, proposal.candidates)
    write_table(out / "centreline.csv", ("x", "y", "z", "s_mm", "score"), proposal.centreline_rows())
    write_json(out / "discs.json", proposal.discs_json())
    record = proposal.record() | provenance(config.as_json(), {"image": file_hash(image)})
    write_json(out / "proposal.json", record)
    written = ["cord.nii.gz", lesions, "centreline.csv", "discs.json", "proposal.json"]
    problems = (*proposal.problems, *_flagged(proposal))
    return {
        "format": 1,
        "files": written,
        **proposal.record(),
        "problems": [problem.as_record() for problem in problems],
    }, problems


def _flagged(proposal: "CaseProposal") -> Iterator[Problem]:
    """Yield the flags of cord, levels and candidates as warnings: files alone have no page that shows them."""
    from segmentation.proposal_words import flag_warnings

    yield from flag_warnings(proposal.cord_flags, "cord")
    yield from flag_warnings(proposal.discs.flags, "levels")
    for lesion in proposal.lesions:
        found = [*lesion.enhancing, *lesion.t2]
        yield from flag_warnings(sorted({flag for one in found for flag in one.flags}), f"candidate {lesion.number}")


def _case(files: CaseFiles, config: Config) -> "Case":
    from features.case import Case
    from segmentation.store import read_discs

    faults: list[Problem] = []
    images = [
        _read(faults, _image_series, path, kind, config) for kind, path in files.named().items() if kind in IMAGES
    ]
    series = tuple(one for one in images if one is not None)
    drawn = [_read(faults, _mask, path, region, series, config) for region, path in files.masks()]
    discs = None if files.discs is None else _read(faults, read_discs, files.discs)
    if faults:
        raise RefusedError(faults)
    masks = tuple(mask for mask in drawn if mask is not None)
    return Case(
        study=CASE, author=FILE_AUTHOR, masks=masks, discs=discs, series=series, volumes=lambda one: _volume(files, one)
    )


def _volume(files: CaseFiles, series: Series) -> Volume | None:
    """Return the image of a series; None for a mask that came without its image."""
    from mri.nifti import read_volume

    path = files.named().get(series.acquisition) if series.acquisition in IMAGES else None
    return None if path is None else read_volume(path)


def _read(faults: list[Problem], reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return what a reader gives; where it refuses, keep its problems, so that all faulty files are named at once."""
    try:
        return reader(*args, **kwargs)
    except RefusedError as refused:
        faults += refused.problems
        return None


def _image_series(path: Path, kind: str, config: Config) -> Series:
    weighting, contrast = IMAGES[kind]
    return _series(kind, read_geometry(path), weighting, contrast, config)


def _mask(path: Path, region: Region, series: Sequence[Series], config: Config) -> "Mask":
    """Return a mask on the series it was drawn on: the image of its kind where that was given, else its own grid."""
    from segmentation.annotation import Mask
    from segmentation.importing import check_labels, check_share

    labels = read_label_map(path)
    check_labels(labels.labels(), path.name)
    check_share(labels, region.value, path.name, cropped=True)
    kind = IMAGE_OF.get(region)
    own = [one for one in series if kind is None or one.acquisition == kind]
    fitting = [one for one in own if one.geometry.same_grid(labels.geometry)]
    if own and kind is not None and not fitting:
        mend = (
            f"the mask is not on the grid of the image given as --{kind}; resample it to that image (nearest neighbour)"
        )
        raise RefusedError(error("mask_other_grid", path.name, mend))
    weighting, contrast = IMAGES.get(kind or "", (Weighting.UNKNOWN, Contrast.UNKNOWN))
    drawn_on = fitting[0] if fitting else _series(region.value, labels.geometry, weighting, contrast, config)
    return Mask(region=region, series=drawn_on, labels=labels, author=FILE_AUTHOR)


def _series(name: str, geometry: Geometry, weighting: Weighting, contrast: Contrast, config: Config) -> Series:
    return Series(
        study=CASE,
        acquisition=name,
        suffix="T2w" if weighting is Weighting.T2 else "T1w",
        weighting=weighting,
        plane=plane_of(geometry, config.mri.isotropic_mm),
        contrast=contrast,
        geometry=geometry,
    )


def _named_point(text: str, geometry: Geometry) -> tuple[str, Vector]:
    name, found, place = text.partition("=")
    if not found:
        raise RefusedError(error("disc_unreadable", "--disc", f"'{text}' is not NAME=x,y,z, e.g. C2-C3=0.5,-12,84"))
    STANDARD.disc_value(name)
    return name.replace("/", "-"), _point(place, "--disc", geometry)


def _point(text: str, option: str, geometry: Geometry) -> Vector:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as failure:
        raise RefusedError(error("point_unreadable", option, f"'{text}' is not x,y,z in mm (LPS)")) from failure
    if not geometry.contains((x, y, z)):
        mend = f"{text} lies outside the image; points are LPS mm (x to the left, y to the back, z to the head)"
        raise RefusedError(error("point_outside", option, mend))
    return (x, y, z)


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
