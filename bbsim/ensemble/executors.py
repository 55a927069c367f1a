"""Where replications run: here one after the other, in processes, or on a dask cluster; one interface.

An executor takes a job and numbers, and gives back (number, answer or fault) as they come. It may lose a
worker: the numbers that were with it run again, and one that loses its worker twice is told as a fault.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bbsim.errors import BbsimError, EnvironmentFault, Problem

Job = Callable[[int], Any]
Answers = Iterator[tuple[int, Any]]
# A number whose worker dies so often is not tried again.
TRIES = 2


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
        return on_dask(job, numbers, dask)
    return serial(job, numbers) if workers == 1 else processes(job, numbers, workers)


def serial(job: Job, numbers: Iterable[int]) -> Answers:
    """One after the other, in this process."""
    for number in numbers:
        yield number, _tried(job, number)


def processes(job: Job, numbers: Iterable[int], workers: int) -> Answers:
    """In so many processes, each started afresh and given the job once."""
    left = list(numbers)
    deaths = dict.fromkeys(left, 0)
    context = multiprocessing.get_context("spawn")
    while left:
        with ProcessPoolExecutor(workers, context, initializer=_take, initargs=(job,)) as pool:
            try:
                for number, answer in _through(pool, left, workers):
                    left.remove(number)
                    yield number, answer
            except BrokenProcessPool:
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


def on_dask(job: Job, numbers: Iterable[int], address: str) -> Answers:
    """On a dask cluster; `address` of its scheduler, or ``local`` for one on this machine.

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
    try:
        client = distributed.Client(None if address == "local" else address, set_as_default=False)
    except OSError as error:
        message = f"no dask scheduler answers at {address}: {error}"
        raise EnvironmentFault(Problem("no-scheduler", message)) from error
    with client:
        shared = client.scatter(job, broadcast=True, hash=False)
        futures = {
            client.submit(_tried, shared, number, pure=False, retries=TRIES - 1): number for number in numbers
        }
        for future in distributed.as_completed(list(futures), loop=client.loop):
            fault = future.exception()
            yield futures[future], Fault(str(fault)) if fault is not None else future.result()
            future.release()


_JOB: list[Job] = []


def _take(job: Job) -> None:
    """Called once in each process."""
    _JOB[:] = [job]


def _given(number: int) -> Any:
    return _tried(_JOB[0], number)


def _tried(job: Job, number: int) -> Any:
    try:
        return job(number)
    except BbsimError as error:
        return Fault(str(error))
    except Exception as error:
        return Fault(f"{type(error).__name__}: {error}", traceback.format_exc())
