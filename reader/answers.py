"""JSON answers: strict JSON whatever the content, so that no value can break the page or the server."""

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from fastapi.responses import Response

from reader.failures import RequestError

FORMAT = 1


def plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is not a finite number is None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list | set | frozenset | np.ndarray):
        return [plain(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | bool | None) else str(value)


def strict_json(content: bytes) -> Any:
    """Return the value of a JSON text: UTF-8, no number that is not finite, no half of a character.

    Raises
    ------
    ValueError, RecursionError
        If it is none.
    """
    value = json.loads(content.decode("utf-8"), parse_constant=_not_finite, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _not_finite(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _not_finite(text)


def answer(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer; every one has ``format``."""
    # ASCII only: a lone surrogate that a client sent cannot be written as UTF-8
    text = json.dumps({"format": FORMAT, **plain(content)}, allow_nan=False)
    return Response(text, status_code=status, media_type="application/json", headers=dict(headers or {}))


def refusal(failure: RequestError) -> Response:
    """Return the answer of a refused request."""
    return answer(failure.body(), failure.status)
