"""The quick clock's loops: lists and compiled loops date every order alike, to the day that is never."""

import numpy as np
import pytest
from bbsim.planning.corridors import kernels
from bbsim.planning.programme import dating
from bbsim.planning.programme.rollout import NEVER, Work, improve, roll_out


def work(seed, projects=60):
    """Some areas open late, one base may have no crews, and the money may not reach."""
    rng = np.random.default_rng(seed)
    n = projects
    parent = np.array([-1 if i == 0 or rng.random() < 0.3 else int(rng.integers(0, i)) for i in range(n)])
    release = np.where(rng.random(n) < 0.4, rng.integers(0, 2_000, n), 0)
    for i in range(n):  # as work is made: nobody opens before the one that brings it light
        release[i] = max(release[i], release[parent[i]] if parent[i] >= 0 else 0)
    return Work(
        parent=parent,
        cents=rng.integers(0, 10**12, n),
        people=rng.integers(0, 9_999, n),
        crew_days=rng.uniform(0.0, 300.0, n),
        base=rng.integers(0, 3, n),
        crews=np.array([2, int(rng.integers(0, 3)), 4]),
        fronts=2,
        release_day=release,
        before_days=33.3,
        after_days=12.5,
        group=rng.integers(0, 4, n),
        group_people=np.array([5.0, 9.0, 0.0, 4.0]),
        is_city=rng.random(n) < 0.3,
        phase=np.sort(rng.integers(0, 3, n)),
        grant_day=np.array([0, 300, 900]),
        grant_cents=np.array([10**12, 10**13, int(rng.integers(0, 10**14))]),
        horizon_days=5_000,
        usd_per_person_year=10.0,
        discount_share=0.05,
    )


@pytest.mark.parametrize("seed", range(8))
def test_lists_and_compiled_loops_date_an_order_alike(seed, monkeypatch):
    pytest.importorskip("numba")
    job = work(seed)
    order = np.arange(len(job.cents))
    monkeypatch.setattr(kernels, "COMPILE_ABOVE", -1)
    compiled = dating.Dating(job)
    assert compiled.engine.compiled
    monkeypatch.setenv("BBSIM_PLAIN", "1")
    plain = dating.Dating(job)
    assert not plain.engine.compiled
    for ours, theirs in zip(plain.days_of(order), compiled.days_of(order), strict=True):
        assert ours.tolist() == theirs.tolist()
    assert improve(job, order.tolist(), rounds=30)[0] == improve(job, order.tolist(), rounds=30)[0]


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_ready_before_the_light_the_crews_and_the_opening(seed):
    job = work(seed)
    dated = roll_out(job, range(len(job.cents)))
    built = dated.award_day < NEVER
    assert (dated.award_day[built] >= job.release_day[built]).all()
    assert (dated.ready_day[built] >= dated.award_day[built] + job.before_days + job.after_days).all()
    assert (job.crews[job.base[built]] > 0).all()
    above = job.parent[built]
    later = dated.ready_day[built][above >= 0] >= dated.ready_day[above[above >= 0]]
    assert later.all()
    paid = [int(job.cents[built & (dated.award_day <= day)].sum()) for day in job.grant_day]
    assert (np.array(paid[:-1]) <= np.cumsum(job.grant_cents)[:-1]).all()


@pytest.mark.parametrize(
    ("order", "match"),
    [([0, 0, 1], "every project once"), ([0, 1], "every project once"), ([0, 1, 3], "every project once")],
)
def test_an_order_names_each_project_once(order, match):
    job = work(0, projects=3)
    with pytest.raises(ValueError, match=match):
        roll_out(job, order)
