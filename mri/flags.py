"""Flags of a kept series: what a person should know of it wherever its numbers go, with the evidence."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mri.account import Entry, Status
from mri.problems import Problem, warning

POSSIBLY_INCOMPLETE = "possibly_incomplete"
"""A kept series may lack slices."""
VOXELS_UNCHECKED = "voxels_unchecked"
"""The places of the slices were checked and their pixels could not be."""
SYNTHETIC = "synthetic"
"""The header says that the patient is made up: nothing to mend, and seen in every table that rests on the series."""
_MENDS: Mapping[str, str] = {
    POSSIBLY_INCOMPLETE: "a slice may be missing; compare with the archive, and ingest the whole series if it is",
    VOXELS_UNCHECKED: "look at the image, or export the series uncompressed and ingest that",
}
_BETWEEN = ";"


def with_flag(entry: Entry, flag: str, evidence: str) -> Entry:
    """Return an entry with a flag and what it rests on; the evidence of a flag that is there is replaced."""
    told = _told(entry) | {flag: evidence.replace(_BETWEEN, ",")}
    return _with(entry, told)


def without_flag(entry: Entry, flag: str) -> Entry:
    """Return an entry without a flag."""
    return _with(entry, {name: text for name, text in _told(entry).items() if name != flag})


def with_flags_of(entry: Entry, earlier: Entry) -> Entry:
    """Return an entry with the flags that an earlier row of the same files has besides its own."""
    return _with(entry, _told(earlier) | _told(entry))


def flagged(entries: Iterable[Entry]) -> list[Problem]:
    """Return a warning for each flag of each kept series."""
    return [
        warning(flag, entry.where, f"{evidence}; {_MENDS[flag]}" if flag in _MENDS else evidence)
        for entry in entries
        if entry.status == Status.KEPT
        for flag, evidence in _told(entry).items()
        if flag != SYNTHETIC
    ]


def _told(entry: Entry) -> dict[str, str]:
    flags = [flag for flag in entry.flags.split(_BETWEEN) if flag]
    evidence = entry.flags_evidence.split(f"{_BETWEEN} ")
    return dict(zip(flags, [*evidence, *[""] * len(flags)], strict=False))


def _with(entry: Entry, told: Mapping[str, str]) -> Entry:
    flags = sorted(told)
    evidence = f"{_BETWEEN} ".join(told[flag] for flag in flags)
    return replace(entry, flags=_BETWEEN.join(flags), flags_evidence=evidence)
