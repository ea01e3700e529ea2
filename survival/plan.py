"""An analysis declared as data: a TOML file that says which rows, groups, subsets, tests and figures there are.

``load_plan`` names every error of a plan at once. Plans that ship with the package are found by name.
"""

import difflib
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mri.problems import Problem, RefusedError, error, warning

Origin = Literal["iscm_diagnosis", "iscm_presentation"]
TestName = Literal["logrank", "gehan", "cox_wald", "none"]
HazardRatioName = Literal["none", "cox", "mantel_haenszel"]

TESTS_OF_KIND: dict[str, tuple[str, ...]] = {
    "overall": ("none",),
    "categoric": ("logrank", "gehan", "none"),
    "continuous": ("cox_wald", "none"),
}
WORDS_FOR_BOOL = {True: "1", False: "0"}


def normal_code(value: object) -> str:
    """Return a code as the tables write it: booleans 0/1, whole numbers without a decimal point."""
    if isinstance(value, bool):
        return WORDS_FOR_BOOL[value]
    text = str(value).strip()
    whole, point, rest = text.partition(".")
    is_whole = bool(point) and not rest.strip("0") and whole.lstrip("-").isdecimal()
    return whole if is_whole else text


Code = Annotated[str, BeforeValidator(normal_code)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(_Part):
    """Patients whose value is one of `codes`, or lies from `at_least` up to but not including `below`."""

    label: str
    codes: tuple[Code, ...] = ()
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> "Group":
        by_cut = self.at_least is not None or self.below is not None
        if bool(self.codes) == by_cut:
            raise ValueError("give either codes, or at_least and/or below")
        return self

    def holds(self, value: str) -> bool:
        """Return whether a value, as text, belongs to the group."""
        if self.codes:
            return normal_code(value) in self.codes
        number = as_number(value)
        if number is None:
            return False
        return (self.at_least is None or number >= self.at_least) and (self.below is None or number < self.below)


class Condition(_Part):
    """Which patients a filter or a subset keeps: by codes or by cut-off of one column."""

    label: str
    variable: str
    codes: tuple[Code, ...] = ()
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _as_group(self) -> "Condition":
        self.group()
        return self

    def group(self) -> Group:
        """Return the condition as a group, which knows the rule."""
        return Group(label=self.label, codes=self.codes, at_least=self.at_least, below=self.below)


class Subset(Condition):
    """A named set of patients that rows may be limited to; ``all`` needs no declaration."""

    name: Slug


class Table(_Part):
    """One table of the report and one CSV."""

    name: str
    file: Slug
    title: str
    note: str = ""


class Row(_Part):
    """One variable of one table: how it is grouped, in whom, and how it is tested."""

    id: Slug
    table: str
    label: str
    kind: Literal["overall", "categoric", "continuous"]
    variable: str = ""
    groups: tuple[Group, ...] = ()
    subset: str = "all"
    origin: Origin | None = None
    test: TestName = "none"
    hazard_ratio: HazardRatioName = "none"
    reference: str | None = None
    na_codes: tuple[Code, ...] = ("not_assessable", "no_followup_mri")
    na_counts_as: str | None = None
    missing_if: Condition | None = None
    post_baseline: bool = False
    measure: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Row":
        wrong = list(self._errors())
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _errors(self) -> Iterator[str]:
        labels = [group.label for group in self.groups]
        if (self.kind == "overall") == bool(self.variable):
            yield "variable is needed for kind categoric and continuous, and only there"
        if (self.kind == "categoric") != bool(self.groups):
            yield "groups are needed for kind categoric, and only there"
        if self.test not in TESTS_OF_KIND[self.kind]:
            yield f"test {self.test} does not fit kind {self.kind}: choose {' or '.join(TESTS_OF_KIND[self.kind])}"
        if self.hazard_ratio != "none" and len(labels) != 2:
            yield "hazard_ratio needs exactly two groups"
        for name, value in (("reference", self.reference), ("na_counts_as", self.na_counts_as)):
            if value is not None and value not in labels:
                yield f"{name} {value!r} is no group of this row"
        for label in _repeated(labels):
            yield f"the group label {label!r} is there twice"
        for code in _repeated(code for group in self.groups for code in group.codes):
            yield f"the code {code!r} is in two groups"


class Figure(_Part):
    """A Kaplan–Meier figure of a categoric or overall row; `labels` rename its groups, in their order."""

    name: Annotated[str, Field(pattern=r"^km_[a-z0-9_]+$")]
    row: str
    title: str
    number: str = ""
    labels: tuple[str, ...] = ()


class Summary(_Part):
    """One line of the cohort summary."""

    label: str
    variable: str
    kind: Literal["mean_median", "sum", "counts", "available"]
    unit: str = ""
    subset: str = "all"
    codes: tuple[Code, ...] = ()


class Multiplicity(_Part):
    """The family over which Holm and Benjamini–Hochberg adjust, named before the data are seen."""

    family: str
    tables: tuple[str, ...]


class Plan(_Part):
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
    small_group: Annotated[int, Field(ge=2)] = 5
    accept_suggested: bool = False
    missing_columns: Literal["refuse", "not_recorded"] = "refuse"
    notes: tuple[str, ...] = ()
    filters: tuple[Condition, ...] = ()
    subsets: tuple[Subset, ...] = ()
    tables: tuple[Table, ...]
    rows: tuple[Row, ...]
    figures: tuple[Figure, ...] = ()
    summary: tuple[Summary, ...] = ()
    multiplicity: Multiplicity | None = None
    text: str = ""
    sha256: str = ""

    def row(self, row_id: str) -> Row:
        """Return the row of that id."""
        return next(row for row in self.rows if row.id == row_id)

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
        return tuple(dict.fromkeys(part.variable for part in parts if part.variable))


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
    advice = {"extra_forbidden": "no such key: remove it or mend its spelling", "missing": "is needed: add it"}
    return advice.get(item["type"], message[:1].lower() + message[1:]) + "."


def _entries(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = raw.get(key, [])
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _reference_errors(raw: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield what names something that the plan does not hold, or names one thing twice."""
    tables = [str(t.get("name")) for t in _entries(raw, "tables")]
    subsets = ["all", *(str(s.get("name")) for s in _entries(raw, "subsets"))]
    rows = [str(r.get("id")) for r in _entries(raw, "rows")]
    drawable = [str(r.get("id")) for r in _entries(raw, "rows") if r.get("kind") != "continuous"]
    family = raw.get("multiplicity", {})
    uses = [
        *(("rows", r.get("id"), "table", r.get("table"), tables) for r in _entries(raw, "rows")),
        *(("rows", r.get("id"), "subset", r.get("subset", "all"), subsets) for r in _entries(raw, "rows")),
        *(("summary", s.get("label"), "subset", s.get("subset", "all"), subsets) for s in _entries(raw, "summary")),
        *(("figures", f.get("name"), "row", f.get("row"), drawable) for f in _entries(raw, "figures")),
        *(
            ("multiplicity", "", "tables", t, tables)
            for t in (family.get("tables", []) if isinstance(family, dict) else [])
        ),
    ]
    for part in ("tables", "rows"):
        if raw.get(part) == []:
            yield error("plan_value", f"{where}: {part}", "needs at least one entry.")
    for part, name, key, value, allowed in uses:
        if value is not None and value not in allowed:
            hint = f"{key} {value!r} is not declared; the plan has: {', '.join(allowed) or 'none'}."
            yield error("plan_reference", f"{where}: {part} ({name})" if name else f"{where}: {part}", hint)
    named = {"rows": rows, "tables": tables, "subsets": subsets, "figures": _names(raw, "figures")}
    for part, names in named.items():
        for name in _repeated(names):
            yield error("plan_twice", f"{where}: {part}", f"{name!r} is there twice: give each its own name.")


def _names(raw: Mapping[str, Any], key: str) -> list[str]:
    return [str(entry.get("name")) for entry in _entries(raw, key)]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def as_number(text: str) -> float | None:
    """Return the finite number that a cell holds, None if it holds none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def check_columns(plan: Plan, columns: Sequence[str], where: str) -> list[Problem]:
    """Return a problem for every variable of the plan that the table does not have.

    They are errors, or warnings where the plan says ``missing_columns = "not_recorded"``; the first error
    lists what the table has.
    """
    absent = [variable for variable in plan.variables() if variable not in columns]
    if plan.missing_columns == "not_recorded":
        message = "the table has no such column: rows that read it are printed as not recorded."
        return [warning("no_such_column", f"{where}: {variable}", message) for variable in absent]
    listed = f" It has: {', '.join(columns)}."
    return [
        error("no_such_column", f"{where}: {variable}", _no_column(variable, columns) + (listed if i == 0 else ""))
        for i, variable in enumerate(absent)
    ]


def _no_column(variable: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(variable, columns, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "add it, or take its rows out of the plan."
    return f"the table has no column of this name; {hint}"
