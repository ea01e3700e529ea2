"""The columns of clinical.csv, read once from ``clinical_columns.toml``: names, types, codes, ranges, rules."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from features.column import Column as DictionaryColumn

ColumnType = Literal["id", "text", "date", "int", "num", "bool", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the clinical table.

    Attributes
    ----------
    name : str
    type : str
        id, text, date, int, num, bool or code.
    codes : tuple of str
        Vocabulary of a code column.
    low, high : float or None
        Range that is accepted, both ends included.
    required : bool
        The table must have the column.
    sparse : bool
        Empty cells are expected and get no warning.
    baseline : bool
        False: known only after the ISCM diagnosis, so never a baseline variable.
    only_if : str
        Column that must not be false where this one has a value.
    missing_codes : tuple of float
        Numbers inside the range that stand for "missing" in many exports.
    unit, rule, source : str
        Words for people, and the rows of the acceptance table.
    """

    name: str
    type: ColumnType
    codes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    required: bool = False
    sparse: bool = False
    baseline: bool = True
    only_if: str = ""
    missing_codes: tuple[float, ...] = ()
    unit: str = ""
    rule: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Every column of the clinical table in order, and which primary a subtype belongs to.

    `derived` are made by the join; `door` are read to place a row or its dates, and never written.
    """

    columns: Mapping[str, Column]
    door: Mapping[str, Column]
    derived: Mapping[str, Column]
    subtype_of: Mapping[str, str]

    def column(self, name: str) -> Column | None:
        """Return the column of that name; ``death_days`` is found as the twin of ``death_date``."""
        twin = self.columns.get(date_name(name)) if name.endswith("_days") else None
        if twin is not None and name not in self.columns:
            return replace(twin, name=name, type="int", required=False)
        return self.columns.get(name)

    def metastatic_sites(self) -> tuple[str, ...]:
        """Return the names of the columns of synchronous metastases, one per site."""
        return tuple(name for name in self.columns if name.startswith("met_"))

    def treatments(self) -> tuple[str, ...]:
        """Return the names of the yes/no columns of treatments."""
        return tuple(c.name for c in self.columns.values() if c.name.startswith("treatment_") and c.type == "bool")

    def order(self) -> tuple[str, ...]:
        """Return the column names in the order of the dictionary, dates under the names of their days."""
        return tuple(days_name(c.name) if c.type == "date" else c.name for c in self.columns.values())


def days_name(date_column: str) -> str:
    """Return ``death_days`` for ``death_date``."""
    return f"{date_column.removesuffix('_date')}_days"


def date_name(days_column: str) -> str:
    """Return ``death_date`` for ``death_days``."""
    return f"{days_column.removesuffix('_days')}_date"


@cache
def load_schema() -> Schema:
    """Read the schema that ships with the package."""
    text = (resources.files("survival") / "clinical_columns.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return Schema(
        columns={entry["name"]: _column(entry) for entry in raw["column"]},
        door={entry["name"]: _column(entry) for entry in raw["door"]},
        derived={entry["name"]: _column(entry) for entry in raw["derived"]},
        subtype_of=raw["subtype_of"],
    )


def dictionary_columns() -> "tuple[DictionaryColumn, ...]":
    """Return the columns of clinical.csv, and the days that its dates become in cohort.csv, as dictionary entries."""
    schema = load_schema()
    dates = [column for column in schema.columns.values() if column.type == "date"]
    return (
        *(
            _entry(column, "clinical", _definition(column))
            for column in (*schema.columns.values(), *schema.door.values())
        ),
        *(_entry(_in_days(column), "cohort", _definition_in_days(column)) for column in dates),
    )


def _entry(column: Column, table: str, definition: str) -> "DictionaryColumn":
    from features.column import Column as DictionaryColumn
    from features.column import ColumnType as DictionaryType

    return DictionaryColumn(
        name=column.name,
        table=table,
        type=DictionaryType(column.type),
        definition=definition,
        source=f"DICTIONARY A; {column.source}",
        unit=column.unit,
        codes=column.codes,
        minimum=column.low,
        maximum=column.high,
        required=column.required,
    )


def _in_days(column: Column) -> Column:
    return replace(column, name=days_name(column.name), type="int", unit="days", required=False)


def _definition_in_days(column: Column) -> str:
    late = "" if column.baseline else " Known only after the diagnosis, so no baseline variable."
    return f"Days from the ISCM diagnosis to {column.name} of the clinical table, negative before it.{late}"


def _definition(column: Column) -> str:
    parts = [column.rule[:1].upper() + column.rule[1:]]
    if column.type == "date":
        parts.append(f"May be given as {days_name(column.name)} instead, whole days from the ISCM diagnosis")
    if column.only_if:
        parts.append(f"Only where {column.only_if} is true")
    if not column.baseline:
        parts.append("Known only after the diagnosis, so no baseline variable")
    return "".join(f"{part}. " for part in parts if part).strip()


def _column(entry: Mapping[str, Any]) -> Column:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
    return Column(**values)
