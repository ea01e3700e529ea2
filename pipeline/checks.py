"""What ``iscm check`` and ``iscm dictionary`` say."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from mri.bids import StudyFolder
from mri.problems import Problem, RefusedError, error
from mri.study import StudyId
from pipeline.config import Config, load_config
from pipeline.flow import require_study
from pipeline.prognosis import declared_codebook, known_ids

TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls")
CONFIG_NAME = "iscm.toml"


def check_path(
    path: Path, ids: Path | None = None, config: Config | None = None, codebook: Path | None = None
) -> tuple[Problem, ...]:
    """Return every problem of a study folder, a clinical table, a plan or a configuration.

    Parameters
    ----------
    path : Path
        Or the name of a plan that ships with the program.
    ids : Path, optional
        Source ids to participants, for a clinical table that has the former.
    config : Config, optional
        Declared rules that a clinical table is checked by.
    codebook : Path, optional
        REDCap data dictionary of the clinical table.
    """
    from survival.baseline import baseline_problems
    from survival.plan import load_plan, shipped_plans

    if not path.exists() and str(path) in shipped_plans():
        return tuple(baseline_problems(load_plan(str(path))))
    if not path.exists():
        raise RefusedError(error("path_missing", path.name, "no such file or folder; check PATH"))
    try:
        if path.is_dir():
            return tuple(_study_problems(require_study(path)))
        if path.suffix == ".toml":
            return _toml_problems(path)
        if path.suffix.lower() in TABLE_SUFFIXES:
            return _table_problems(path, ids, config or Config(), codebook)
    except RefusedError as refused:
        return refused.problems
    raise RefusedError(
        error("path_unknown", path.name, "give a study folder, a clinical table (CSV, Excel) or a plan (TOML)")
    )


def whole_dictionary(chosen: str) -> str:
    """Return every column of every table as ``csv``, ``json`` or ``md``: clinical, findings and computed."""
    from features.dictionary import Format, all_columns, render
    from survival.clinical_schema import dictionary_columns

    return render((*dictionary_columns(), *all_columns()), Format(chosen))


def _is_configuration(path: Path) -> bool:
    """Return whether a TOML file sets what a configuration sets, rather than declaring a plan."""
    try:
        return bool(set(tomllib.loads(path.read_text(encoding="utf-8"))) & set(Config.model_fields))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False


def _toml_problems(path: Path) -> tuple[Problem, ...]:
    from survival.baseline import baseline_problems
    from survival.plan import load_plan

    if path.name == CONFIG_NAME or _is_configuration(path):
        load_config(path)
        return ()
    return tuple(baseline_problems(load_plan(path)))


def _table_problems(path: Path, ids: Path | None, config: Config, codebook: Path | None) -> tuple[Problem, ...]:
    from survival.clinical import check_clinical

    known = known_ids(StudyFolder(root=path.parent), ids) if ids is not None else None
    chosen = codebook or declared_codebook(config, path.parent)
    return check_clinical(path, ids=known, parameters=config.survival, codebook=chosen)


def _study_problems(folder: StudyFolder) -> Iterator[Problem]:
    """Yield what is wrong with a study: configuration, images, masks, discs, findings, and the log of the readings."""
    if folder.config.is_file():
        try:
            load_config(folder.config)
        except RefusedError as refused:
            yield from refused.problems
    try:
        json.loads((folder.root / "dataset_description.json").read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        yield error("description_unreadable", "dataset_description.json", "not valid JSON; run iscm ingest again")
    studies = folder.studies()
    if not studies:
        yield error("study_empty", folder.root.name, "no session with images; see derivatives/ingest/series.csv")
    for study in studies:
        yield from _session_problems(folder, study)
    yield from _reading_problems(folder)


def _reading_problems(folder: StudyFolder) -> Iterator[Problem]:
    from reader.check import reading_problems

    yield from reading_problems(folder)


def _session_problems(folder: StudyFolder, study: StudyId) -> Iterator[Problem]:
    from mri.nifti import read_volume
    from segmentation.store import authors, load_annotation

    try:
        loaded = folder.load(study)
    except RefusedError as refused:
        yield from refused.problems
        return
    for series in loaded.series:
        try:
            read_volume(folder.image(series))
        except RefusedError as refused:
            yield from refused.problems
    for author in authors(folder, study):
        yield from load_annotation(folder, loaded, author).problems
