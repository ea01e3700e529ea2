"""The files of a stack as plain copies for the converter: no time of the examination, no compression, no surprise."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mri import decoder
from mri.child import run_limited
from mri.headers import ImageHeader, read_header, unreadable
from mri.parameters import MriParameters
from mri.pixels import DEFLATED_SYNTAX, FAULTS, NATIVE_SYNTAXES, claimed_bytes, inflate
from mri.problems import RefusedError, error
from mri.stacks import Stack
from mri.tags import quiet_pydicom
from mri.trouble import TemporaryFullError, is_full

_HEADER_ROOM_BYTES = 64 << 20
"""What an inflated file may hold besides the pixels that it claims."""
_BLANK_BYTE = b"0"
_PREAMBLE_BYTES, _MARK, _META_GROUP = 128, b"DICM", b"\x02\0"
_UNKNOWN_UID = "2.25.1"


def stage(stack: Stack, folder: Path, parameters: MriParameters) -> tuple[ImageHeader, ...]:
    """Write every file of a stack into a folder and return headers of its plain pixels, in the order of the stack.

    Compressed files are decoded; where no codec is installed they stay compressed, as the converter may know them.

    Raises
    ------
    RefusedError
        ``file_unreadable``, ``pixels_undecodable`` or another named reason.
    """
    targets = [folder / f"{number:05d}.dcm" for number in range(len(stack.headers))]
    compressed = [(h, t) for h, t in zip(stack.headers, targets, strict=True) if _needs_decoder(h)]
    decoded = bool(compressed) and _decode(compressed, folder, parameters)
    staged = []
    for header, target in zip(stack.headers, targets, strict=True):
        try:
            staged.append(_copy(header, target, decoded=decoded))
        except OSError as failure:
            if is_full(failure):
                raise TemporaryFullError from failure
            raise _refused("file_unreadable", f"a file of the series {unreadable(failure)}") from failure
    return tuple(staged)


def _needs_decoder(header: ImageHeader) -> bool:
    return _is_compressed(header) or bool(header.chosen)


def _is_compressed(header: ImageHeader) -> bool:
    return header.transfer_syntax not in (*NATIVE_SYNTAXES, DEFLATED_SYNTAX)


def _copy(header: ImageHeader, target: Path, *, decoded: bool) -> ImageHeader:
    if decoded and _needs_decoder(header):
        copied = _read_again(target)
    elif header.chosen:
        raise _refused("several_volumes", "the volumes of this file cannot be parted undecoded; send it uncompressed")
    elif header.transfer_syntax == DEFLATED_SYNTAX:
        copied = _inflated(header, target)
    else:
        copied = _plain_copy(header, target)
    _blank_times(copied)
    # frames that were taken out of plain pixels are held against the source itself
    return header if header.chosen and header.transfer_syntax in NATIVE_SYNTAXES else copied


def _plain_copy(header: ImageHeader, target: Path) -> ImageHeader:
    with header.path.open("rb") as source:
        start = source.read(_PREAMBLE_BYTES + len(_MARK))
    if start[_PREAMBLE_BYTES:] == _MARK:
        shutil.copyfile(header.path, target)
        target.chmod(0o600)
        return replace(header, path=target)
    added = _file_start(header, has_meta=start.startswith(_META_GROUP))
    with header.path.open("rb") as source, target.open("wb") as plain:
        plain.write(added)
        shutil.copyfileobj(source, plain)
    spans = tuple((offset + len(added), length) for offset, length in header.time_spans)
    return replace(header, path=target, pixels_at=header.pixels_at + len(added), time_spans=spans)


def _file_start(header: ImageHeader, *, has_meta: bool) -> bytes:
    """Return what old exports lack: the preamble, the mark, and the transfer syntax as it was found."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import UID

    start = DicomBytesIO()
    start.is_little_endian, start.is_implicit_VR = True, False
    start.write(bytes(_PREAMBLE_BYTES) + _MARK)
    if not has_meta:
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = UID(header.text("SOPClassUID") or _UNKNOWN_UID)
        meta.MediaStorageSOPInstanceUID = UID(header.text("SOPInstanceUID") or _UNKNOWN_UID)
        meta.TransferSyntaxUID = UID(header.transfer_syntax)
        with quiet_pydicom():
            write_file_meta_info(start, meta)
    return bytes(start.getvalue())


def _inflated(header: ImageHeader, target: Path) -> ImageHeader:
    with header.path.open("rb") as source, target.open("wb") as plain:
        whole = inflate(source, plain, claimed_bytes(header.tags) + _HEADER_ROOM_BYTES)
    if not whole:
        raise _refused("pixels_mismatch", FAULTS["pixels_mismatch"])
    return _read_again(target)


def _read_again(target: Path) -> ImageHeader:
    header = read_header(target)
    if not isinstance(header, ImageHeader):
        raise _refused("pixels_undecodable", "a file cannot be read once it is unpacked; send it uncompressed")
    if header.fault:
        raise _refused(header.fault, FAULTS[header.fault])
    return header


def _blank_times(header: ImageHeader) -> None:
    """Overwrite the times in a staged copy, as the converter writes them into the image's header."""
    if not header.time_spans:
        return
    with header.path.open("r+b") as stream:
        for offset, length in header.time_spans:
            stream.seek(offset)
            stream.write(_BLANK_BYTE * length)


def _decode(pairs: Sequence[tuple[ImageHeader, Path]], folder: Path, parameters: MriParameters) -> bool:
    """Decode files in a child process; return False if no codec for them is installed."""
    # -P: the folder of the program is no place to import from
    command = [sys.executable, "-P", decoder.__file__, str(parameters.child_memory_bytes)]
    told = json.dumps([_order(header, target) for header, target in pairs]).encode()
    try:
        status = run_limited(
            command,
            timeout_s=parameters.convert_timeout_s,
            memory_bytes=parameters.child_memory_bytes,
            folder=folder,
            told=told,
        )
    except subprocess.TimeoutExpired as failure:
        raise _refused("pixels_undecodable", "decoding the pixels takes too long; send it uncompressed") from failure
    if status in (decoder.DECODED, decoder.NO_DECODER):
        return status == decoder.DECODED
    if status == decoder.NO_ROOM:
        raise TemporaryFullError
    if not all(header.path.is_file() for header, _ in pairs):
        raise _refused("file_unreadable", "a file is no longer there; send it again")
    why = "they need too much memory" if status == decoder.OUT_OF_MEMORY else "they are damaged"
    raise _refused("pixels_undecodable", f"the pixels cannot be decoded, {why}; send it uncompressed")


def _order(header: ImageHeader, target: Path) -> tuple[str, str, tuple[int, ...], int]:
    """Return what the decoder is told of one file."""
    at = header.pixels_at if header.transfer_syntax in NATIVE_SYNTAXES else 0
    return (str(header.path.absolute()), str(target), header.chosen, at)


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError(error(code, "series", message))
