"""One case from all the files it may have: axial, T2* and STIR images, a reader's answers, and faulty ones."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mri.geometry import Geometry
from mri.nifti import write_label_map, write_volume
from mri.volume import LabelMap, Volume
from pipeline.cli import status_of
from segmentation.disc_files import discs_as_json
from tests.features.painted import CORD_LEVEL, FLUID_T1, FLUID_T2, Paint, image
from tests.features.scene import CORD_RADIUS_MM, axial_grid, discs, draw, sagittal_grid, tube

SAGITTAL, AXIAL = sagittal_grid(5.0, 16.0), axial_grid(9.0, 12.0)
LESION = tube(10.0, 11.0, 3.0)
CORD = tube(4.0, 17.0, CORD_RADIUS_MM)


@dataclass(frozen=True)
class Folder:
    """Writes files and runs the command on them."""

    place: Path
    capsys: pytest.CaptureFixture[str]

    def mask(self, name: str, grid: Geometry = SAGITTAL) -> str:
        """Write a mask of the lesion, or of the cord."""
        return self.labels(name, draw(grid, CORD if name == "cord" else LESION))

    def labels(self, name: str, labels: LabelMap) -> str:
        """Write labels."""
        write_label_map(self.place / f"my_{name}.nii.gz", labels)
        return str(self.place / f"my_{name}.nii.gz")

    def image(self, name: str, grid: Geometry, around: float, painted: list[Paint]) -> str:
        """Write an image of the cord with something in it."""
        volume = image(grid, around, painted)
        path = self.place / f"my_{name}.nii.gz"
        write_volume(path, Volume(array=volume.array.astype(np.float32), geometry=grid))
        return str(path)

    def json(self, name: str, content: object) -> str:
        """Write a JSON file."""
        path = self.place / f"my_{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def usual(self) -> dict[str, str]:
        """Return the options of a lesion on a sagittal series with cord and discs."""
        return {
            "--enhancing": self.mask("enhancing"),
            "--cord": self.mask("cord"),
            "--discs": self.json("discs", discs_as_json(discs())),
        }

    def run(self, options: dict[str, str], status: int = 0) -> tuple[dict[str, Any], str]:
        """Return the JSON and what is said on standard error."""
        words = [word for pair in options.items() for word in pair]
        assert status_of(["measure-case", *words, "--no-intervals", "--json"]) == status
        said = self.capsys.readouterr()
        return (json.loads(said.out) if said.out else {}), said.err


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    """Return an empty folder."""
    return Folder(tmp_path, capsys)


def test_an_axial_mask_gives_the_transverse_size(folder: Folder) -> None:
    """Without an axial series TR is refused, with a mask on one it is 6 mm, also without its image."""
    plain = folder.run(folder.usual())[0]["lesions"][0]
    assert (plain["enh_tr_mm"], plain["enh_tr_mm_missing_reason"]) == (None, "no_axial")
    axial = {"--axial-enhancing": folder.mask("axial", AXIAL)}
    (row,) = folder.run(folder.usual() | axial)[0]["lesions"]
    assert row["enh_tr_mm"] == pytest.approx(6.0, abs=1.0)
    assert row["enh_length_mm"] == pytest.approx(plain["enh_length_mm"], abs=0.1)
    (alone,) = folder.run({"--cord": folder.mask("cord"), **axial})[0]["lesions"]
    assert alone["enh_tr_mm"] == pytest.approx(6.0, abs=1.0)


def test_an_axial_series_gives_the_position(folder: Folder) -> None:
    """In the middle of the cord: central where an axial series shows it."""
    axial = {"--axial-enhancing": folder.mask("axial", AXIAL)}
    axial |= {"--axial-t1post": folder.image("t1post", AXIAL, FLUID_T1, [(LESION, 2 * CORD_LEVEL)])}
    (row,) = folder.run(folder.usual() | axial)[0]["lesions"]
    assert row["position"] == "central"


def test_an_axial_t2_mask_gives_the_position_of_what_does_not_enhance(folder: Folder) -> None:
    """Drawn half way to the left on both series: eccentric with the axial mask, not said without; T2 extents stay.

    Alone the axial mask gives the lesion and its position, and no T2 extent.
    """
    aside = tube(10.0, 11.0, 2.0, (2.5, 0.0))
    sagittal = {
        "--cord": folder.mask("cord"),
        "--discs": folder.json("discs", discs_as_json(discs())),
        "--t2hyper": folder.labels("t2hyper", draw(SAGITTAL, aside)),
    }
    axial = {"--axial-t2hyper": folder.labels("axial_t2", draw(AXIAL, aside))}
    (plain,) = folder.run(sagittal)[0]["lesions"]
    (row,) = folder.run(sagittal | axial)[0]["lesions"]
    assert (plain["position"], row["position"], row["position_side"]) == (None, "eccentric", "left")
    assert [row[name] for name in plain if name.startswith("t2_")] == [v for k, v in plain.items() if k[:3] == "t2_"]
    del sagittal["--t2hyper"]
    (alone,) = folder.run(sagittal | axial)[0]["lesions"]
    assert (alone["position"], alone["lesion_basis"], alone["t2_length_mm"]) == ("eccentric", "t2", None)


def test_an_axial_t2_mask_is_drawn_on_axial_slices(folder: Folder) -> None:
    """Of sagittal slices it is refused by file and option; on another grid than its image too."""
    wrong = {"--axial-t2hyper": folder.mask("wrong")}
    assert "my_wrong.nii.gz" in (said := folder.run(folder.usual() | wrong, status=2)[1])
    assert "give it as --t2hyper" in said
    shorter = {"--axial-t2w": folder.image("t2w", axial_grid(9.0, 11.0), FLUID_T2, [])}
    axial = {"--axial-t2hyper": folder.mask("axial", AXIAL)}
    assert "not on the grid of the image given as --axial-t2w" in folder.run(axial | shorter, status=2)[1]


def test_gradient_echo_and_t1_give_haemorrhage(folder: Folder) -> None:
    """Dark on T2 and on the gradient echo is haemorrhage; without the gradient echo it is not said to be."""
    dark, bright = [(LESION, 0.5 * CORD_LEVEL)], [(LESION, 2 * CORD_LEVEL)]
    options = folder.usual() | {
        "--t2w": folder.image("t2w", SAGITTAL, FLUID_T2, dark),
        "--t1pre": folder.image("t1pre", SAGITTAL, FLUID_T1, [(LESION, CORD_LEVEL)]),
        "--t1post": folder.image("t1post", SAGITTAL, FLUID_T1, bright),
    }
    assert folder.run(options)[0]["lesions"][0]["hemorrhage"] != "present"
    gre = {"--gre": folder.image("gre", AXIAL, FLUID_T2, dark)}
    said = folder.run(options | gre)[0]
    assert said["lesions"][0]["hemorrhage"] == "present"
    assert said["patient"]["has_gre"] is True


@pytest.mark.parametrize(
    ("option", "grid", "sequence"),
    [
        ("--axial-t2w", AXIAL, "t2_ax"),
        ("--axial-t1pre", AXIAL, "t1_ax_pre"),
        ("--axial-t1post", AXIAL, "t1_ax_gd"),
        ("--gre", AXIAL, "gre_ax"),
        ("--stir", SAGITTAL, "stir_sag"),
    ],
)
def test_each_image_stands_in_the_study_sheet(folder: Folder, option: str, grid: Geometry, sequence: str) -> None:
    """What was acquired follows from the option and the slices."""
    options = {"--cord": folder.mask("cord"), "--enhancing": folder.mask("enhancing")}
    before = folder.run(options)[0]["patient"]
    after = folder.run(options | {option: folder.image("more", grid, FLUID_T2, [])})[0]["patient"]
    assert (before[f"series_{sequence}"], after[f"series_{sequence}"]) == ("no", "yes")


def test_a_sagittal_image_is_not_called_axial(folder: Folder) -> None:
    """Slices that are thick across another direction are refused with the right option."""
    wrong = {"--axial-t2w": folder.image("t2w", SAGITTAL, FLUID_T2, [])}
    said = folder.run(folder.usual() | wrong, status=2)[1]
    assert "my_t2w.nii.gz" in said
    assert "give it as --t2w" in said


def test_a_readers_answers_enter(folder: Folder) -> None:
    """An answer of findings.json stands in the row as the reader's; a word out of the vocabulary is refused by file."""
    answer = {"rim_sign": {"value": "present", "source": "reader"}}
    content = {"format": 1, "author": "AB", "state": "in_work", "lesions": {"1": answer}, "patient": {}}
    content["approvals"] = []
    (row,) = folder.run(folder.usual() | {"--findings": folder.json("findings", content)})[0]["lesions"]
    assert (row["rim_sign"], row["rim_sign_source"]) == ("present", "reader")
    answer["rim_sign"]["value"] = "perhaps"
    said = folder.run(folder.usual() | {"--findings": folder.json("findings", content)}, status=2)[1]
    assert "my_findings.json" in said
    assert "perhaps" in said


@pytest.mark.parametrize("name", ["cyst", "hemorrhage"])
def test_a_mask_that_no_number_rests_on_says_so(folder: Folder, name: str) -> None:
    """A mask of cysts or haemorrhage is checked and hashed, changes no row, and a note says so."""
    before = folder.run(folder.usual())[0]
    after, _ = folder.run(folder.usual() | {f"--{name}": folder.mask(name)})
    assert after["lesions"] == before["lesions"]
    assert [(p["code"], p["where"]) for p in after["problems"]] == [("mask_without_column", f"my_{name}.nii.gz")]
    assert name in after["provenance"]["inputs"]


def test_lesions_keep_their_numbers_across_series(folder: Folder) -> None:
    """Lesion 2 of the sagittal mask is lesion 2 of the axial one."""
    second = tube(13.0, 14.0, 2.0)
    options = folder.usual() | {
        "--enhancing": folder.labels("two", draw(SAGITTAL, second, LESION, numbered=True)),
        "--axial-enhancing": folder.labels("axial", LabelMap(array=2 * draw(AXIAL, LESION).array, geometry=AXIAL)),
    }
    first, other = folder.run(options)[0]["lesions"]
    assert first["enh_tr_mm"] is None
    assert other["enh_tr_mm"] == pytest.approx(6.0, abs=1.0)


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_an_image_given_as_the_cord_is_told(folder: Folder, kind: type) -> None:
    """Many values, fractional or whole, negative too, are an image and not a mask of the cord."""
    values = image(SAGITTAL, FLUID_T2, []).array.astype(kind)
    values[0, 0, 0] = -3
    path = folder.place / "my_t2.nii.gz"
    write_volume(path, Volume(array=values, geometry=SAGITTAL))
    said = folder.run(folder.usual() | {"--cord": str(path)}, status=2)[1]
    assert "my_t2.nii.gz: this looks like an image, not a mask of the cord" in said


@pytest.mark.parametrize("value", [0.0, np.nan, 7.0])
def test_an_image_that_shows_nothing_is_named(folder: Folder, value: float) -> None:
    """Its words were missing as if it did not cover the lesion: a warning says why, and the masks are measured."""
    path = folder.place / "my_blank.nii.gz"
    write_volume(path, Volume(array=np.full(SAGITTAL.shape, value, np.float32), geometry=SAGITTAL))
    found, said = folder.run(folder.usual() | {"--t1post": str(path)})
    assert "warning: my_blank.nii.gz: every voxel has the same value" in said
    assert found["lesions"][0]["enh_length_mm"] is not None


def test_an_empty_cord_is_told(folder: Folder) -> None:
    """Nobody is without a cord: the file is named, where before its numbers were missing as if none had been given."""
    empty = LabelMap(array=np.zeros(SAGITTAL.shape, np.uint8), geometry=SAGITTAL)
    said = folder.run(folder.usual() | {"--cord": folder.labels("empty", empty)}, status=2)[1]
    assert "my_empty.nii.gz: holds no voxel of the cord" in said
    assert "leave --cord out" in said


def test_a_folder_given_as_a_file_is_told(folder: Folder) -> None:
    """A folder is named as one, with the option."""
    said = folder.run(folder.usual() | {"--discs": str(folder.place)}, status=2)[1]
    assert f"{folder.place.name}: is a folder; give the file in it to --discs" in said


def test_a_gap_in_a_level_mask_names_the_vertebra(folder: Folder) -> None:
    """Without T5 the levels are refused under the file's name; what needs none of them is measured."""
    tubes = [tube(float(v), v + 1.0, CORD_RADIUS_MM) for v in range(1, 17)]
    levels = draw(SAGITTAL, *tubes, numbered=True)
    holed = np.where(levels.array == 12, 0, levels.array)
    path = folder.labels("levels", LabelMap(array=holed, geometry=SAGITTAL))
    said, err = folder.run(folder.usual() | {"--discs": path}, status=1)
    assert "my_levels.nii.gz: the level mask has no T5" in err
    assert said["lesions"][0]["enh_seg_frac"] is None
    assert said["lesions"][0]["enh_length_mm"] is not None


def test_messages_name_the_users_file(folder: Folder) -> None:
    """A lesion far from the cord is told of the mask's file, not of a series that nobody knows."""
    x, y, z = SAGITTAL.origin_mm
    moved = replace(SAGITTAL, origin_mm=(x + 60.0, y, z))
    far = folder.labels("far", LabelMap(array=draw(SAGITTAL, LESION).array, geometry=moved))
    said, err = folder.run(folder.usual() | {"--enhancing": far}, status=1)
    assert "case, my_far.nii.gz: lesion 1 is" in err
    assert "sub-case" not in err + json.dumps(said["problems"])
