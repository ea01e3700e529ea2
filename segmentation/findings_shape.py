"""The shape of findings.json: which keys and types its parts have, before the vocabulary is looked at."""

import json
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast

from mri.problems import Problem, error
from segmentation.answers import Approval, ReadRecord, State

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
"""Version of findings.json."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The shape of findings.json; the answers are looked at one by one."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    format: Literal[1]
    author: str
    state: State
    lesions: dict[str, dict[str, Any]]
    patient: dict[str, Any]
    approvals: tuple[Approval, ...] = ()
    record: ReadRecord | None = None


def checked(kind: type[T], data: object, where: str, problems: list[Problem]) -> T | None:
    """Return JSON data as a value of its type, or None after adding each thing that is wrong with it to `problems`."""
    from pydantic import ValidationError

    try:
        return cast(T, _adapter(cast(Hashable, kind)).validate_json(json.dumps(data), strict=True))
    except ValidationError as wrong:
        for fault in wrong.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join(str(part) for part in fault["loc"])
            message = f"{path + ': ' if path else ''}{fault['msg']}; correct it"
            problems.append(error("shape_wrong", where, message))
    return None


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
