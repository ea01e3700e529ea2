"""The part of a plan that declares a Cox model of several rows, from a landmark, or with a covariate that changes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from mri.problems import Problem, error
from survival.plan_parts import Part, Row, Slug


class Model(Part):
    """A Cox model whose covariates are rows of the plan, with their groups, references and rules for what is missing.

    Attributes
    ----------
    covariates : ids of rows; a categoric row has one coefficient per group but its reference
    subset : of whom, for all covariates alike
    entry : column of days from which a patient is at risk (delayed entry); "" for day 0
    landmark_days : only who is still observed after that day, counted from it; what came by then counts
    time_varying : the exposure of the row with ``exposed_from`` counts from its day on
    """

    id: Slug
    table: str
    label: str
    covariates: Annotated[tuple[str, ...], Field(min_length=1)]
    subset: str = "all"
    entry: str = ""
    landmark_days: Annotated[float, Field(gt=0)] | None = None
    time_varying: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _one_way_of_time(self) -> "Model":
        if self.time_varying and self.landmark_days is not None:
            raise ValueError("give either landmark_days or time_varying: each deals with what comes after day 0")
        if len(set(self.covariates)) < len(self.covariates):
            raise ValueError("a covariate is there twice")
        return self

    @property
    def after_day_0(self) -> bool:
        """Whether a covariate is known only after day 0, and the model deals with it."""
        return self.time_varying or self.landmark_days is not None

    @property
    def has_medians(self) -> bool:
        """Whether groups stay what they are and all enter at once, so that a line has a median."""
        return not (self.entry or self.time_varying)

    @property
    def kind(self) -> str:
        """What sort of model it is, in words."""
        if self.time_varying:
            words = "a covariate that changes"
        elif self.landmark_days is not None:
            words = f"from a landmark on day {self.landmark_days:g}"
        else:
            words = "several covariates" if len(self.covariates) > 1 else "one covariate"
        return f"Cox, {words}{', delayed entry' if self.entry else ''}"

    def as_row(self) -> Row:
        """Return what its printed lines need: label, note, subset."""
        return Row.model_construct(
            id=self.id, table=self.table, label=self.label, kind="categoric", subset=self.subset, note=self.note
        )


def model_errors(raw: Mapping[str, Any], models: Sequence[Mapping[str, Any]], where: str) -> Iterator[Problem]:
    """Yield the covariates that are no rows of the plan, or that the model cannot take."""
    given = raw.get("rows", [])
    rows = {str(row.get("id")): row for row in given if isinstance(row, dict)} if isinstance(given, list) else {}
    for model in models:
        place = f"{where}: models ({model.get('id')})"
        named = model.get("covariates", [])
        chosen = [str(name) for name in named] if isinstance(named, list) else []
        for name in chosen:
            if name not in rows:
                hint = f"covariate {name!r} is no row; the plan has: {', '.join(rows) or 'none'}."
                yield error("plan_reference", place, hint)
        known = [rows[name] for name in chosen if name in rows]
        for fault in _faults(raw, model, known):
            yield error("plan_model", place, fault)


def _faults(raw: Mapping[str, Any], model: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    after = model.get("time_varying") or model.get("landmark_days") is not None
    exposed = [row for row in rows if row.get("exposed_from")]
    for row in rows:
        if row.get("kind") == "overall":
            yield f"row {row.get('id')!r} is of kind overall and has no value: take it out."
        if row.get("origin", raw.get("origin", "iscm_diagnosis")) != raw.get("origin", "iscm_diagnosis"):
            yield f"row {row.get('id')!r} counts from another origin: take it out, or change its origin."
        if row.get("post_baseline") and not (after and row.get("exposed_from")):
            yield (
                f"row {row.get('id')!r} is known only after day 0 (immortal time): give it exposed_from, and the model "
                "time_varying = true or landmark_days."
            )
    if after and len(exposed) != 1:
        yield "time_varying and landmark_days need exactly one covariate whose row has exposed_from."
    if model.get("entry") and raw.get("origin", "iscm_diagnosis") != "iscm_diagnosis":
        yield "entry counts from the ISCM diagnosis: the plan's origin must be iscm_diagnosis."
