"""One piece of work done beside another, on a second core, where that is safe; else before it.

The work is a copy of this process (a fork), so that it sees everything and changes nothing here: what it
leaves is files. Whatever goes wrong in the copy goes wrong once more here, where it can be told.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[], object], *, before: bool = False) -> Iterator[None]:
    """Do `work`, which only writes files, while the body runs; it is done when the block is left.

    Parameters
    ----------
    before : do it in a copy too, but wait for it before the body: two that run beside each other come to hold
        most things twice, as each look at an object is written into it.

    Raises
    ------
    Exception
        whatever the work raises.

    >>> with beside(lambda: None):
    ...     pass
    """
    if not _may_fork():
        work()
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _as_copy(work)
    try:
        if before:
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        yield
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    try:
        failed = os.waitpid(child, 0)[1]
    except BaseException:  # interrupted: nobody may write on into what is taken away now
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    if failed:
        work()


def _may_fork() -> bool:
    """Copies are safe where no other thread may hold a lock, and worth it where there is a second core."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0)) > 1


def _as_copy(work: Callable[[], object]) -> None:
    """Do the work and end, without a word and without the cleaning-up that is the original's."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        work()
        code = 0
    except BaseException:  # told by the original, which does the work again
        pass
    finally:
        os._exit(code)
