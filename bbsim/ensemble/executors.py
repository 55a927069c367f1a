"""Where replications run: here one after the other, in processes, or on a dask cluster; one interface.

An executor takes a job and numbers, and gives back (number, answer or fault) as they come. It may lose a
worker: the numbers that were with it run again, and one that loses its worker twice is told as a fault.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bbsim.errors import BbsimError, EnvironmentFault, Problem

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as EventType

Job = Callable[[int], Any]
Answers = Iterator[tuple[int, Any]]
# A number whose worker dies so often is not tried again.
TRIES = 2
_UNGUARDED = Problem(
    "main-guard",
    "no worker could start: each imports the script that called for it, and must not run it again",
    hint='In the script, put what it does below: if __name__ == "__main__":',
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a replication has no answer: its error in words, and where it was raised."""

    message: str
    trace: str = ""


def answers(job: Job, numbers: Sequence[int], workers: int = 1, dask: str | None = None) -> Answers:
    """The answers of a job, from whichever executor is asked for; none is started for nothing."""
    if not numbers:
        return iter(())
    if dask is not None:
        return on_dask(job, numbers, dask, workers)
    return serial(job, numbers) if workers == 1 else processes(job, numbers, workers)


def serial(job: Job, numbers: Iterable[int]) -> Answers:
    """One after the other, in this process."""
    for number in numbers:
        yield number, _tried(job, number)


def processes(job: Job, numbers: Iterable[int], workers: int) -> Answers:
    """In so many processes, each started afresh and given the job once.

    Raises
    ------
    EnvironmentFault
        if no process can be started, as from a script that is not made for being imported.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise EnvironmentFault(_UNGUARDED)
    left = list(numbers)
    deaths = dict.fromkeys(left, 0)
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    while left:
        with ProcessPoolExecutor(workers, context, initializer=_take, initargs=(job, began)) as pool:
            try:
                for number, answer in _through(pool, left, workers):
                    left.remove(number)
                    yield number, answer
            except BrokenProcessPool:
                if not began.is_set():
                    raise EnvironmentFault(_UNGUARDED) from None
                # Any of the first few was with the worker that died; alone, the guilty one shows.
                suspects, workers = left[:workers], 1
                for number in suspects:
                    deaths[number] += 1
        for number in [number for number in left if deaths[number] >= TRIES][:1]:
            left.remove(number)
            yield number, Fault(f"its process died {TRIES} times")


def _through(pool: ProcessPoolExecutor, numbers: list[int], workers: int) -> Answers:
    """Two numbers a worker are under way, so that none waits and few are lost."""
    rest = iter(list(numbers))
    running: dict[Future[Any], int] = {}
    for number in rest:
        running[pool.submit(_given, number)] = number
        if len(running) < 2 * workers:
            continue
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


def on_dask(job: Job, numbers: Sequence[int], address: str, workers: int = 1) -> Answers:
    """On a dask cluster; `address` of its scheduler, or ``local`` for one on this machine.

    The job is sent to each worker once, and again to each that joins or is started anew: a task is a number.

    Parameters
    ----------
    workers : of a local cluster; as many as there are cores if 1.

    Raises
    ------
    EnvironmentFault
        if dask.distributed is not installed, or nobody answers at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        hint = "pip install 'bbsim[dask]', or use --workers."
        raise EnvironmentFault(
            Problem("missing-package", "dask.distributed is not installed", hint=hint)
        ) from None
    options: dict[str, Any] = {"address": address}
    if address == "local":
        # One thread each: the clock is plain Python, and threads would only take turns.
        options = {"n_workers": workers if workers > 1 else None, "threads_per_worker": 1}
        options["dashboard_address"] = None
    try:
        client = distributed.Client(set_as_default=False, **options)
    except OSError as error:
        message = f"no dask scheduler answers at {address}: {error}"
        raise EnvironmentFault(Problem("no-scheduler", message)) from error
    token = f"bbsim-{uuid.uuid4().hex}"
    with client:
        client.register_plugin(_carrier(distributed, token, job))
        try:
            tasks = client.map(partial(_carried, token), list(numbers), pure=False, retries=TRIES - 1)
            number_of = dict(zip(tasks, numbers, strict=True))
            del tasks
            for future in distributed.as_completed(list(number_of), loop=client.loop):
                fault = future.exception()
                answer = Fault(str(fault)) if fault is not None else future.result()
                yield number_of.pop(future), answer
                future.release()
        finally:
            client.unregister_worker_plugin(token)


def _carrier(distributed: Any, token: str, job: Job) -> Any:
    """What brings the job to a dask worker when it starts, and takes it away in the end."""

    class Carrier(distributed.WorkerPlugin):  # type: ignore[misc]  # distributed is imported when it is used
        name = token

        def setup(self, worker: Any) -> None:
            del worker
            import_module("bbsim.ensemble.executors")._CARRIED[token] = job

        def teardown(self, worker: Any) -> None:
            del worker
            import_module("bbsim.ensemble.executors")._CARRIED.pop(token, None)

    return Carrier()


_CARRIED: dict[str, Job] = {}


def _carried(token: str, number: int) -> Any:
    return _tried(_CARRIED[token], number)


_JOB: list[Job] = []


def _take(job: Job, began: EventType) -> None:
    """Called once in each process."""
    began.set()
    _JOB[:] = [job]
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A killed parent can't stop its workers, and they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _given(number: int) -> Any:
    return _tried(_JOB[0], number)


def _tried(job: Job, number: int) -> Any:
    try:
        return job(number)
    except BbsimError as error:
        return Fault(str(error))
    except Exception as error:
        return Fault(f"{type(error).__name__}: {error}", traceback.format_exc())
