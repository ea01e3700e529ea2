"""Run numbers: none for a name of its own, one for each of those that share a name, in one import or in several."""

from pathlib import Path

from mri.bids import StudyFolder
from mri.ingest import ingest
from tests.mri.dicom_files import make_series, save, study_folder


def _images(folder: StudyFolder) -> list[str]:
    (study,) = folder.studies()
    return sorted(p.name.split("_", 2)[2] for p in (folder.session(study) / "anat").glob("*.nii.gz"))


def test_a_name_of_its_own_has_no_run(tmp_path: Path) -> None:
    """One image of its sort."""
    folder = study_folder(tmp_path)
    ingest(save(tmp_path / "in", make_series(1)), folder)
    assert [name for name in _images(folder) if "run-" in name] == []


def test_two_that_come_together_are_run_1_and_run_2(tmp_path: Path) -> None:
    """Neither is taken for the only one, whichever is written first."""
    folder = study_folder(tmp_path)
    ingest(save(tmp_path / "in", make_series(1), make_series(2)), folder)
    names = _images(folder)
    assert [name.partition("run-")[2][:1] for name in names] == ["1", "2"]


def test_one_that_comes_later_takes_the_next_run(tmp_path: Path) -> None:
    """The image that is there keeps its name and counts as run 1."""
    folder = study_folder(tmp_path)
    ingest(save(tmp_path / "first", make_series(1)), folder)
    (first,) = _images(folder)
    ingest(save(tmp_path / "second", make_series(1), make_series(2)), folder)
    names = _images(folder)
    assert first in names
    assert [name for name in names if "run-2" in name] == [name for name in names if name != first]
    assert len(names) == 2
