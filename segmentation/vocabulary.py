"""What a reader may say: the items of a reading, read from ``findings.toml``.

The form, the checks, the data dictionary and the tables' headers are all made from these items.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from mri.problems import RefusedError, error

NOT_ASSESSABLE = "not_assessable"
"""The reader looked and could not tell; never the same as absent."""
NOT_APPLICABLE = "not_applicable"
"""Another item excludes this one."""


class Scope(StrEnum):
    """What an item is said of."""

    STUDY_SHEET = "study_sheet"
    PATIENT = "patient"
    LESION = "lesion"


class Kind(StrEnum):
    """What values an item takes."""

    CODE = "code"
    CODES = "codes"
    INT = "int"
    NUM = "num"
    LEVEL = "level"
    BOOL = "bool"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a reader answers.

    Attributes
    ----------
    name : str
        Key in findings.json and column of the tables.
    scope : Scope
    kind : Kind
    definition : str
        One sentence or two, with the unit where there is one.
    source : str
        Rows of the papers' table (``003-008``), ``new`` (in a paper but no row) or ``field``.
    codes : tuple of str
        Allowed values of a ``code`` or ``codes`` item.
    labels : tuple of str
        What each integer of a scale means, for the form.
    unit : str
        Of a number; empty where it has none.
    minimum, maximum, step : float or None
        Bounds of a number and the step it is given in.
    needs : tuple of str
        Series of which at least one must be there and readable, else the item is not assessable.
    inapplicable_if : mapping of str to tuple of str
        Another item, and its values that make this one not applicable.
    yes_if_any : tuple of str
        The items a derived item comes from; empty where the reader answers it.
    suggested : bool
        Whether a computation proposes a value.
    tabulated : bool
        False where the answer stays in findings.json and enters no table.
    """

    name: str
    scope: Scope
    kind: Kind
    definition: str
    source: str
    codes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    needs: tuple[str, ...] = ()
    inapplicable_if: Mapping[str, tuple[str, ...]]
    yes_if_any: tuple[str, ...] = ()
    suggested: bool = False
    tabulated: bool = True

    @property
    def derived(self) -> bool:
        """Whether the item is computed from other items and never typed in."""
        return bool(self.yes_if_any)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vocabulary:
    series: Mapping[str, str]
    na_reasons: tuple[str, ...]
    items: Mapping[str, Item]


def items(scope: Scope | str | None = None) -> tuple[Item, ...]:
    """Return every item in the order of the form, or those of one scope."""
    every = tuple(_vocabulary().items.values())
    return every if scope is None else tuple(i for i in every if i.scope == Scope(scope))


def item(name: str) -> Item:
    """Return one item by its name.

    Raises
    ------
    RefusedError
        If no item has that name.
    """
    found = _vocabulary().items.get(name)
    if found is None:
        raise RefusedError(
            error("item_unknown", name, f"'{name}' is no item of a reading; `iscm dictionary` lists them")
        )
    return found


def series_names() -> tuple[str, ...]:
    """Return the series that an item may need, as in ``series_<name>``."""
    return tuple(_vocabulary().series)


def na_reasons() -> tuple[str, ...]:
    """Return the reasons for which an item may be not assessable."""
    return _vocabulary().na_reasons


@cache
def _vocabulary() -> _Vocabulary:
    data = tomllib.loads(files(__package__).joinpath("findings.toml").read_text("utf-8"))
    made = [_item(entry) for raw in data["item"] for entry in _expanded(raw, data["series"])]
    return _Vocabulary(
        series=data["series"], na_reasons=tuple(data["na_reasons"]), items={entry.name: entry for entry in made}
    )


def _expanded(raw: dict[str, Any], series: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Write an item of the family ``<series>`` out once for each series."""
    if "<series>" not in raw["name"]:
        yield raw
        return
    for name, meaning in series.items():
        yield raw | {
            "name": raw["name"].replace("<series>", name),
            "definition": raw["definition"].replace("{series}", meaning),
            "inapplicable_if": {
                parent.replace("<series>", name): values for parent, values in raw.get("inapplicable_if", {}).items()
            },
        }


def _item(raw: dict[str, Any]) -> Item:
    fixed = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Item(
        **fixed
        | {
            "scope": Scope(raw["scope"]),
            "kind": Kind(raw["kind"]),
            "inapplicable_if": {parent: tuple(values) for parent, values in raw.get("inapplicable_if", {}).items()},
        }
    )
