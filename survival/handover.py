"""Scripts for R and Python that reproduce the tables from ``cohort.csv`` without this program."""

import json
from collections.abc import Sequence

from survival.plan import Group, Plan
from survival.report import RESEARCH_ONLY
from survival.templating import templates_of

SCRIPTS = ("handover.py", "handover.R")


def scripts(plan: Plan) -> dict[str, str]:
    """Return file name → text of each script; every text of the plan stands in it as a quoted string."""
    environment = templates_of("survival", escape=False)
    environment.filters |= {
        "text": one_line,
        "literal": literal,
        "rule": rule,
        "r": r_literal,
        "r_rule": r_rule,
        "r_name": r_name,
    }
    return {
        name: environment.get_template(f"{name}.jinja").render(plan=plan, research_only=RESEARCH_ONLY)
        for name in SCRIPTS
    }


def one_line(text: str) -> str:
    """Return a text that cannot leave its comment or docstring."""
    return " ".join(text.split()).replace('"', "'").replace("\\", "/")


def literal(value: object) -> str:
    """Return a string, number, list or None as Python writes it."""
    return repr(value)


def rule(group: Group) -> str:
    """Return the rule of a group as a Python tuple (codes, at least, below)."""
    return repr((list(group.codes), group.at_least, group.below))


def r_literal(value: object) -> str:
    """Return a string, number, boolean, list of strings or None as R writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return f"c({', '.join(map(r_literal, value))})" if value else "character()"
    return repr(value)


def r_rule(group: Group) -> str:
    """Return the rule of a group as a call of R."""
    if group.codes:
        return f"rule(codes = {r_literal(list(group.codes))})"
    ends = {"at_least": group.at_least, "below": group.below}
    return f"rule({', '.join(f'{name} = {value!r}' for name, value in ends.items() if value is not None)})"


def r_name(text: str) -> str:
    """Return a label as the name of an element of a list of R."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"
