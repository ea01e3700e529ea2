"""External segmenters of the configuration, run on the series of a session as authors of their own."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mri.bids import StudyFolder, write_json
from mri.foreign import read_foreign_mask
from mri.problems import Problem, RefusedError, Severity, error, warning
from mri.segments import ForeignMask
from mri.study import Contrast, Series, Study, Weighting
from mri.version import software_version
from mri.volume import LabelMap
from pipeline.plugin_run import filled, run_command, version_of
from pipeline.provenance import content_hash, file_hash
from segmentation.annotation import Mask
from segmentation.disc_checks import check_spacing
from segmentation.disc_files import discs_as_json, discs_of_labels, read_json
from segmentation.importing import check_labels, choose_segments, join_segments, numbered_segments, place_on
from segmentation.levels import DiscPoints
from segmentation.plugin_parameters import LEVELS, PluginParameters
from segmentation.regions import LESION_REGIONS, Region
from segmentation.store import mask_record, mask_sidecar, save_mask, write_description

METHOD = "plugin"
STORED = "stored_sha256"
"""Under this key the sidecar keeps the hash of what the plug-in left."""
UNCONFIRMED = "levels_unconfirmed"
CONTRAST_WORDS = {Weighting.T1: "t1", Weighting.T2: "t2", Weighting.STIR: "t2", Weighting.GRE: "t2s"}
"""What the Spinal Cord Toolbox calls a weighting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One plug-in on one series."""

    folder: StudyFolder
    series: Series
    plugin: PluginParameters
    version: str
    redo: bool

    @property
    def where(self) -> str:
        """What messages name."""
        return f"plug-in {self.plugin.name}, {self.series.name}"

    @property
    def target(self) -> Path:
        """Where the output goes."""
        if self.plugin.region == LEVELS:
            return self.folder.discs(self.series.study, self.plugin.name)
        return self.folder.mask(self.series, self.plugin.region, self.plugin.name)


def run_plugins(
    folder: StudyFolder, study: Study, plugins: tuple[PluginParameters, ...], *, redo: bool = False
) -> tuple[Problem, ...]:
    """Run every plug-in on the series it is meant for; a failure is a problem, and the others go on.

    What it gave before stays where image, command and version are the same. A mask that somebody else made under its
    name is not written over.
    """
    problems: list[Problem] = []
    for plugin in plugins:
        fitting = [series for series in study.series if _fits(series, plugin)]
        if not fitting:
            message = "no series of the session is of the weightings and planes that it is meant for"
            problems.append(warning("plugin_no_series", f"plug-in {plugin.name}, {study.id}", message))
            continue
        # one set of levels for a session: from the longest series
        fitting = [max(fitting, key=_length_mm)] if plugin.region == LEVELS else fitting
        problems += _run_on(folder, fitting, plugin, redo=redo)
    return tuple(problems)


def _run_on(folder: StudyFolder, fitting: list[Series], plugin: PluginParameters, *, redo: bool) -> Iterator[Problem]:
    try:
        with tempfile.TemporaryDirectory(prefix="iscm-") as place:
            version = version_of(plugin.version_command, Path(place), f"plug-in {plugin.name}")
    except RefusedError as refused:
        yield from refused.problems
        return
    for series in fitting:
        job = _Job(folder=folder, series=series, plugin=plugin, version=version, redo=redo)
        try:
            yield from _run_one(job)
        except RefusedError as refused:
            for problem in refused.problems:
                yield replace(problem, where=job.where)


def _fits(series: Series, plugin: PluginParameters) -> bool:
    late = series.contrast is Contrast.YES
    return (
        series.weighting.value in plugin.weightings
        and series.plane.value in plugin.planes
        and (plugin.after_contrast is None or plugin.after_contrast is late)
    )


def _length_mm(series: Series) -> float:
    geometry = series.geometry
    corners = geometry.to_world([(0, 0, 0), [n - 1 for n in geometry.shape]])
    return float(abs(corners[1, 2] - corners[0, 2]))


def _run_one(job: _Job) -> tuple[Problem, ...]:
    before = _recorded(job)
    if before is not None and before.get("method") != METHOD:
        message = f"{job.target.name} was made otherwise and is not written over; choose another name for the plug-in"
        raise RefusedError(error("plugin_name_taken", job.where, message))
    if before is not None and before.get(STORED) != _stored(job):
        return (_changed(job),)
    cord = _cord(job)
    key = _key(job, cord)
    if before and not job.redo and before.get("key") == key:
        # what was said then still holds
        return _said(before)
    with tempfile.TemporaryDirectory(prefix="iscm-") as place:
        output = _executed(job, Path(place), cord)
        foreign = read_foreign_mask(output)
        record: dict[str, object] = {
            "method": METHOD,
            "tool": job.plugin.name,
            "tool_version": job.version or None,
            "command": list(job.plugin.command),
            "output_sha256": file_hash(output),
            "key": key,
        }
        write_description(job.folder)
        take = _take_levels if job.plugin.region == LEVELS else _take_mask
        return take(job, foreign, record)


def _changed(job: _Job) -> Problem:
    """Return what is said of an output that is not as this plug-in left it: it is somebody's work, and is kept."""
    message = (
        f"{job.target.name} was changed since the program left it: it is kept, and the program is not run; bring the "
        "change to a reader's name with import-mask, then delete it here"
    )
    return warning("plugin_output_changed", job.where, message)


def _stored(job: _Job) -> str:
    """Return the hash of what is stored: of a mask's file, or of levels without their provenance."""
    if job.plugin.region != LEVELS:
        return file_hash(job.target)
    content = read_json(job.target)
    return content_hash({key: value for key, value in content.items() if key != "provenance"})


def _executed(job: _Job, place: Path, cord: Path | None) -> Path:
    """Run the command on a copy of the image and return its output.

    Raises
    ------
    RefusedError
        If it fails, or leaves no output.
    """
    given, taken = place / "in" / job.plugin.input_name, place / "out" / job.plugin.output_name
    for path in (given, taken):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(job.folder.image(job.series), given)
    values = {"input": given, "output": taken, "input_dir": place / "in", "output_dir": place / "out"}
    words = {name: str(path) for name, path in values.items()}
    if cord is not None:
        shutil.copyfile(cord, place / "cord.nii.gz")
        words["cord"] = str(place / "cord.nii.gz")
    words["contrast"] = CONTRAST_WORDS.get(job.series.weighting, "t2")
    run_command(filled(job.plugin.command, words), place, job.plugin.timeout_s, job.where)
    if not taken.is_file() or taken.is_symlink():
        message = f"the program left no {job.plugin.output_name}; check its command and output_name"
        raise RefusedError(error("plugin_no_output", job.where, message))
    return taken


def _cord(job: _Job) -> Path | None:
    """Return the cord mask that the command asks for."""
    if not any("{cord}" in argument for argument in job.plugin.command):
        return None
    path = job.folder.mask(job.series, Region.CORD.value, job.plugin.cord_author)
    if not path.is_file():
        message = f"{job.plugin.cord_author} has no cord on this series, which the command needs; see cord_author"
        raise RefusedError(error("plugin_no_cord", job.where, message))
    return path


def _take_mask(job: _Job, foreign: ForeignMask, record: dict[str, object]) -> tuple[Problem, ...]:
    region = Region(job.plugin.region)
    segments = choose_segments(foreign, job.where, numbers=job.plugin.labels)
    check_labels(segments, job.where)
    labels = join_segments(foreign, segments, region, job.where, chosen=bool(job.plugin.labels))
    placed = place_on(labels, job.series.geometry, job.where)
    _check_plausible(placed.labels, region, job)
    mask = Mask(
        region=region,
        series=job.series,
        labels=placed.labels,
        author=job.plugin.name,
        provenance=record | {"grid": placed.method, "problems": [one.as_record() for one in placed.problems]},
    )
    save_mask(job.folder, mask, job.plugin.name)
    # the mask as it lies there: a person may correct it in place, and no later run may undo that
    known = replace(mask, provenance={**mask.provenance, STORED: _stored(job)})
    write_json(mask_sidecar(job.target), mask_record(job.folder, known, job.plugin.name))
    return placed.problems


def _check_plausible(labels: LabelMap, region: Region, job: _Job) -> None:
    share = float(np.count_nonzero(labels.array)) / labels.array.size
    if share > job.plugin.largest_share:
        message = f"the {region.value} fills {share:.0%} of the image, which no {region.value} does; see its labels"
        raise RefusedError(error("plugin_implausible", job.where, message))
    if share == 0 and region not in LESION_REGIONS:
        raise RefusedError(error("plugin_implausible", job.where, f"no {region.value} was found; check its labels"))


def _take_levels(job: _Job, foreign: ForeignMask, record: dict[str, object]) -> tuple[Problem, ...]:
    discs = _mapped(job, foreign) if job.plugin.level_map else discs_of_labels(_joined(job, foreign), job.where)
    check_spacing(discs, job.where, "plugin_implausible")
    content = discs_as_json(DiscPoints(points=discs.points, flags=(UNCONFIRMED,)))
    write_json(job.target, content | {"provenance": record | {STORED: content_hash(content)}})
    return ()


def _joined(job: _Job, foreign: ForeignMask) -> LabelMap:
    return numbered_segments(foreign, choose_segments(foreign, job.where, numbers=job.plugin.labels), job.where)


def _mapped(job: _Job, foreign: ForeignMask) -> DiscPoints:
    """Return the middle of each disc's own integer."""
    labels = _joined(job, foreign)
    points = {}
    for name, number in job.plugin.level_map.items():
        found = labels.points_mm(number)
        if len(found):
            x, y, z = (float(v) for v in found.mean(axis=0))
            points[name] = (x, y, z)
    if not points:
        raise RefusedError(error("discs_empty", job.where, "none of the integers of level_map is in the output"))
    return DiscPoints(points=points)


def _said(record: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the problems that an earlier run recorded; none where somebody wrote something else there."""
    try:
        return tuple(Problem(**(one | {"severity": Severity(one["severity"])})) for one in record.get("problems", ()))
    except (TypeError, ValueError, KeyError):
        return ()


def _key(job: _Job, cord: Path | None) -> str:
    """Return what an output rests on."""
    return content_hash(
        {
            "image": file_hash(job.folder.image(job.series)),
            "cord": "" if cord is None else file_hash(cord),
            "plugin": asdict(job.plugin),
            "version": job.version,
            "software": software_version(),
        }
    )


def _recorded(job: _Job) -> Mapping[str, Any] | None:
    """Return how the present output was made; None where there is none."""
    if not job.target.is_file():
        return None
    beside = job.target
    if job.plugin.region != LEVELS:
        beside = job.target.with_name(job.target.name.removesuffix(".nii.gz") + ".json")
    try:
        record = json.loads(beside.read_text(encoding="utf-8"))["provenance"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return record if isinstance(record, dict) else {}
