"""The pages of all sessions as one report: what was imaged, proposed and measured, without any analysis."""

from collections.abc import Sequence
from pathlib import Path

from mri.bids import StudyFolder, read_table, write_text
from survival.report import RESEARCH_ONLY, Section, anchor

TITLE = "Imaging report: what was imaged, drawn and measured"


def case_sections(folder: StudyFolder) -> list[Section]:
    """Return the page of each measured session: pictures, outlines, levels and the measured numbers."""
    from mri.nifti import read_volume
    from pipeline.case_pages import case_section
    from pipeline.cases import choose_case

    lesions = read_table(folder.features() / "lesions.csv")
    patients = {
        (row["participant_id"], row["session_id"]): row for row in read_table(folder.features() / "patients.csv")
    }
    synthetic = _synthetic(folder)
    sections = []
    for study_id in folder.studies():
        ids = (study_id.participant, study_id.session)
        if ids not in patients:
            continue
        study = folder.load(study_id)
        choice = choose_case(folder, study, patients[ids]["author"] or None)
        own = [row for row in lesions if (row["participant_id"], row["session_id"]) == ids]
        sections.append(
            case_section(
                study,
                lambda series: read_volume(folder.image(series)),
                choice.case.masks if choice.case else (),
                choice.case.discs if choice.case else None,
                own,
                patients[ids],
                scans=read_table(folder.scans_table(study_id)),
                synthetic=study_id.participant in synthetic,
            )
        )
    return sections


def write_case_report(folder: StudyFolder, sections: Sequence[Section]) -> Path:
    """Write ``cases.html`` beside the feature tables and return its path."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("cases.html").render(
        title=TITLE, sections=sections, research_only=RESEARCH_ONLY, anchor=anchor
    )
    path = folder.features() / "cases.html"
    write_text(path, page)
    return path


def _synthetic(folder: StudyFolder) -> set[str]:
    """Return the participants whom the cohort marks as made."""
    if not folder.cohort.is_file():
        return set()
    return {row["participant_id"] for row in read_table(folder.cohort) if row.get("synthetic") == "1"}
