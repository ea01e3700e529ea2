"""An analysis declared as data: a TOML file that says which rows, groups, subsets, tests and figures there are.

``load_plan`` names every error of a plan at once. Plans that ship with the package are found by name.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from mri.problems import Problem, RefusedError, error, warning
from survival.plan_models import Model, model_errors
from survival.plan_parts import (
    Bars,
    Condition,
    CountLine,
    Counts,
    Figure,
    Group,
    Multiplicity,
    Origin,
    Part,
    Print,
    Row,
    Slug,
    Subset,
    Summary,
    Swimmer,
    SwimmerEvent,
    Table,
    as_number,
    normal_code,
    repeated,
)

__all__ = [
    "Bars",
    "Condition",
    "Counts",
    "Figure",
    "Group",
    "Model",
    "Multiplicity",
    "Plan",
    "Print",
    "Row",
    "Subset",
    "Summary",
    "Swimmer",
    "Table",
    "as_number",
    "check_columns",
    "load_plan",
    "normal_code",
    "shipped_plans",
]


class Plan(Part):
    """A whole analysis. `text` and `sha256` are those of the file it came from."""

    format: Literal[1]
    name: Slug
    title: str
    source: str
    methods: str
    origin: Origin = "iscm_diagnosis"
    event: Literal["death"] = "death"
    lost: Literal["censored", "excluded"] = "censored"
    days_per_month: Annotated[float, Field(gt=0)] = 30.0
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    ties: Literal["breslow", "efron"] = "breslow"
    zero_duration: Literal["refuse", "keep", "half_day"] | None = None
    small_group: Annotated[int, Field(ge=2)] = 5
    accept_suggested: bool = False
    missing_columns: Literal["refuse", "not_recorded"] = "refuse"
    notes: tuple[str, ...] = ()
    filters: tuple[Condition, ...] = ()
    subsets: tuple[Subset, ...] = ()
    tables: tuple[Table, ...]
    rows: tuple[Row, ...]
    models: tuple[Model, ...] = ()
    counts: tuple[Counts, ...] = ()
    figures: tuple[Figure, ...] = ()
    bars: tuple[Bars, ...] = ()
    swimmers: tuple[Swimmer, ...] = ()
    print: Print = Print()
    summary: tuple[Summary, ...] = ()
    multiplicity: Multiplicity | None = None
    text: str = ""
    sha256: str = ""

    def row(self, row_id: str) -> Row:
        """Return the row of that id, or what the lines of the model of that id are printed with."""
        return next(row for row in (*self.rows, *(m.as_row() for m in self.models)) if row.id == row_id)

    def variables(self) -> tuple[str, ...]:
        """Return every column that the plan reads, each once, in the order of first use."""
        limits = [row.missing_if for row in self.rows if row.missing_if]
        parts: tuple[Condition | Row | Summary, ...] = (
            *self.filters,
            *self.subsets,
            *self.rows,
            *limits,
            *self.summary,
        )
        counted = (name for part in self.counts for name in part.variables())
        days = [row.exposed_from for row in self.rows] + [model.entry for model in self.models]
        return tuple(
            dict.fromkeys([*(part.variable for part in parts if part.variable), *counted, *filter(None, days)])
        )


def shipped_plans() -> tuple[str, ...]:
    """Return the names of the plans that come with the package."""
    folder = resources.files("survival") / "plans"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_plan(name_or_path: str | Path) -> Plan:
    """Return the plan of that name or file.

    Raises
    ------
    RefusedError
        With every error of the file: what it is, where it stands, how to mend it.
    """
    text, where = _read(name_or_path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        message = f"is not valid TOML: {exc}; mend that line first."
        raise RefusedError(error("plan_not_toml", where, message)) from None
    problems = [*_schema_errors(raw, where), *_reference_errors(raw, where)]
    if problems:
        raise RefusedError(problems)
    return Plan.model_validate({**raw, "text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()})


def _read(name_or_path: str | Path) -> tuple[str, str]:
    if str(name_or_path) in shipped_plans():
        file = resources.files("survival") / "plans" / f"{name_or_path}.toml"
        return file.read_text(encoding="utf-8"), file.name
    path = Path(name_or_path)
    try:
        return path.read_text(encoding="utf-8"), path.name
    except (OSError, UnicodeDecodeError):
        known = ", ".join(shipped_plans())
        message = f"is neither a readable plan file (TOML, UTF-8) nor one of the plans that ship: {known}."
        raise RefusedError(error("plan_not_found", path.name, message)) from None


def _schema_errors(raw: Mapping[str, Any], where: str) -> Iterator[Problem]:
    given = [key for key in ("text", "sha256") if key in raw]
    for key in given:
        yield error("plan_value", f"{where}: {key}", "is written by the program: remove it.")
    try:
        Plan.model_validate({key: value for key, value in raw.items() if key not in given})
    except ValidationError as exc:
        for item in exc.errors(include_url=False):
            yield error("plan_value", f"{where}: {_place(raw, item['loc'])}", _mend(item))


def _place(raw: object, location: Iterable[int | str]) -> str:
    """Return ``rows[3] (rim_sign).kind``: the place with the id or name of the entry, counted from 1."""
    words, here = "", raw
    for step in location:
        if isinstance(step, int):
            here = here[step] if isinstance(here, Sequence) and step < len(here) else None
            called = next((here[k] for k in ("id", "name", "label") if k in here), "") if isinstance(here, dict) else ""
            words += f"[{step + 1}]" + (f" ({called})" if called else "")
        else:
            here = here.get(step) if isinstance(here, dict) else None
            words += f".{step}" if words else step
    return words or "the plan"


def _mend(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    near = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(), n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    advice = {"extra_forbidden": f"no such key: remove it or mend its spelling{hint}", "missing": "is needed: add it"}
    return advice.get(item["type"], message[:1].lower() + message[1:]) + "."


def _known_keys() -> list[str]:
    """Return every key that any part of a plan may have."""
    parts = (Bars, Condition, CountLine, Counts, Figure, Group, Multiplicity, Print, Row, Subset, Summary, Swimmer)
    return sorted(
        {name for part in (Plan, Model, SwimmerEvent, Table, *parts) for name in part.model_fields} - {"text", "sha256"}
    )


def _entries(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = raw.get(key, [])
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _reference_errors(raw: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield what names something that the plan does not hold, or names one thing twice."""
    tables = [str(t.get("name")) for t in _entries(raw, "tables")]
    subsets = ["all", *(str(s.get("name")) for s in _entries(raw, "subsets"))]
    rows = [str(r.get("id")) for r in _entries(raw, "rows")]
    counts = [str(c.get("id")) for c in _entries(raw, "counts")]
    drawable = [str(r.get("id")) for r in _entries(raw, "rows") if r.get("kind") != "continuous"]
    family = raw.get("multiplicity", {})
    uses = [
        *(("rows", r.get("id"), "table", r.get("table"), tables) for r in _entries(raw, "rows")),
        *(("rows", r.get("id"), "subset", r.get("subset", "all"), subsets) for r in _entries(raw, "rows")),
        *(("models", m.get("id"), "table", m.get("table"), tables) for m in _entries(raw, "models")),
        *(("models", m.get("id"), "subset", m.get("subset", "all"), subsets) for m in _entries(raw, "models")),
        *(("summary", s.get("label"), "subset", s.get("subset", "all"), subsets) for s in _entries(raw, "summary")),
        *(("counts", c.get("id"), "table", c.get("table"), tables) for c in _entries(raw, "counts")),
        *(("counts", c.get("id"), "subset", c.get("subset", "all"), subsets) for c in _entries(raw, "counts")),
        *(("figures", f.get("name"), "row", f.get("row"), drawable) for f in _entries(raw, "figures")),
        *(("bars", b.get("name"), "counts", b.get("counts"), counts) for b in _entries(raw, "bars")),
        *(("swimmers", s.get("name"), "subset", s.get("subset", "all"), subsets) for s in _entries(raw, "swimmers")),
        *(
            ("multiplicity", "", "tables", t, tables)
            for t in (family.get("tables", []) if isinstance(family, dict) else [])
        ),
    ]
    yield from model_errors(raw, _entries(raw, "models"), where)
    for part in ("tables", "rows"):
        if raw.get(part) == []:
            yield error("plan_value", f"{where}: {part}", "needs at least one entry.")
    for part, name, key, value, allowed in uses:
        if value is not None and value not in allowed:
            hint = f"{key} {value!r} is not declared; the plan has: {', '.join(allowed) or 'none'}."
            yield error("plan_reference", f"{where}: {part} ({name})" if name else f"{where}: {part}", hint)
    pictures = {key: _names(raw, key) for key in ("figures", "bars", "swimmers")}
    rows += [str(m.get("id")) for m in _entries(raw, "models")]
    named = {"rows": rows, "tables": tables, "subsets": subsets, "counts": counts, **pictures}
    for part, names in named.items():
        for name in repeated(names):
            yield error("plan_twice", f"{where}: {part}", f"{name!r} is there twice: give each its own name.")


def _names(raw: Mapping[str, Any], key: str) -> list[str]:
    return [str(entry.get("name")) for entry in _entries(raw, key)]


def check_columns(plan: Plan, columns: Sequence[str], where: str) -> list[Problem]:
    """Return a problem for every variable of the plan that the table does not have.

    They are errors, or warnings where the plan says ``missing_columns = "not_recorded"``; the first error
    lists what the table has.
    """
    absent = [variable for variable in plan.variables() if variable not in columns]
    if plan.missing_columns == "not_recorded":
        message = "the table has no such column: rows that read it are printed as not recorded."
        return [warning("no_such_column", f"{where}: {variable}", message) for variable in absent]
    events = (event for swimmer in plan.swimmers for event in swimmer.events)
    absent += [event.columns[0] for event in events if not set(event.columns) & set(columns)]
    listed = f" It has: {', '.join(columns)}."
    return [
        error("no_such_column", f"{where}: {variable}", _no_column(variable, columns) + (listed if i == 0 else ""))
        for i, variable in enumerate(absent)
    ]


def _no_column(variable: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(variable, columns, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "add it, or take its rows out of the plan."
    return f"the table has no column of this name; {hint}"
