"""Files changed at random: no crash, no hang, no file unlisted, and what is kept is what the files say."""

import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from mri.bids import read_table
from mri.ingest import ingest
from mri.problems import RefusedError
from tests.mri.dicom_files import make_series, save, study_folder
from tests.mri.faults import wrong_slices

ROUNDS, SERIES, SLICES = 24, 5, 5
MOST_SECONDS = 30.0


def _change(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] = chance.randrange(256)


def _length(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    content[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x10"])


def _cut(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    del content[at : at + chance.randrange(1, 60)]


def _end(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def _insert(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    content[at:at] = bytes(chance.randrange(256) for _ in range(8))


def _repeat(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    content[at:at] = content[at : at + chance.randrange(1, 200)]


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (_change, _length, _cut, _end, _insert, _repeat)


def mutate(path: Path, chance: random.Random) -> None:
    """Change a file in one to ten places."""
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 1, 3, 10])):
        chance.choice(WAYS)(content, chance)
        content = content or bytearray(1)
    path.write_bytes(bytes(content))


def write_round(folder: Path, seed: int) -> Path:
    """Write five series of several syntaxes, every file of them mutated."""
    chance = random.Random(seed)
    series = [make_series(number, slices=SLICES) for number in range(1, SERIES + 1)]
    for dataset in series[1]:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    for dataset in series[2]:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    if seed % 4 == 0:
        for dataset in series[3]:
            dataset.compress(RLELossless, generate_instance_uid=False)
    source = save(folder, *series)
    for number, path in enumerate(sorted(source.iterdir())):
        # some series stay nearly whole, so that they are converted and not only refused
        if number // SLICES in (0, 4) and number % SLICES != seed % SLICES:
            content = bytearray(path.read_bytes())
            content[chance.randrange(128)] ^= 0xFF
            path.write_bytes(bytes(content))
        else:
            mutate(path, chance)
    return source


def packed(source: Path) -> Path:
    """Pack a folder."""
    path = source.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, file.name)
    return path


@pytest.mark.parametrize("quarter", range(4))
def test_six_hundred_mutated_files_stop_nothing(tmp_path: Path, quarter: int) -> None:
    """In 24 ingests of 25 mutated files, every third as an archive: each file is listed, no kept voxel is wrong."""
    kept = 0
    for seed in range(quarter, ROUNDS, 4):
        source = write_round(tmp_path / f"in{seed}", seed)
        folder, start = study_folder(tmp_path / str(seed)), time.monotonic()
        try:
            result = ingest(packed(source) if seed % 3 == 0 else source, folder)
        except RefusedError as refused:
            assert refused.problems[0].code == "no_dicom"  # noqa: PT017 - else it must not raise
            continue
        assert time.monotonic() - start < MOST_SECONDS
        assert len(read_table(folder.private / "received.csv")) == SERIES * SLICES
        assert wrong_slices(folder, result, source) == []
        kept += result.kept
    assert kept > 0
