"""Whose annotation of a session is measured, and that an unsigned consensus takes nobody's place."""

from pathlib import Path
from typing import Literal

import pytest

from mri.bids import StudyFolder, write_json
from mri.nifti import write_label_map
from mri.problems import RefusedError
from mri.study import Study
from pipeline.cases import CaseChoice, choose_case
from pipeline.config import Config
from pipeline.steps import SessionTask, measure
from reader.serve import check_reader
from segmentation.plugin_parameters import PluginParameters
from tests.pipeline.small_study import STUDY, make_study, sagittal_grid
from tests.segmentation.test_importing import ball

State = Literal["in_work", "signed", ""]


@pytest.fixture
def study(tmp_path: Path) -> tuple[StudyFolder, Study]:
    """Make a study of one session."""
    return make_study(tmp_path / "study")


def drawn(folder: StudyFolder, study: Study, author: str, state: State) -> None:
    """Draw a lesion as an author, with findings in a state, or without any."""
    write_label_map(folder.mask(study.series[0], "t2hyper", author), ball(sagittal_grid()))
    if state:
        findings = {"format": 1, "author": author, "state": state, "lesions": {}, "patient": {}, "approvals": []}
        write_json(folder.findings(STUDY, author), findings)


def chosen(folder: StudyFolder, study: Study, *drawers: tuple[str, State]) -> CaseChoice:
    """Return whose annotation is measured of those that drew."""
    for author, state in drawers:
        drawn(folder, study, author, state)
    return choose_case(folder, study)


@pytest.mark.parametrize("state", ["", "in_work"])
def test_an_unsigned_consensus_takes_nobodys_place(study: tuple[StudyFolder, Study], state: State) -> None:
    """A consensus mask without a signature leaves the signed reader's numbers there, with a warning."""
    choice = chosen(*study, ("auto", ""), ("AB", "signed"), ("consensus", state))
    assert choice.annotation is not None
    assert choice.annotation.author == "AB"
    assert [problem.code for problem in choice.annotation.problems] == ["consensus_unsigned"]


def test_a_signed_consensus_comes_first(study: tuple[StudyFolder, Study]) -> None:
    """Signed, it is measured though two readers signed too."""
    choice = chosen(*study, ("AB", "signed"), ("CD", "signed"), ("consensus", "signed"))
    assert choice.annotation is not None
    assert (choice.annotation.author, choice.annotation.problems) == ("consensus", ())


def test_two_readers_and_a_consensus_in_work_say_so_in_the_table(study: tuple[StudyFolder, Study]) -> None:
    """The row has the status and the reason, and the warning stands among the problems."""
    folder, _ = study
    chosen(*study, ("AB", "signed"), ("CD", "signed"), ("consensus", ""))
    rows = measure(SessionTask(root=folder.root, study=STUDY, config=Config()))
    assert rows.patient["status"] == "needs_consensus"
    assert "not signed" in str(rows.patient["error"])
    assert [problem.code for problem in rows.problems] == ["consensus_unsigned"]


@pytest.mark.parametrize("name", ["auto", "AUTO", "consensus", "Consensus"])
def test_reserved_names_are_one_set(name: str) -> None:
    """A plug-in and a reader are refused the same names; only the page where two settle their reads is 'consensus'."""
    with pytest.raises(ValueError, match="none of auto, consensus"):
        PluginParameters(name=name, region="cord", command=("a", "{input}", "{output}"))
    if name == "consensus":
        check_reader(name)
        return
    with pytest.raises(RefusedError) as refused:
        check_reader(name)
    assert refused.value.problems[0].code == "reader_name_taken"
