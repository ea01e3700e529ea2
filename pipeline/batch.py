"""Many tasks, each isolated: what fails is a value, and one bad case never stops the others."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from mri.problems import Problem, RefusedError, error
from mri.trouble import trouble_of

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Item, Result]):
    """What became of one item: a result, or the problems that prevented it.

    Attributes
    ----------
    item
        What was asked.
    result
        None where it failed.
    problems : tuple of Problem
        Empty where it was done.
    """

    item: Item
    result: Result | None
    problems: tuple[Problem, ...] = ()


def run_batch(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    open_pool: Callable[[], Executor],
    on_done: Callable[[Outcome[Item, Result]], None] | None = None,
) -> list[Outcome[Item, Result]]:
    """Run a task on every item and return the outcomes in the order of the items.

    A worker that dies (a crash in a library, out of memory) breaks a whole process pool; the items that were lost with
    it are then run again, each in a pool of its own, so that only the one that kills its worker fails.

    Parameters
    ----------
    task : callable
        Must be importable by a worker process.
    items : sequence
    open_pool : callable
        Opens a fresh executor.
    on_done : callable, optional
        Told each outcome, for progress.
    """
    outcomes: dict[int, Outcome[Item, Result]] = {}
    for index, outcome in _run_pool(task, dict(enumerate(items)), open_pool):
        outcomes[index] = outcome
        _tell(on_done, outcome)
    for index in (k for k in range(len(items)) if k not in outcomes):
        alone = dict(_run_pool(task, {index: items[index]}, open_pool))
        outcomes[index] = alone.get(index) or _crashed(items[index])
        _tell(on_done, outcomes[index])
    return [outcomes[index] for index in range(len(items))]


def _run_pool(
    task: Callable[[Item], Result], items: dict[int, Item], open_pool: Callable[[], Executor]
) -> Iterator[tuple[int, Outcome[Item, Result]]]:
    """Yield the outcome of each item that was not lost with its worker."""
    pool = open_pool()
    try:
        futures: dict[int, Future[Result]] = {}
        for index, item in items.items():
            try:
                futures[index] = pool.submit(task, item)
            except BrokenProcessPool:
                break
        for index, future in futures.items():
            outcome = _outcome(items[index], future)
            if outcome is not None:
                yield index, outcome
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()


def _stop(pool: Executor) -> None:
    """End a pool at once: an interrupted person does not wait for workers, and a worker may be stuck in its start."""
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.kill()


def _outcome(item: Item, future: "Future[Result]") -> Outcome[Item, Result] | None:
    try:
        return Outcome(item=item, result=future.result())
    except BrokenProcessPool:
        return None
    except RefusedError as refused:
        return Outcome(item=item, result=None, problems=refused.problems)
    except Exception as failure:  # noqa: BLE001 - the failure becomes a value; the other items go on
        return Outcome(item=item, result=None, problems=(unexpected(item, failure),))


def unexpected(item: object, failure: BaseException) -> Problem:
    """Return an exception nobody foresaw as a problem: type and place, not its text, which may hold an identifier.

    Trouble with the disc is told as what it is.
    """
    trouble = trouble_of(failure)
    if trouble is not None:
        return error(trouble.code, item, f"{trouble.where}: {trouble.message}")
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
    return error("internal_error", item, f"{type(failure).__name__} at {place}; please report this with the log (-v)")


def _crashed(item: Item) -> Outcome[Item, Result]:
    problem = error("worker_died", item, "the process that worked on it died (crash or out of memory); see the log")
    return Outcome(item=item, result=None, problems=(problem,))


def _tell(on_done: Callable[[Outcome[Item, Result]], None] | None, outcome: Outcome[Item, Result]) -> None:
    if on_done is not None:
        on_done(outcome)
