"""From the features of a study to its report: join with the clinical table, analysis, a page per session."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mri.bids import StudyFolder, describe_dataset
from mri.problems import RefusedError, error
from pipeline.config import Config
from pipeline.out_folder import check_out
from pipeline.problem_table import EVERYTHING, StepProblem, record_problems

if TYPE_CHECKING:
    from survival.analysis import AnalysisResult
    from survival.join import JoinResult
    from survival.report import Section


def join_study(
    folder: StudyFolder,
    clinical: Path,
    config: Config,
    *,
    ids: Path | None = None,
    key: Path | None = None,
    codebook: Path | None = None,
) -> "JoinResult":
    """Join features and clinical table into cohort.csv, dates un-shifted in memory."""
    from survival.clinical import read_clinical
    from survival.join import join_tables, write_cohort

    features = folder.features()
    if not (features / "patients.csv").is_file():
        raise RefusedError(error("not_measured", folder.root.name, "no patients.csv; run iscm measure first"))
    table = read_clinical(
        clinical,
        ids=known_ids(folder, ids),
        parameters=config.survival,
        codebook=codebook or declared_codebook(config, folder.root),
    )
    participants = {study.participant for study in folder.studies()}
    result = join_tables(
        features / "patients.csv",
        table,
        lesions=features / "lesions.csv",
        parameters=config.survival,
        date_shift_days=date_shifts(key or folder.key, participants),
    )
    write_cohort(result, folder.analysis)
    record_problems(folder, "join", [StepProblem.of("join", problem) for problem in result.problems])
    name = "Prognostic analyses (research use only)"
    describe_dataset(folder.analysis, name, derivative=True, ignored=EVERYTHING)
    return result


def declared_codebook(config: Config, root: Path) -> Path | None:
    """Return the REDCap data dictionary that the configuration names, seen from the study folder."""
    named = config.survival.codebook
    return None if named is None else root / named


def analyse_cohort(
    cohort: Path,
    plan: str,
    out: Path,
    config: Config,
    sections: Sequence["Section"] = (),
    other_reader: Path | None = None,
) -> "AnalysisResult":
    """Run a plan on a cohort table and write its folder."""
    from survival.analysis import analyse
    from survival.plan import load_plan

    record = {"configuration": config.as_json()}
    declared = load_plan(plan)
    check_out(out)
    return analyse(
        cohort,
        declared,
        out,
        sections=sections,
        provenance=record,
        parameters=config.survival,
        other_reader=other_reader,
    )


def known_ids(folder: StudyFolder, ids: Path | None) -> Mapping[str, str] | None:
    """Return source patient id → participant id, from ``--ids`` or from the table that ingest made beside the study."""
    from mri.deidentify import read_ids

    if ids is None and not folder.made_ids.is_file():
        return None
    return read_ids(ids or folder.made_ids)


def date_shifts(key: Path, participants: set[str]) -> Mapping[str, int] | None:
    """Return the days each participant's dates were shifted by; None without the key."""
    from mri.deidentify import date_shift_days, load_key

    if not key.is_file():
        return None
    secret = load_key(key, create=False)
    return {participant: date_shift_days(secret, participant) for participant in participants}


def analyse_study(
    folder: StudyFolder, plan: str, config: Config, out: Path | None = None, other_reader: Path | None = None
) -> "AnalysisResult":
    """Analyse the joined cohort of a study; the report has a page per session."""
    from pipeline.case_report import case_sections
    from survival.plan import load_plan

    if not folder.cohort.is_file():
        raise RefusedError(error("not_joined", folder.root.name, "no cohort.csv; run iscm join first"))
    target = out or folder.analysis / load_plan(plan).name
    result = analyse_cohort(folder.cohort, plan, target, config, case_sections(folder, config.features), other_reader)
    record_problems(folder, "analyse", [StepProblem.of("analyse", problem) for problem in result.problems])
    return result
