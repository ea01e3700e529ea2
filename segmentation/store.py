"""The annotation folder of a session to an Annotation and back: NIfTI masks with JSON sidecars, discs, findings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mri.bids import StudyFolder, describe_dataset, write_json, write_text
from mri.nifti import read_label_map, write_label_map
from mri.problems import Problem, RefusedError, error, warning
from mri.study import Series, Study, StudyId
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.disc_files import FORMAT, discs_as_json, parse_discs, read_discs, read_json
from segmentation.findings import findings_as_json, parse_findings
from segmentation.regions import LESION_REGIONS, Region

__all__ = [
    "authors",
    "discs_as_json",
    "load_annotation",
    "load_mask",
    "mask_record",
    "mask_sidecar",
    "parse_discs",
    "read_discs",
    "save_annotation",
]

READINGS = "readings"
_AUTHOR = re.compile(r"_desc-(?P<author>[A-Za-z0-9]+)_(mask\.nii\.gz|discs\.json|findings\.json)$")
_LOG = "/log"
"""What the reading page keeps beside the annotations; the validator knows no such folder of a derivative."""
_IGNORED = f"*_discs.json\n*_findings.json\n*_xfm.json\n*_proposal.json\n*.lock\n{_LOG}\n"


def authors(folder: StudyFolder, study: StudyId) -> tuple[str, ...]:
    """Return everyone who has drawn or said something in a session, the program (``auto``) first."""
    found = {match["author"] for path in _files(folder, study) if (match := _AUTHOR.search(path.name))}
    return tuple(sorted(found, key=lambda name: (name != AUTO, name)))


def load_annotation(folder: StudyFolder, study: Study, author: str) -> Annotation:
    """Read what one author has drawn and said in a session.

    Parameters
    ----------
    folder : StudyFolder
    study : Study
        The session with its series; a mask must lie on the grid of its series.
    author : str

    Returns
    -------
    Annotation
        A file that cannot be used is one of its ``problems``; the others are there.
    """
    problems: list[Problem] = list(_without_series(folder, study, author))
    masks = []
    for series in study.series:
        for region in Region:
            path = folder.mask(series, region.value, author)
            if path.is_file():
                try:
                    masks.append(load_mask(path, series, region, author))
                except RefusedError as refused:
                    problems += refused.problems
    discs = _try(folder.discs(study.id, author), parse_discs, problems)
    findings = _try(folder.findings(study.id, author), parse_findings, problems)
    return Annotation(
        study=study.id, author=author, masks=tuple(masks), discs=discs, findings=findings, problems=tuple(problems)
    )


def save_annotation(folder: StudyFolder, annotation: Annotation) -> None:
    """Write an annotation, each file whole or not at all; the author's masks that it no longer holds are removed."""
    write_description(folder)
    kept = set()
    for mask in annotation.masks:
        kept.add(save_mask(folder, mask, annotation.author))
    for path in _files(folder, annotation.study):
        match = _AUTHOR.search(path.name)
        is_mask = path.name.endswith(".nii.gz")
        if is_mask and match and match["author"] == annotation.author and path not in kept:
            path.unlink()
            mask_sidecar(path).unlink(missing_ok=True)
    discs = folder.discs(annotation.study, annotation.author)
    if annotation.discs is not None:
        write_json(discs, discs_as_json(annotation.discs))
    else:
        discs.unlink(missing_ok=True)
    if annotation.findings is not None:
        write_json(folder.findings(annotation.study, annotation.author), findings_as_json(annotation.findings))


def save_mask(folder: StudyFolder, mask: Mask, author: str) -> Path:
    """Write one mask and its sidecar, each whole or not at all, and return the mask's place; no other file changes."""
    path = folder.mask(mask.series, mask.region.value, author)
    write_label_map(path, mask.labels)
    write_json(mask_sidecar(path), mask_record(folder, mask, author))
    return path


def write_description(folder: StudyFolder) -> None:
    """Say that the readings are a derivative dataset of the study, and what the validator need not know."""
    name = "Annotations of spinal MRI (research use only)"
    root = folder.derivative(READINGS)
    describe_dataset(root, name, derivative=True, ignored=_IGNORED, links={"raw": "../.."})
    ignored = (root / ".bidsignore").read_text(encoding="utf-8")
    if _LOG not in ignored.splitlines():
        # a study of an earlier version
        write_text(root / ".bidsignore", f"{ignored.rstrip()}\n{_LOG}\n")


def load_mask(path: Path, series: Series, region: Region, author: str) -> Mask:
    """Read one mask with its sidecar.

    Raises
    ------
    RefusedError
        If it is no mask on the grid of its series; the message names the file.
    """
    try:
        labels = read_label_map(path)
        record = read_json(mask_sidecar(path)) if mask_sidecar(path).is_file() else {}
        provenance = record.get("provenance", {}) if isinstance(record, dict) else {}
        return Mask(region=region, series=series, labels=labels, author=author, provenance=provenance)
    except RefusedError as refused:
        # the file's name leads to what must be mended
        raise RefusedError([error(p.code, path.name, p.message) for p in refused.problems]) from refused


def _try(path: Path, parse: Any, problems: list[Problem]) -> Any:
    """Return the parsed content of a JSON file that may be missing; what is wrong with it becomes a problem."""
    if not path.is_file():
        return None
    try:
        return parse(read_json(path), path.name)
    except RefusedError as refused:
        problems += refused.problems
        return None


def _without_series(folder: StudyFolder, study: Study, author: str) -> Iterator[Problem]:
    """Yield a warning for each mask of the author that belongs to no series of the session."""
    expected = {folder.mask(series, region.value, author) for series in study.series for region in Region}
    for path in _files(folder, study.id):
        match = _AUTHOR.search(path.name)
        if path.name.endswith("_mask.nii.gz") and match and match["author"] == author and path not in expected:
            yield warning(
                "mask_without_series", path.name, "no kept series has this name; rename the mask after its series"
            )


def mask_record(folder: StudyFolder, mask: Mask, author: str) -> dict[str, object]:
    """Return the content of a mask's sidecar."""
    source = folder.image(mask.series).relative_to(folder.root).as_posix()
    return {
        "format": FORMAT,
        "Sources": [f"bids:raw:{source}"],
        "SpatialReference": f"bids:raw:{source}",
        "Type": "Lesion" if mask.region in LESION_REGIONS else "ROI",
        "region": mask.region.value,
        "author": author,
        "labels": list(mask.labels.labels()),
        "provenance": dict(mask.provenance),
    }


def mask_sidecar(mask: Path) -> Path:
    """Return the sidecar of a mask."""
    return mask.with_name(mask.name.removesuffix(".nii.gz") + ".json")


def _files(folder: StudyFolder, study: StudyId) -> list[Path]:
    place = folder.readings(study)
    return sorted(place.iterdir()) if place.is_dir() else []
