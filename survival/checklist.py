"""The REMARK and STROBE checklist: where a report answers each item, and what is left to the authors."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

COLUMNS = ("guideline", "number", "topic", "where")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One item of a guideline."""

    guideline: str
    number: str
    topic: str
    where: str

    def as_record(self) -> dict[str, str]:
        """Return the item as a row of ``checklist.csv``."""
        return {name: getattr(self, name) for name in COLUMNS}


@cache
def checklist() -> tuple[ChecklistItem, ...]:
    """Return every item in the order of its guideline."""
    text = (resources.files("survival") / "checklist.toml").read_text(encoding="utf-8")
    return tuple(ChecklistItem(**item) for item in tomllib.loads(text)["item"])
