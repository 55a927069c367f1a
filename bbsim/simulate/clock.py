"""simpy's environment with time in whole minutes, and with an agenda in place of its heap of events.

Most of what happens in a run happens at the beginning of a day, many things in the same minute. So there is a
list of events for each minute, and a heap of minutes only. The order is simpy's: by minute, then by arrival;
a process that is started begins before anything else of that minute. What fails ends the run at once, as
nobody waits for failures.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Any

import simpy
from simpy.events import NORMAL, EventPriority, ProcessGenerator


class Clock(simpy.Environment):
    """An environment whose time is whole minutes.

    Attributes
    ----------
    minute : whole minutes since the scenario's start.

    Examples
    --------
    >>> clock, told = Clock(), []
    >>> def stage(name, minutes):
    ...     yield clock.timeout(minutes)
    ...     told.append((name, clock.minute))
    >>> works = [clock.process(stage("survey", 7)), clock.process(stage("permits", 5))]
    >>> clock.run(until=7), told, clock.minute
    (None, [('permits', 5)], 7)
    >>> clock.run(until=8), told
    (None, [('permits', 5), ('survey', 7)])
    """

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0
        self._agenda: dict[int, list[simpy.Event]] = {}
        self._minutes: list[int] = []
        self._started: deque[_Process] = deque()

    def process(self, generator: ProcessGenerator) -> simpy.Process:
        """A process that begins as soon as what happens now is over."""
        process = _Process(self, generator)
        self._started.append(process)
        return process

    def schedule(self, event: simpy.Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """Let an event happen so many whole minutes from now, after all that were meant for then before.

        Raises
        ------
        ValueError
            for another priority than the normal one, as interruptions have: nothing here is interrupted.
        """
        if priority != NORMAL:
            raise ValueError(f"{event} has the priority {priority}, but all events here are alike")
        minute = self.minute + delay
        due = self._agenda.get(minute)  # type: ignore[call-overload]  # simpy's time may be broken, ours is whole
        if due is None:
            self._agenda[minute] = [event]  # type: ignore[index]
            heapq.heappush(self._minutes, minute)  # type: ignore[misc]
        else:
            due.append(event)

    def peek(self) -> float:
        """The minute of the next event; infinity if there is none."""
        return self._minutes[0] if self._minutes else float("inf")

    def run(self, until: int) -> None:  # type: ignore[override]
        """Let happen what happens before a minute, which is now when it is over.

        Raises
        ------
        Exception
            whatever a process raises, or an event has failed with.
        """
        self._begin_started()
        while self._minutes and self._minutes[0] < until:
            self.minute = self._now = heapq.heappop(self._minutes)
            for event in self._agenda[self.minute]:  # which grows while it is read
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for callback in callbacks:
                    callback(event)
                if not event._ok:
                    raise event._value
                if self._started:
                    self._begin_started()
            del self._agenda[self.minute]
        self.minute = self._now = until

    def step(self) -> None:
        """Not to be had: a minute is gone through as a whole."""
        raise NotImplementedError("run(until=...) goes through whole minutes")

    def _begin_started(self) -> None:
        while self._started:
            self._started.popleft().begin()


class _Process(simpy.Process):
    """A process without what interruptions and failures of others would need."""

    def __init__(self, clock: Clock, generator: ProcessGenerator) -> None:
        self.env, self.callbacks = clock, []
        self._generator, self._send = generator, generator.send

    def begin(self) -> None:
        """Go to the first event that is waited for."""
        self._go_on(None)

    def _resume(self, event: simpy.Event) -> None:
        self._go_on(event._value)

    def _go_on(self, value: Any) -> None:
        while True:
            try:
                event: Any = self._send(value)
            except StopIteration as end:
                self._ok, self._value = True, end.value
                self.env.schedule(self)
                return
            if event.callbacks is not None:
                event.callbacks.append(self._resume)
                return
            value = event._value
