"""How often Python looks for garbage while very many objects are made that are none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two looks, and looks at the young before one at the older ones. Python's own 700 and 10
# go through a run's tens of thousands of events again and again, and free next to nothing.
OBJECTS, LOOKS = 200_000, 20
# From so many events on (some 40,000 nodes over ten years) memory is dearer than time. Assumption.
MANY_EVENTS = 1_000_000


@contextmanager
def unhurried() -> Iterator[None]:
    """Within it, cycles of objects are looked for more rarely; the collector's own settings come back after.

    >>> import gc
    >>> before = gc.get_threshold()
    >>> with unhurried():
    ...     gc.get_threshold()[0]
    200000
    >>> gc.get_threshold() == before
    True
    """
    before = gc.get_threshold()
    gc.set_threshold(max(OBJECTS, before[0]) if before[0] else 0, max(LOOKS, before[1]), before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)
