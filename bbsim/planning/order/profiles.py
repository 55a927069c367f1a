"""What is held of each resource over time, and the two ways to fit projects into it.

A project is data ``(duration, first, before, need, capacity)``: what project j waits for stands at positions
``first[j] .. first[j + 1] - 1`` of ``before``; ``need`` is row by row, one entry a resource.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")


def feasible_order(data: Any, priority: Any) -> Any:
    """The projects by priority (least first), each after all it waits for."""
    duration, first, before, _, _ = data
    n = len(duration)
    waiting = full_i(n, 0)
    start = full_i(n + 1, 0)
    for j in range(n):
        waiting[j] = first[j + 1] - first[j]
        for k in range(first[j], first[j + 1]):
            start[before[k] + 1] += 1
    for j in range(n):
        start[j + 1] += start[j]
    place = full_i(n, 0)
    for j in range(n):
        place[j] = start[j]
    after = full_i(first[n] + 1, 0)
    heap = heap_new(n)
    for j in range(n):
        for k in range(first[j], first[j + 1]):
            after[place[before[k]]] = j
            place[before[k]] += 1
        if waiting[j] == 0:
            heap_push(heap, priority[j], j)
    order = full_i(n, 0)
    size = 0
    while heap_size(heap) > 0:
        _, j = heap_pop(heap)
        order[size] = j
        size += 1
        for k in range(start[j], start[j + 1]):
            s = after[k]
            waiting[s] -= 1
            if waiting[s] == 0:
                heap_push(heap, priority[s], s)
    return order


def break_at(moment: float, times: Any, used: Any, size: int, resources: int) -> Any:
    """Where the profile has a step at `moment` (made if need be), and how many steps there are then."""
    low = 0
    high = size
    while low < high:
        middle = (low + high) // 2
        if times[middle] < moment:
            low = middle + 1
        else:
            high = middle
    if low < size and times[low] == moment:
        return low, size
    for i in range(size, low, -1):
        times[i] = times[i - 1]
        for r in range(resources):
            used[i * resources + r] = used[(i - 1) * resources + r]
    times[low] = moment
    for r in range(resources):
        used[low * resources + r] = used[(low - 1) * resources + r] if low > 0 else 0.0
    return low, size + 1


def serial_schedule(data: Any, order: Any) -> Any:
    """Each project of the order as early as its predecessors have ended and everything it holds is there
    throughout.
    """
    duration, first, before, need, capacity = data
    n = len(duration)
    resources = len(capacity)
    start = full_f(n, 0.0)
    # Between times[i] and times[i + 1] this much is held; the last step holds nothing.
    times = full_f(2 * n + 2, 0.0)
    used = full_f((2 * n + 2) * resources, 0.0)
    size = 1
    for i in range(n):
        j = order[i]
        begin = 0.0
        for k in range(first[j], first[j + 1]):
            p = before[k]
            begin = max(begin, start[p] + duration[p])
        low = 0
        high = size
        while low < high:
            middle = (low + high) // 2
            if times[middle] <= begin:
                low = middle + 1
            else:
                high = middle
        step = low - 1
        while step < size and duration[j] > 0.0:
            if times[step] >= begin + duration[j]:
                break
            fits = True
            for r in range(resources):
                if used[step * resources + r] + need[j * resources + r] > capacity[r] * (1.0 + 1e-12):
                    fits = False
            step += 1
            if not fits:
                # Something holds it here: not before the next step.
                begin = times[step]
        start[j] = begin
        if duration[j] > 0.0:
            low, size = break_at(begin, times, used, size, resources)
            high, size = break_at(begin + duration[j], times, used, size, resources)
            for step in range(low, high):
                for r in range(resources):
                    used[step * resources + r] += need[j * resources + r]
    return start


def parallel_schedule(data: Any, priority: Any) -> Any:
    """At each moment something ends, start what may start and fits, in order of priority (then number)."""
    duration, first, before, need, capacity = data
    n = len(duration)
    resources = len(capacity)
    order = feasible_order(data, priority)
    # Within what may start at one moment the priority decides; a feasible order by priority has just that.
    start = full_f(n, 0.0)
    begun = full_i(n, 0)
    free = full_f(resources, 0.0)
    for r in range(resources):
        free[r] = capacity[r]
    running = heap_new(n)
    left = n
    now = 0.0
    while left > 0:
        again = True
        while again:
            again = False
            for i in range(n):
                j = order[i]
                if begun[j] > 0:
                    continue
                may = True
                for k in range(first[j], first[j + 1]):
                    p = before[k]
                    if begun[p] == 0 or start[p] + duration[p] > now:
                        may = False
                for r in range(resources):
                    if need[j * resources + r] > free[r] + 1e-12 * capacity[r]:
                        may = False
                if may:
                    begun[j] = 1
                    start[j] = now
                    left -= 1
                    if duration[j] > 0.0:
                        heap_push(running, now + duration[j], j)
                        for r in range(resources):
                            free[r] -= need[j * resources + r]
                    else:
                        again = True
        if heap_size(running) == 0:
            break
        now, j = heap_pop(running)
        for r in range(resources):
            free[r] += need[j * resources + r]
        while heap_size(running) > 0:
            end, k = heap_pop(running)
            if end > now:
                heap_push(running, end, k)
                break
            for r in range(resources):
                free[r] += need[k * resources + r]
    return start


KERNELS = (feasible_order, break_at, serial_schedule, parallel_schedule)
