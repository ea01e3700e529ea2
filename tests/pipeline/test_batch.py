"""A batch: isolated, in order, failures as values."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor

import pytest

from mri.problems import RefusedError, error
from pipeline.batch import Outcome, run_batch
from pipeline.executors import ExecutorKind, open_executor


def work(item: int) -> int:
    """Square a number; 3 is refused, 4 raises, 5 kills its worker."""
    if item == 3:
        raise RefusedError(error("refused", "item 3", "three is not measured"))
    if item == 4:
        raise ValueError("Doe^Jane 1950-01-01")
    if item == 5:
        os._exit(1)
    return item * item


def pool(kind: ExecutorKind) -> Callable[[], Executor]:
    """Return what opens a pool of two workers."""
    return lambda: open_executor(kind, jobs=2)


def test_outcomes_keep_the_order_of_the_items() -> None:
    """Results come back in the order asked, whatever finished first."""
    outcomes = run_batch(work, [2, 0, 1], pool(ExecutorKind.SERIAL))
    assert [o.result for o in outcomes] == [4, 0, 1]


def test_a_refused_item_and_a_bug_leave_the_others_alone() -> None:
    """A refusal keeps its own problem; an unforeseen exception becomes one that hides its text."""
    outcomes = run_batch(work, [1, 3, 4, 2], pool(ExecutorKind.SERIAL))
    assert [o.result for o in outcomes] == [1, None, None, 4]
    assert outcomes[1].problems[0].code == "refused"
    assert outcomes[2].problems[0].code == "internal_error"
    assert "Doe" not in str(outcomes[2].problems[0])
    assert "ValueError at" in outcomes[2].problems[0].message


def test_a_dead_worker_costs_only_its_own_item() -> None:
    """Of tasks in a process pool one of which kills its worker, only that one fails."""
    outcomes = run_batch(work, [1, 5, 2, 3, 6], pool(ExecutorKind.PROCESSES))
    assert [o.result for o in outcomes] == [1, None, 4, None, 36]
    assert outcomes[1].problems[0].code == "worker_died"


def test_each_outcome_is_told_once() -> None:
    """Progress hears of every item exactly once."""
    told: list[Outcome[int, int]] = []
    run_batch(work, [0, 3, 1], pool(ExecutorKind.SERIAL), told.append)
    assert sorted(o.item for o in told) == [0, 1, 3]


def test_dask_runs_the_same_batch() -> None:
    """The same tasks on a local dask cluster give the same results."""
    pytest.importorskip("distributed", reason="dask is not installed")
    outcomes = run_batch(work, [1, 3, 2], pool(ExecutorKind.DASK))
    assert [o.result for o in outcomes] == [1, None, 4]


def stuck(_: int) -> int:
    """Work that never ends by itself."""
    time.sleep(600)
    return 0


def test_an_interrupt_does_not_wait_for_its_workers() -> None:
    """Ctrl+C while a worker is busy ends the batch within seconds."""
    # a shell starts what runs in its background with interrupts ignored, and the tests with it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_batch(stuck, [1, 2], pool(ExecutorKind.PROCESSES))
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 30
