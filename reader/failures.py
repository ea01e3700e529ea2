"""A refusal of the reading server: a status, what is wrong, and what else the page must know."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from mri.problems import Problem, RefusedError, error

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RequestError(Exception):
    """A request that is refused.

    Attributes
    ----------
    status : int
        HTTP status.
    problems : tuple of Problem
        At least one; the first is the one that is named.
    extra : mapping
        Further members of the answer, e.g. the current etag of a conflict.
    """

    def __init__(self, status: int, problems: Problem | Iterable[Problem], **extra: object) -> None:
        self.status = int(status)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.extra: Mapping[str, object] = extra
        super().__init__("; ".join(str(problem) for problem in self.problems))

    def body(self) -> dict[str, object]:
        """Return the JSON answer: code, where and message of the first problem, and all of them."""
        first = self.problems[0]
        said: dict[str, object] = {"code": first.code, "where": first.where, "message": first.message}
        if len(self.problems) > 1:
            said["problems"] = [problem.as_record() for problem in self.problems]
        return said | dict(self.extra)


def refuse(status: int, code: str, where: object, message: str, **extra: object) -> RequestError:
    """Return a refusal with one problem."""
    return RequestError(status, error(code, where, message), **extra)


def unusable(refused: RefusedError) -> RequestError:
    """Return the refusal of content that a function of the lower layers refused."""
    return RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, refused.problems)


@contextmanager
def written() -> Iterator[None]:
    """Turn a write that the disk refused into an answer that says so; nothing half-written is left."""
    try:
        yield
    except OSError as failure:
        code = "disk_full" if failure.errno in _FULL else "not_writable"
        mend = "nothing was changed; free space" if code == "disk_full" else "nothing was changed; check the folder"
        message = f"the study cannot be written ({failure.strerror or type(failure).__name__}): {mend}, then save again"
        raise refuse(HTTPStatus.INSUFFICIENT_STORAGE, code, "readings", message) from failure
