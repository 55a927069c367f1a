"""Schedules against every order of a few projects (the best schedule is serial for some order)."""

import itertools

import numpy as np
import pytest
from bbsim.planning import schedule
from bbsim.planning.order.schedule_bounds import Work


def case(seed, n=6):
    rng = np.random.default_rng(seed)
    duration = rng.integers(0 if seed % 4 == 0 else 1, 7, n).astype(float)
    if seed % 3 == 0:
        duration = duration + 0.5 * rng.integers(0, 2, n)
    before = [
        sorted(set(rng.integers(0, j, 2).tolist())) if j and rng.random() < 0.6 else [] for j in range(n)
    ]
    need = rng.integers(0, 4, (n, 2)).astype(float)
    return duration, before, need, np.array([4.0, 3.0])


def soonest(duration, before, need, capacity):
    """Serial schedules over all orders, on a grid of half days."""
    n, best = len(duration), np.inf
    length = np.round(2 * duration).astype(int)
    for order in itertools.permutations(range(n)):
        if any(order.index(p) > order.index(j) for j in range(n) for p in before[j]):
            continue
        used = np.zeros((2 * length.sum() + 2, need.shape[1]))
        end = np.zeros(n, dtype=int)
        for j in order:
            t = max((end[p] for p in before[j]), default=0)
            while np.any(used[t : t + length[j]] + need[j] > capacity):
                t += 1
            used[t : t + length[j]] += need[j]
            end[j] = t + length[j]
        best = min(best, end.max() / 2)
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_soonest_end_of_all_orders(seed):
    duration, before, need, capacity = case(seed)
    plan = schedule(duration, before, need, capacity)
    best = soonest(duration, before, need, capacity)
    assert plan.makespan == pytest.approx(best)
    assert plan.lower_bound <= best + 1e-9


@pytest.mark.parametrize("seed", range(25))
def test_every_single_bound_holds(seed):
    duration, before, need, capacity = case(seed)
    n = len(duration)
    after = [[j for j in range(n) if p in before[j]] for p in range(n)]
    head, tail = np.zeros(n), np.zeros(n)
    for j in range(n):
        head[j] = max((head[p] + duration[p] for p in before[j]), default=0.0)
    for j in reversed(range(n)):
        tail[j] = max((tail[s] + duration[s] for s in after[j]), default=0.0)
    whole = bool(np.all(duration == np.round(duration)))
    work = Work(duration, need, capacity, head, tail, whole)
    best = soonest(duration, before, need, capacity)
    assert work.critical_path() <= best + 1e-9
    assert work.heads_and_tails() <= best + 1e-9
    assert work.cliques(before, after) <= best + 1e-9
    assert work.windows(work.critical_path()) <= best + 1e-9
