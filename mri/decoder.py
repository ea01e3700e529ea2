"""Decode compressed DICOM files; run as a program of its own, so that no file can harm the ingest.

A header of RLE that claims 65535 × 65535 pixels ends the interpreter. It reads ``[[source, target], …]`` as JSON from
its standard input and imports nothing of ours.
"""

import json
import sys

DECODED, NO_DECODER, UNDECODABLE, OUT_OF_MEMORY = 0, 3, 4, 5
"""Exit status."""


def main(memory_bytes: int) -> int:
    """Decode every pair of files and return the exit status."""
    _limit(memory_bytes)
    try:
        for source, target in json.load(sys.stdin):
            if not _decode(source, target):
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


def _decode(source: str, target: str) -> bool:
    """Write one file as plain pixels; return False if no installed codec knows its transfer syntax."""
    from pydicom import config, dcmread
    from pydicom.pixels.decoders.base import get_decoder

    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    dataset = dcmread(source)
    try:
        if not get_decoder(dataset.file_meta.TransferSyntaxUID).is_available:
            return False
    except NotImplementedError:  # what pydicom raises for a syntax it has no decoder for
        return False
    dataset.decompress(generate_instance_uid=False)
    dataset.save_as(target)
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
