"""Where work runs: in this process, in processes of this machine, or on a dask cluster."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from enum import StrEnum
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ExecutorKind(StrEnum):
    """The executors that ``--executor`` names."""

    SERIAL = "serial"
    PROCESSES = "processes"
    DASK = "dask"


class SerialExecutor(Executor):
    """Runs each task at once, in this process: the one to debug with."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run the task now and return its finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as failure:  # noqa: BLE001 - an executor hands every exception to the caller's result()
            future.set_exception(failure)
        return future


def open_executor(kind: ExecutorKind, jobs: int, scheduler: str | None = None) -> Executor:
    """Return an executor.

    Parameters
    ----------
    kind : ExecutorKind
    jobs : int
        Worker processes (``processes`` only).
    scheduler : str, optional
        Address of a dask scheduler; a local cluster where none is given (``dask`` only).
    """
    if kind is ExecutorKind.SERIAL:
        return SerialExecutor()
    if kind is ExecutorKind.PROCESSES:
        # spawn: a forked child inherits locks of threaded libraries and may hang
        return ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn"))
    return _dask_executor(scheduler, jobs)


def _dask_executor(scheduler: str | None, jobs: int) -> Executor:
    from mri.problems import RefusedError, error

    try:
        from distributed import Client
    except ImportError as missing:
        mend = "dask is not installed; pip install 'iscm[cluster]', or use --executor processes"
        raise RefusedError(error("dask_missing", "--executor", mend)) from missing
    client = Client(scheduler) if scheduler else Client(n_workers=jobs, threads_per_worker=1)
    executor: Executor = client.get_executor(pure=False)
    return executor
