"""A small plan and a handful of patients that the tests of the analysis share."""

from collections.abc import Mapping

from survival.plan import Plan, Row
from survival.results import Patients

GROUPS = ({"label": "No", "codes": [0]}, {"label": "Yes", "codes": [1]})
SIGN: dict[str, object] = {
    "id": "sign",
    "table": "Table 1",
    "label": "Sign",
    "kind": "categoric",
    "variable": "sign",
    "test": "logrank",
    "groups": GROUPS,
}
SIZE: dict[str, object] = {
    "id": "size",
    "table": "Table 1",
    "label": "Size, per mm",
    "kind": "continuous",
    "variable": "size",
    "test": "cox_wald",
}
OVERALL: dict[str, object] = {"id": "overall", "table": "Table 1", "label": "From diagnosis", "kind": "overall"}


def make_plan(*rows: Mapping[str, object], **changes: object) -> Plan:
    """Return a plan of one table with these rows."""
    content: dict[str, object] = {
        "format": 1,
        "name": "small",
        "title": "Small plan",
        "source": "none",
        "methods": "As the tests say.",
        "tables": [{"name": "Table 1", "file": "table_1", "title": "Table 1. Small"}],
        "subsets": [{"name": "solitary", "label": "solitary ISCM", "variable": "n_lesions", "codes": [1]}],
        "rows": list(rows) or [OVERALL, SIGN, SIZE],
    }
    return Plan.model_validate(content | changes)


def make_row(base: Mapping[str, object], **changes: object) -> Row:
    """Return one row with changes."""
    return Row.model_validate({**base, **changes})


def make_patients(**columns: tuple[object, ...]) -> Patients:
    """Return six patients who die on days 10 to 60 but the last, who is censored; columns may be replaced."""
    base: dict[str, tuple[object, ...]] = {
        "participant_id": ("A1", "A2", "A3", "A4", "A5", "A6"),
        "sign": (1, 0, 1, 1, 0, 0),
        "size": (30, 10, 20, 25, 5, 12),
        "n_lesions": (1, 1, 2, 1, 1, 1),
        "author": ("reader",) * 6,
    }
    cells = {name: tuple(str(cell) for cell in values) for name, values in (base | columns).items()}
    return Patients(
        columns=cells,
        time_days={
            "iscm_diagnosis": (10.0, 20.0, 30.0, 40.0, 50.0, 60.0),
            "iscm_presentation": (15.0, 25.0, None, 45.0, 55.0, 65.0),
        },
        event=(1, 1, 1, 1, 1, 0),
    )
