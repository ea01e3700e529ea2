"""What the pages of `docs/features` include: the columns of each feature, and its picture; made at build time."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from features.dictionary import Column, ColumnType, columns

FOLDER = Path(__file__).parent / "features"
GENERATED = "generated"
TABLES = ("lesions", "patients")
_COMPANION = re.compile(r"_(res_mm|low|high|missing_reason|suggested|source|na_reason|confidence|longest|any)$")
"""What accompanies a column, or gathers it over the lesions of a patient."""
_UNITLESS = {ColumnType.NUM: "no unit", ColumnType.INT: "no unit", ColumnType.BOOL: "0 or 1"}


@cache
def pages() -> Mapping[str, Sequence[str]]:
    """Return page → patterns of its columns."""
    found: dict[str, list[str]] = _plan()["pages"]
    return found


@cache
def not_measured() -> frozenset[str]:
    """Return the columns that no page is about."""
    return frozenset(name for names in _plan()["not_measured"].values() for name in names)


def base_of(column: Column) -> str:
    """Return the column that another accompanies, gathers or repeats; else its own name."""
    if column.name in not_measured():
        return column.name
    if column.resolution_of or column.interval_of:
        name = str(column.resolution_of or column.interval_of)
    else:
        name = _COMPANION.sub("", column.name)
    name = _COMPANION.sub("", name.removesuffix("_max")) if name.endswith(("_max", "_longest", "_any")) else name
    return name.removeprefix("index_")


def pages_of(column: Column) -> list[str]:
    """Return the pages that a column stands on: one, or none where it is not measured."""
    name = base_of(column)
    if name in not_measured():
        return []
    return [page for page, patterns in pages().items() if any(re.fullmatch(one, name) for one in patterns)]


def columns_of(page: str) -> Iterator[Column]:
    """Yield the columns of a page in the order of the tables."""
    for table in TABLES:
        yield from (column for column in columns(table) if page in pages_of(column))


def table_of(page: str) -> str:
    """Return the section "Units and columns" of a page as Markdown, from the dictionary."""
    lines = ["## Units and columns", "", "| column | table | unit | is |", "|---|---|---|---|"]
    for column in columns_of(page):
        if base_of(column) == column.name or column.name.endswith(("_max", "_longest", "_any")):
            unit = column.unit or ", ".join(column.codes) or _UNITLESS.get(column.type, column.type.value)
            definition = column.definition.replace("|", "\\|")
            lines.append(f"| `{column.name}` | {column.table}.csv | {unit} | {definition} |")
    beside = sorted({kind for column in columns_of(page) for kind in _kinds(column)})
    if beside:
        named = ", ".join(f"`…{kind}`" for kind in beside)
        lines += ["", f"Beside them: {named} ({{doc}}`../reference/dictionary`)."]
    return "\n".join([*lines, ""])


def _kinds(column: Column) -> list[str]:
    found = _COMPANION.search(column.name)
    return [found.group()] if found and not column.name.endswith(("_longest", "_any")) else []


def write_pages(folder: Path = FOLDER) -> None:
    """Write the table and the picture of every page."""
    from docs.pictures.all import PICTURES
    from docs.pictures.draw import save
    from mri.bids import write_text

    for page in pages():
        write_text(folder / GENERATED / f"{page}.md", table_of(page))
        save(PICTURES[page](), folder / GENERATED / f"{page}.svg")


def _plan() -> dict[str, dict[str, list[str]]]:
    plan: dict[str, dict[str, list[str]]] = tomllib.loads((FOLDER / "pages.toml").read_text("utf-8"))
    return plan
