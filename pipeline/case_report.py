"""The pages of all sessions as one report: what was imaged, proposed and measured, without any analysis."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from features.parameters import FeatureParameters
from mri.bids import StudyFolder, read_table, write_text
from mri.study import Series
from mri.volume import Volume
from survival.report import RESEARCH_ONLY, Section, anchor
from survival.templating import templates_of

TITLE = "Imaging report: what was imaged, drawn and measured"
KEPT_IMAGES = 8
"""Images of a session kept in memory: all that most sessions have."""


def case_sections(folder: StudyFolder, parameters: FeatureParameters | None = None) -> list[Section]:
    """Return the page of each measured session: pictures, outlines, levels and the measured numbers.

    Parameters
    ----------
    folder : StudyFolder
    parameters : FeatureParameters, optional
        Those that the tables were measured with.
    """
    from pipeline.case_pages import case_section
    from pipeline.cases import choose_case
    from pipeline.lesion_pictures import lesion_pictures

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
        read = _reader(folder)
        own = [row for row in lesions if (row["participant_id"], row["session_id"]) == ids]
        sections.append(
            case_section(
                study,
                read,
                choice.case.masks if choice.case else (),
                choice.case.discs if choice.case else None,
                own,
                patients[ids],
                scans=read_table(folder.scans_table(study_id)),
                places=lesion_pictures(choice.case, read, own, parameters) if choice.case else (),
                synthetic=study_id.participant in synthetic,
            )
        )
    return sections


def _reader(folder: StudyFolder) -> Callable[[Series], Volume]:
    """Return a reader of the images of one session that keeps the last few: several pictures are cut from each."""
    from mri.nifti import read_volume

    @lru_cache(maxsize=KEPT_IMAGES)
    def read(series: Series) -> Volume:
        return read_volume(folder.image(series))

    return read


def write_case_report(folder: StudyFolder, sections: Sequence[Section]) -> Path:
    """Write ``cases.html`` beside the feature tables and return its path."""
    template = templates_of("pipeline").get_template("cases.html")
    page = template.render(title=TITLE, sections=sections, research_only=RESEARCH_ONLY, anchor=anchor)
    path = folder.features() / "cases.html"
    write_text(path, page)
    return path


def _synthetic(folder: StudyFolder) -> set[str]:
    """Return the participants whom the cohort marks as made."""
    if not folder.cohort.is_file():
        return set()
    return {row["participant_id"] for row in read_table(folder.cohort) if row.get("synthetic") == "1"}
