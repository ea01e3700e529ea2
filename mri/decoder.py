"""Decode compressed DICOM files, and take frames out of some; a program of its own, so that none harms the ingest.

A header of RLE that claims 65535 × 65535 pixels ends the interpreter. It reads ``[[source, target, frames], …]`` as
JSON from its standard input, no frames meaning all, and imports nothing of ours.
"""

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DECODED, NO_DECODER, UNDECODABLE, OUT_OF_MEMORY = 0, 3, 4, 5
"""Exit status."""


def main(memory_bytes: int) -> int:
    """Decode every pair of files and return the exit status."""
    _limit(memory_bytes)
    try:
        for source, target, frames in json.load(sys.stdin):
            if not _decode(source, target, frames):
                return NO_DECODER
    except MemoryError:
        return OUT_OF_MEMORY
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


def _decode(source: str, target: str, frames: list[int]) -> bool:
    """Write one file as plain pixels; return False if no installed codec knows its transfer syntax."""
    from pydicom import config, dcmread
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import ExplicitVRLittleEndian

    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    dataset = dcmread(source)
    syntax = dataset.file_meta.TransferSyntaxUID
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
        _keep(dataset, frames)
    dataset.save_as(target)
    return True


def _keep(dataset: "Dataset", frames: list[int]) -> None:
    """Leave these frames in a data set of plain pixels, with their functional groups."""
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    pixels, groups = dataset.PixelData, dataset.PerFrameFunctionalGroupsSequence
    dataset.PixelData = b"".join(pixels[k * size : (k + 1) * size] for k in frames)
    dataset.PerFrameFunctionalGroupsSequence = [groups[k] for k in frames]
    dataset.NumberOfFrames = len(frames)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
