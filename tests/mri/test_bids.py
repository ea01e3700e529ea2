"""Names and tables of the study folder."""

import os
from pathlib import Path

import numpy as np
import pytest

from mri.bids import SCANS_COLUMNS, StudyFolder, read_table, write_json, write_table, write_text
from mri.nifti import write_volume
from mri.problems import RefusedError
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import Volume
from tests.mri.test_geometry import plain

STUDY = StudyId(participant="p1", session="01")


def a_series(**changes: object) -> Series:
    """Return a sagittal T1 series after contrast."""
    values: dict[str, object] = {
        "study": STUDY,
        "acquisition": "sagCT1",
        "suffix": "T1w",
        "weighting": Weighting.T1,
        "plane": Plane.SAGITTAL,
        "contrast": Contrast.YES,
        "geometry": plain(),
        "stations": "C",
        "frame_of_reference": "2.25.1",
        "series_number": 7,
    }
    return Series(**(values | changes))  # type: ignore[arg-type]


def write_scan(folder: StudyFolder, series: Series) -> None:
    """Put one image and its row into a study."""
    image = folder.image(series)
    write_volume(image, Volume(array=np.zeros((4, 5, 6), np.int16), geometry=series.geometry))
    row = {
        "filename": image.relative_to(folder.session(series.study)).as_posix(),
        "weighting": series.weighting,
        "plane": series.plane,
        "stations": series.stations,
        "contrast": series.contrast,
        "fat_suppression": "yes",
        "field_strength_t": series.field_strength_t,
        "frame_of_reference": series.frame_of_reference,
        "series_number": series.series_number,
    }
    write_table(folder.scans_table(series.study), SCANS_COLUMNS, [row])


def test_names_follow_bids() -> None:
    """Acquisition, contrast, run and suffix stand in the order that the validator wants."""
    assert a_series(run=2).name == "sub-p1_ses-01_acq-sagCT1_ce-gadolinium_run-2_T1w"
    assert a_series(contrast=Contrast.NO).name == "sub-p1_ses-01_acq-sagCT1_T1w"


def test_ids_that_are_no_labels_are_refused() -> None:
    """A path can never be steered by an id."""
    with pytest.raises(RefusedError, match="id_not_alphanumeric"):
        StudyId(participant="../x", session="01")


def test_private_folder_lies_beside_the_study(tmp_path: Path) -> None:
    """Nothing secret is ever inside the study."""
    folder = StudyFolder(root=tmp_path / "study")
    assert folder.private == tmp_path / "study.private"
    assert folder.key.parent == folder.made_ids.parent == folder.private


def test_a_series_survives_the_study_folder(tmp_path: Path) -> None:
    """What load returns is what was written."""
    folder, series = StudyFolder(root=tmp_path), a_series(run=3, fat_suppressed=True, field_strength_t=1.5)
    write_scan(folder, series)
    assert folder.studies() == (STUDY,)
    (found,) = folder.load(STUDY).series
    assert found.name == series.name
    assert (found.run, found.stations, found.fat_suppressed, found.series_number) == (3, "C", True, 7)
    assert found.field_strength_t == 1.5
    assert found.geometry.same_grid(series.geometry)


def test_a_listed_image_that_is_gone_is_refused(tmp_path: Path) -> None:
    """scans.tsv may name only files that exist."""
    folder, series = StudyFolder(root=tmp_path), a_series()
    write_scan(folder, series)
    folder.image(series).unlink()
    with pytest.raises(RefusedError, match="scan_missing"):
        folder.load(STUDY)


@pytest.mark.parametrize(("name", "empty"), [("t.tsv", "n/a"), ("t.csv", "")])
def test_tables_write_missing_values_as_their_format_does(tmp_path: Path, name: str, empty: str) -> None:
    """BIDS writes n/a, CSV nothing, and both read back as the empty string."""
    path = tmp_path / name
    write_table(path, ("a", "b"), [{"a": 'x,"y', "b": None}])
    assert path.read_text(encoding="utf-8").splitlines()[1].endswith(empty)
    assert read_table(path) == [{"a": 'x,"y', "b": ""}]


def test_json_refuses_nan(tmp_path: Path) -> None:
    """NaN is no JSON; nothing is left of the attempt."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader sees the old text or the new one, never a part."""
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
