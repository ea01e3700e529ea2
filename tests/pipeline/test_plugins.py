"""External segmenters: a stand-in program that behaves, and ones that fail in every way; the batch goes on."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mri.bids import StudyFolder
from mri.nifti import read_label_map, write_label_map
from mri.problems import Problem, RefusedError
from mri.study import Study
from mri.volume import LabelMap
from pipeline.config import load_config
from pipeline.plugins import run_plugins
from segmentation.plugin_parameters import PluginParameters
from segmentation.store import load_annotation
from tests.pipeline.small_study import STUDY, make_study

HEAD = "import sys, time, os\nimport nibabel as nib, numpy as np\nimage = nib.load(sys.argv[1])\n"
SAVE = "nib.Nifti1Image(out, affine).to_filename(sys.argv[2])\n"
BOX = "affine = image.affine\nout = np.zeros(image.shape, np.uint8)\nout[8:14, 5:30, 2:5] = 3\nout[0] = 1\n"
"""The stand-in is a program of its own: it reads and writes with a library of its own choice."""


@pytest.fixture
def study(tmp_path: Path) -> tuple[StudyFolder, Study]:
    """Make a study of one session."""
    return make_study(tmp_path / "study")


def plugin(tmp_path: Path, body: str, **options: object) -> PluginParameters:
    """Write a program and declare it as a plug-in for the cord on sagittal T2."""
    program = tmp_path / "program.py"
    program.write_text(HEAD + body, encoding="utf-8")
    fields: dict[str, object] = {
        "name": "standin",
        "region": "cord",
        "command": (sys.executable, str(program), "{input}", "{output}", "{contrast}"),
        "labels": (3,),
        "timeout_s": 60.0,
    }
    return PluginParameters(**(fields | options))  # type: ignore[arg-type]


def codes(problems: tuple[Problem, ...]) -> list[str]:
    """Return the codes of problems."""
    return [problem.code for problem in problems]


def sidecar(folder: StudyFolder, study: Study) -> Mapping[str, object]:
    """Return the provenance of the cord by the stand-in."""
    path = folder.mask(study.series[0], "cord", "standin")
    content: dict[str, Mapping[str, object]] = json.loads(
        path.with_name(path.name.replace(".nii.gz", ".json")).read_text()
    )
    return content["provenance"]


def test_its_output_becomes_an_author(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """Label 3 on the sagittal T2 alone, under its name, with command, version and hash of the output."""
    folder, session = study
    version = (sys.executable, "-c", "print('standin 1.2'); print('more')")
    given = plugin(tmp_path, BOX + "assert sys.argv[3] == 't2'\n" + SAVE, version_command=version)
    assert run_plugins(folder, session, (given,)) == ()
    masks = load_annotation(folder, session, "standin").masks
    assert [mask.series.acquisition for mask in masks] == ["sagCT2"]
    assert masks[0].labels.array.sum() == 6 * 25 * 3
    record = sidecar(folder, session)
    assert (record["method"], record["tool"], record["tool_version"]) == ("plugin", "standin", "standin 1.2")
    assert record["command"] == list(given.command)
    assert len(str(record["output_sha256"])) == 64


def test_it_is_run_again_only_where_something_changed(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """The same image, command and version: not run; another command, or redo: run."""
    folder, session = study
    count = tmp_path / "count"
    given = plugin(tmp_path, BOX + SAVE + f"open({str(count)!r}, 'a').write('x')\n")
    for options, runs in (((), 1), ((), 1), (("--fast",), 2)):
        run_plugins(folder, session, (plugin_with(given, options),))
        assert len(count.read_text()) == runs
    run_plugins(folder, session, (plugin_with(given, ("--fast",)),), redo=True)
    assert len(count.read_text()) == 3


def plugin_with(given: PluginParameters, more: tuple[str, ...]) -> PluginParameters:
    """Return a plug-in with more arguments."""
    from dataclasses import replace

    return replace(given, command=(*given.command, *more))


def test_axes_in_another_order_are_put_right(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A program that stores its output flipped and permuted loses nothing; one that moves it is refused."""
    folder, session = study
    turned = "out = out[::-1].transpose(2, 0, 1)\naffine = image.affine @ np.diag([-1.0, 1, 1, 1])\n"
    turned += "affine[:, 3] += image.affine[:, 0] * (image.shape[0] - 1)\naffine = affine[:, [2, 0, 1, 3]]\n"
    assert codes(run_plugins(folder, session, (plugin(tmp_path, BOX + turned + SAVE),))) == ["mask_reordered"]
    mask = read_label_map(folder.mask(session.series[0], "cord", "standin"))
    assert mask.array[8:14, 5:30, 2:5].all()
    assert mask.array.sum() == 6 * 25 * 3
    again = run_plugins(folder, session, (plugin(tmp_path, BOX + turned + SAVE),))
    assert codes(again) == ["mask_reordered"], "what was said of it is said again, though it is not run again"
    moved = BOX + "affine = affine.copy()\naffine[:3, 3] += 1.5\n" + SAVE
    assert codes(run_plugins(folder, session, (plugin(tmp_path, moved),), redo=True)) == ["mask_moved"]


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        ("sys.exit(3)\n", {}, "plugin_failed"),
        ("pass\n", {}, "plugin_no_output"),
        ("open(sys.argv[2], 'w').write('no image')\n", {}, "not_nifti"),
        (BOX + SAVE, {"labels": (7,)}, "segment_unknown"),
        (BOX + SAVE, {"labels": ()}, "segment_unclear"),
        (BOX + "out[:] = 3\n" + SAVE, {}, "plugin_implausible"),
        (BOX + SAVE, {"command": ("no-such-program", "{input}", "{output}")}, "plugin_missing"),
        (BOX + SAVE, {"command": (sys.executable, "{input}", "{output}", "{cord}")}, "plugin_no_cord"),
        (BOX + SAVE, {"weightings": ("GRE",)}, "plugin_no_series"),
    ],
)
def test_every_failure_is_a_problem_and_the_next_one_goes_on(
    study: tuple[StudyFolder, Study], tmp_path: Path, body: str, options: dict[str, object], code: str
) -> None:
    """What fails is named with the plug-in and the series, writes nothing, and another plug-in still runs."""
    folder, session = study
    broken = plugin(tmp_path, body, **options)
    good_place = tmp_path / "good"
    good_place.mkdir()
    good = plugin(good_place, BOX + SAVE, name="good")
    problems = run_plugins(folder, session, (broken, good))
    assert codes(problems) == [code]
    assert problems[0].where.startswith("plug-in standin")
    assert not folder.mask(session.series[0], "cord", "standin").exists()
    assert folder.mask(session.series[0], "cord", "good").is_file()


def test_one_that_hangs_is_ended_with_its_children(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """After the limit the program and what it started are gone."""
    folder, session = study
    alive = tmp_path / "alive"
    child = (
        f"import time, pathlib\nwhile True: pathlib.Path({str(alive)!r}).write_text(str(time.time())); time.sleep(.05)"
    )
    body = f"import subprocess\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)\n"
    problems = run_plugins(folder, session, (plugin(tmp_path, body, timeout_s=3.0),))
    assert codes(problems) == ["plugin_timeout"]
    time.sleep(0.3)
    last = alive.read_text()
    time.sleep(0.3)
    assert alive.read_text() == last


def test_arguments_are_not_a_shells(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A semicolon or a dollar in an argument is a character, not a command."""
    folder, session = study
    witness = tmp_path / "witness"
    given = plugin_with(plugin(tmp_path, BOX + SAVE), (f"; touch {witness}", f"$(touch {witness})"))
    assert run_plugins(folder, session, (given,)) == ()
    assert not witness.exists()


def test_what_was_corrected_in_place_is_kept(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A mask changed under the plug-in's name is neither lost to another command nor to redo, and that is said."""
    folder, session = study
    given = plugin(tmp_path, BOX + SAVE)
    assert run_plugins(folder, session, (given,)) == ()
    path = folder.mask(session.series[0], "cord", "standin")
    labels = read_label_map(path)
    corrected = labels.array.copy()
    corrected[8] = 0
    write_label_map(path, LabelMap(array=corrected, geometry=labels.geometry))
    for one, redo in ((given, False), (plugin_with(given, ("--fast",)), False), (given, True)):
        assert codes(run_plugins(folder, session, (one,), redo=redo)) == ["plugin_output_changed"]
        assert np.array_equal(read_label_map(path).array, corrected)
    path.unlink()
    assert run_plugins(folder, session, (given,)) == ()
    assert read_label_map(path).array[8].any()


def test_a_readers_mask_is_not_written_over(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A plug-in that bears a reader's name is refused on that series."""
    folder, session = study
    path = folder.mask(session.series[0], "cord", "standin")
    grid = session.series[0].geometry
    write_label_map(path, LabelMap(array=np.ones(grid.shape, dtype=np.uint8), geometry=grid))
    before = path.read_bytes()
    assert codes(run_plugins(folder, session, (plugin(tmp_path, BOX + SAVE),))) == ["plugin_name_taken"]
    assert path.read_bytes() == before


def test_folders_and_names_that_programs_insist_on(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """A program that reads a folder and names its output by itself (nnU-Net, TotalSpineSeg) is served."""
    folder, session = study
    body = (
        "place = sys.argv[1]\nassert os.listdir(place) == ['case_0000.nii.gz']\n"
        "image = nib.load(place + '/case_0000.nii.gz')\nos.makedirs(sys.argv[2] + '/step2', exist_ok=True)\n"
    )
    body += BOX + "nib.Nifti1Image(out, affine).to_filename(sys.argv[2] + '/step2/case.nii.gz')\n"
    given = plugin(tmp_path, "", input_name="case_0000.nii.gz", output_name="step2/case.nii.gz")
    program = tmp_path / "program.py"
    program.write_text("import sys, os\nimport nibabel as nib, numpy as np\n" + body, encoding="utf-8")
    command = (sys.executable, str(program), "{input_dir}", "{output_dir}")
    from dataclasses import replace

    assert run_plugins(folder, session, (replace(given, command=command),)) == ()


LEVELS = "affine = image.affine\nout = np.zeros(image.shape, np.uint8)\nout[12, 8, 3] = 63\nout[12, 26, 3] = 64\n"


def test_levels_by_a_map_of_their_integers(study: tuple[StudyFolder, Study], tmp_path: Path) -> None:
    """Integers of the program's own become named discs, unconfirmed; discs a few millimetres apart are implausible."""
    folder, session = study
    options = {"region": "levels", "labels": (), "level_map": {"C2-C3": 63, "C3-C4": 64}}
    assert run_plugins(folder, session, (plugin(tmp_path, LEVELS + SAVE, **options),)) == ()
    discs = load_annotation(folder, session, "standin").discs
    assert discs is not None
    assert discs.points["C3-C4"] == pytest.approx(session.series[0].geometry.to_world((12, 26, 3)), abs=1e-3)
    assert discs.flags == ("levels_unconfirmed",)
    path = folder.discs(session.id, "standin")
    content = json.loads(path.read_text())
    moved = content | {"points": content["points"] | {"C2-C3": [0.0, 0.0, 0.0]}}
    path.write_text(json.dumps(moved))
    given = plugin(tmp_path, LEVELS + SAVE, **options)
    assert codes(run_plugins(folder, session, (given,), redo=True)) == ["plugin_output_changed"]
    path.write_text(json.dumps(content))
    turned = LEVELS.replace("63", "0").replace("64", "63").replace("= 0", "= 64")
    assert codes(run_plugins(folder, session, (plugin(tmp_path, turned + SAVE, **options),), redo=True)) == [
        "plugin_implausible"
    ]
    near = LEVELS.replace("26", "11")
    assert codes(run_plugins(folder, session, (plugin(tmp_path, near + SAVE, **options),), redo=True)) == [
        "plugin_implausible"
    ]


def test_the_configuration_declares_it(tmp_path: Path) -> None:
    """What TOML says arrives; a wrong name, a command without places an unknown key: refused with their place."""
    path = tmp_path / "iscm.toml"
    good = '[[segmentation.plugin]]\nname = "sct"\nregion = "cord"\ncommand = ["sct_deepseg", "{input}", "{output}"]\n'
    path.write_text(good, encoding="utf-8")
    (declared,) = load_config(path).segmentation.plugin
    assert (declared.name, declared.command[0], declared.planes) == ("sct", "sct_deepseg", ("sag", "iso"))
    for old, new in (('"sct"', '"auto"'), ('"{output}"', '"x"'), ("region", "structure"), ('"cord"', '"brain"')):
        path.write_text(good.replace(old, new), encoding="utf-8")
        with pytest.raises(RefusedError) as refused:
            load_config(path)
        assert "segmentation.plugin" in refused.value.problems[0].where


def test_a_faulty_declaration_is_counted_as_people_count(tmp_path: Path) -> None:
    """The second of two is entry 2, and so is a fault in its list; the message is ours alone."""
    path = tmp_path / "iscm.toml"
    entry = '[[segmentation.plugin]]\nname = "{}"\nregion = "cord"\ncommand = ["x", "{{input}}", "{{output}}"]\n'
    path.write_text(entry.format("sct") + entry.format("auto"), encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        load_config(path)
    (problem,) = refused.value.problems
    assert problem.where == "iscm.toml, segmentation.plugin (entry 2)"
    assert problem.message.startswith("name 'auto' must be")
    path.write_text(entry.format("sct") + 'weightings = ["T2", "T9"]\n', encoding="utf-8")
    with pytest.raises(RefusedError, match=r"plugin \(entry 1\)\.weightings \(entry 2\): input should be"):
        load_config(path)


def test_a_batch_runs_it_after_the_programs_own_proposals(tmp_path: Path) -> None:
    """`propose` of a session gives both authors' problems; without plug-ins nothing of them is loaded."""
    from pipeline.propose_step import propose_with_plugins
    from pipeline.steps import SessionTask

    folder, session = make_study(tmp_path / "study")
    path = tmp_path / "iscm.toml"
    given = plugin(tmp_path, BOX + SAVE)
    lines = [f'name = "standin"\nregion = "cord"\nlabels = [3]\ncommand = {json.dumps(list(given.command))}']
    path.write_text("[[segmentation.plugin]]\n" + "\n".join(lines), encoding="utf-8")
    task = SessionTask(root=folder.root, study=STUDY, config=load_config(path))
    problems = propose_with_plugins(task)
    assert "plugin_failed" not in codes(problems)
    assert folder.mask(session.series[0], "cord", "standin").is_file()
