"""What of the numbers a reader may not see yet (READING, blinding and suggestions)."""

from collections.abc import Iterable, Mapping
from functools import cache

from features.columns import columns
from features.rows import flags_text
from features.suggestions import MELANIN
from reader.parameters import ReadingParameters
from segmentation.answers import UNREAD
from segmentation.findings import Findings
from segmentation.vocabulary import Scope, items

Row = Mapping[str, object]

HINTS: Mapping[str, str] = {"hemorrhage": MELANIN}
"""Flags that tell what was suggested."""
_BY_EYE = {"enh": ("enh_level_from", "enh_level_to"), "t2": ("t2_level_from", "t2_level_to")}
_LEVEL_PARTS = ("_seg_", "_levels", "_v_from", "_v_to", "_ge2", "_ge3")
_RATIO_PARTS = ("ratio_seg", "ratio_length")


@cache
def rests_on() -> Mapping[str, tuple[str, ...]]:
    """Return the columns that a suggestion rests on, by its item: they tell it to who knows the thresholds.

    The dictionary has them right after the columns of their item.
    """
    suggested = {entry.name for entry in items(Scope.LESION) if entry.suggested}
    found: dict[str, tuple[str, ...]] = {}
    of = None
    for column in columns("lesions"):
        of = column.finding or of
        if column.finding is None and of in suggested:
            found[of] = (*found.get(of, ()), column.name)
    return found


def shown_lesion(row: Row, lesion_id: int | None, findings: Findings | None, protocol: ReadingParameters) -> Row:
    """Return a row of lesions.csv without what the reader may not see yet: those columns are None."""
    kept = dict(row)
    for entry in items(Scope.LESION):
        if entry.suggested and not _may_see(entry.name, lesion_id, findings, protocol):
            _hide(kept, entry.name)
    if protocol.suggestions != "before" and "suggested" in (row.get("rim_sign_source"), row.get("flame_sign_source")):
        kept["rim_flame"] = None
    if protocol.levels_by_eye_first:
        for prefix, answers in _BY_EYE.items():
            if not all(_is_read(name, lesion_id, findings) for name in answers):
                _hide_levels(kept, prefix)
    return kept


def shown_patient(row: Row, protocol: ReadingParameters, *, levels_hidden: bool) -> Row:
    """Return a row of patients.csv without what rests on suggestions or levels that are not shown."""
    kept = dict(row)
    if protocol.suggestions != "before":
        _drop_flags(kept, HINTS.values())
        for name, source in row.items():
            if name.endswith("_source") and source == "suggested":
                kept[name.removesuffix("_source")] = None
        kept["rim_flame"] = None
    if levels_hidden:
        for name in kept:
            if any(part in name for part in (*_LEVEL_PARTS, *_RATIO_PARTS)) or name in ("t2_total_seg", "regions"):
                kept[name] = None
    return kept


def _may_see(name: str, lesion_id: int | None, findings: Findings | None, protocol: ReadingParameters) -> bool:
    if protocol.suggestions == "after":
        return _is_read(name, lesion_id, findings)
    return protocol.suggestions == "before"


def _is_read(name: str, lesion_id: int | None, findings: Findings | None) -> bool:
    answer = UNREAD if findings is None or lesion_id is None else findings.of_lesion(lesion_id, name)
    return answer.value is not None and answer.source in ("reader", "consensus")


def _hide(row: dict[str, object], name: str) -> None:
    for column in (f"{name}_suggested", *rests_on().get(name, ())):
        if column in row:
            row[column] = None
    if name in HINTS:
        _drop_flags(row, (HINTS[name],))
    if row.get(f"{name}_source") == "suggested":
        row |= {name: None, f"{name}_source": "missing"}
    if row.get(f"{name}_source") == "missing":
        row[f"{name}_na_reason"] = None


def _drop_flags(row: dict[str, object], flags: Iterable[str]) -> None:
    if row.get("flags"):
        row["flags"] = flags_text(set(str(row["flags"]).split(";")) - set(flags))


def _hide_levels(row: dict[str, object], prefix: str) -> None:
    for column in row:
        of_prefix = column.startswith(prefix) and any(part in column for part in _LEVEL_PARTS)
        if of_prefix or column.startswith("ratio_seg"):
            row[column] = None
