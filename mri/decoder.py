"""Decode compressed DICOM files, and take frames out of some; a program of its own, so that none harms the ingest.

A header of RLE that claims 65535 × 65535 pixels ends the interpreter. It reads ``[[source, target, frames, at],
…]`` as JSON from its standard input, no frames meaning all and ``at`` being where plain pixels begin in the source (0
where that is not known), and imports nothing of ours.
"""

import errno
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DECODED, NO_DECODER, UNDECODABLE, OUT_OF_MEMORY, NO_ROOM = 0, 3, 4, 5, 6
"""Exit status."""
_PIXELS = 0x7FE00010
_LARGE_BYTES = 1 << 20
"""Elements that may be left in the file: its pixels."""


def main(memory_bytes: int) -> int:
    """Decode every pair of files and return the exit status."""
    _limit(memory_bytes)
    try:
        for source, target, frames, at in json.load(sys.stdin):
            if not _decode(source, target, frames, at):
                return NO_DECODER
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as failure:
        return NO_ROOM if failure.errno in (errno.ENOSPC, errno.EDQUOT) else UNDECODABLE
    except Exception:  # noqa: BLE001 - whatever a codec raises, the file is not decodable
        return UNDECODABLE
    return DECODED


def _limit(memory_bytes: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, AttributeError, OSError, ValueError):
        return


def _decode(source: str, target: str, frames: list[int], at: int) -> bool:
    """Write one file as plain pixels; return False if no installed codec knows its transfer syntax."""
    from pydicom import config, dcmread
    from pydicom.filereader import read_file_meta_info
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID, ExplicitVRLittleEndian

    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    syntax = UID(read_file_meta_info(source).TransferSyntaxUID)
    # plain pixels of which only some are wanted are left in the file
    dataset = dcmread(source, defer_size=_LARGE_BYTES if frames and at else None)
    try:
        if syntax.is_encapsulated and not get_decoder(syntax).is_available:
            return False
    except NotImplementedError:  # what pydicom raises for a syntax it has no decoder for
        return False
    if syntax.is_encapsulated:
        dataset.decompress(generate_instance_uid=False)
    if syntax.is_deflated:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if frames:
        _keep(dataset, frames, source, at)
    dataset.save_as(target)
    return True


def _keep(dataset: "Dataset", frames: list[int], source: str, at: int) -> None:
    """Leave these frames in a data set of plain pixels, with their functional groups."""
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    groups = dataset.PerFrameFunctionalGroupsSequence
    with Path(source).open("rb") if at else io.BytesIO(dataset.PixelData) as pixels:
        kept = b"".join(_frame(pixels, at + k * size, size) for k in frames)
    # taken out first: to set a value that is still in the file would read it
    del dataset[_PIXELS]
    dataset.add_new(_PIXELS, "OW", kept + bytes(len(kept) % 2))
    dataset.PerFrameFunctionalGroupsSequence = [groups[k] for k in frames]
    dataset.NumberOfFrames = len(frames)


def _frame(pixels: BinaryIO, at: int, size: int) -> bytes:
    pixels.seek(at)
    return pixels.read(size)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
