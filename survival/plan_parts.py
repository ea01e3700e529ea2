"""The parts of a plan: groups, rows, tables, counts and figures, each checked as it is read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Origin = Literal["iscm_diagnosis", "iscm_presentation"]
TestName = Literal["logrank", "gehan", "tarone", "peto", "cox_wald", "none"]
HazardRatioName = Literal["none", "cox", "mantel_haenszel"]

TESTS_OF_KIND: dict[str, tuple[str, ...]] = {
    "overall": ("none",),
    "categoric": ("logrank", "gehan", "tarone", "peto", "none"),
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


SEVERAL = ";"
"""Joins the codes of a cell that holds several (column type ``codes``)."""


class Part(BaseModel):
    """A part of a plan: no unknown key, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(Part):
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
            return any(normal_code(part) in self.codes for part in value.split(SEVERAL))
        number = as_number(value)
        if number is None:
            return False
        return (self.at_least is None or number >= self.at_least) and (self.below is None or number < self.below)


class Condition(Part):
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


class Table(Part):
    """One table of the report and one CSV."""

    name: str
    file: Slug
    title: str
    note: str = ""


class Row(Part):
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
    second_test: Literal["gehan", "tarone", "peto", "none"] = "none"
    hazard_ratio: HazardRatioName = "none"
    reference: str | None = None
    na_codes: tuple[Code, ...] = ("not_assessable", "no_followup_mri")
    na_counts_as: str | None = None
    missing_if: Condition | None = None
    post_baseline: bool = False
    exposed_from: str = ""
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
        yield from self._needs_groups(labels)
        for name, value in (("reference", self.reference), ("na_counts_as", self.na_counts_as)):
            if value is not None and value not in labels:
                yield f"{name} {value!r} is no group of this row"
        for label in repeated(labels):
            yield f"the group label {label!r} is there twice"
        for code in repeated(code for group in self.groups for code in group.codes):
            yield f"the code {code!r} is in two groups"

    def _needs_groups(self, labels: list[str]) -> Iterator[str]:
        if self.exposed_from and not (self.post_baseline and len(labels) == 2):
            yield "exposed_from needs post_baseline = true and two groups"
        if self.second_test != "none" and self.kind != "categoric":
            yield "second_test needs groups"
        if self.hazard_ratio != "none" and len(labels) != 2:
            yield "hazard_ratio needs exactly two groups"


class Figure(Part):
    """A Kaplan–Meier figure of a categoric or overall row; `labels` rename its groups, in their order."""

    name: Annotated[str, Field(pattern=r"^km_[a-z0-9_]+$")]
    row: str
    title: str
    number: str = ""
    labels: tuple[str, ...] = ()


class CountLine(Part):
    """One line of a table of counts: patients in whom every variable named meets its rule."""

    label: str
    variable: str = ""
    codes: tuple[Code, ...] = ()
    at_least: float | None = None
    below: float | None = None
    also: tuple[Condition, ...] = ()

    def conditions(self, variable: str) -> tuple[Condition, ...]:
        """Return the rules of the line; its own variable stands before that of the table's part."""
        own = Condition(
            label=self.label,
            variable=self.variable or variable,
            codes=self.codes,
            at_least=self.at_least,
            below=self.below,
        )
        return (own, *self.also)


class Counts(Part):
    """A part of a table that counts patients: n (%) per line, or mean and range of a number.

    Attributes
    ----------
    denominator : of the percentages: everybody in the subset, those whose variable is known, or those in any line
    unit_divisor : a number is divided by it before it is printed in `unit`
    """

    id: Slug
    table: str
    label: str
    kind: Literal["counts", "mean_range"] = "counts"
    variable: str = ""
    columns: tuple[str, ...] = ()
    lines: tuple[CountLine, ...] = ()
    subset: str = "all"
    denominator: Literal["all", "known", "any_line"] = "known"
    unit: str = ""
    unit_divisor: Annotated[float, Field(gt=0)] = 1.0
    range_divisor: Annotated[float, Field(gt=0)] = 1.0
    range_unit: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Counts":
        if (self.kind == "counts") != bool(self.lines):
            raise ValueError("lines are needed for kind counts, and only there")
        if self.variable and self.columns:
            raise ValueError("give either variable, or columns (whose number of yes is counted)")
        if not (self.variable or self.columns) and not all(line.variable for line in self.lines):
            raise ValueError("give a variable, for the part or for each line")
        for line in self.lines:
            line.conditions(self.variable or "number")
        return self

    def variables(self) -> tuple[str, ...]:
        """Return every column that the part reads."""
        own = (self.variable, *self.columns)
        of_lines = (c.variable for line in self.lines for c in line.conditions(self.variable))
        return tuple(name for name in (*own, *of_lines) if name)


class Bars(Part):
    """A bar chart of a part of a table of counts."""

    name: Annotated[str, Field(pattern=r"^bars_[a-z0-9_]+$")]
    counts: str
    title: str
    number: str = ""


class SwimmerEvent(Part):
    """One kind of event of a swimmer plot: the earliest day in `columns`; one that the table lacks is passed over."""

    label: str
    columns: tuple[Annotated[str, Field(pattern=r"_days$")], ...]


class Swimmer(Part):
    """A swimmer plot: one bar per patient from day 0 to death or censoring, a mark at each event."""

    name: Annotated[str, Field(pattern=r"^swimmer[a-z0-9_]*$")]
    title: str
    number: str = ""
    subset: str = "all"
    events: Annotated[tuple[SwimmerEvent, ...], Field(max_length=6)] = ()


class Print(Part):
    """How numbers are printed; the files hold them unrounded."""

    time_unit: Literal["days", "months"] = "days"
    p_decimals: Annotated[int, Field(ge=2, le=6)] = 3
    percent_decimals: Annotated[int, Field(ge=0, le=3)] = 0
    ratio_digits: Literal["two_decimals", "four_significant"] = "two_decimals"


class Summary(Part):
    """One line of the cohort summary."""

    label: str
    variable: str
    kind: Literal["mean_median", "sum", "counts", "available"]
    unit: str = ""
    subset: str = "all"
    codes: tuple[Code, ...] = ()


class Multiplicity(Part):
    """The family over which Holm and Benjamini–Hochberg adjust, named before the data are seen."""

    family: str
    tables: tuple[str, ...]


def repeated(names: Iterable[str]) -> list[str]:
    """Return what is there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def as_number(text: str) -> float | None:
    """Return the finite number that a cell holds, None if it holds none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None
