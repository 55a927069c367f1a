"""What a plan costs and how long it takes: the flagship's tree and rings, and countries that grow.

Run with ``pytest tests/bench/test_plan_growth.py -m bench -s``. Figures are printed; what is asserted holds
on any machine (bounds, order of prices), never seconds.
"""

import time
from datetime import date

import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.planning import schedule
from bbsim.planning.programme.national import Aim, national_plan, task_of
from bbsim.planning.programme.phases import protect
from bbsim.planning.programme.selection import choose
from bbsim.scenario import Scenario

pytestmark = pytest.mark.bench


def timed(work):
    begin = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - begin


def test_tree_rings_and_second_ways_of_the_flagship(flagship_scenario, azerbaijan):
    national_plan(flagship_scenario, azerbaijan, Aim(rounds=1))
    answer, seconds = timed(lambda: national_plan(flagship_scenario, azerbaijan, Aim(survivable=True)))
    task = task_of(flagship_scenario, azerbaijan)
    everybody, more = timed(lambda: protect(task.situation, answer.plan, task.everybody))
    spans = [span for step in answer.plan.steps for span in step.spans]
    tree_km, tree_usd = azerbaijan.km[spans].sum(), answer.plan.spans_cents / 100
    ring = answer.protection
    print(f"\nflagship, {len(answer.plan.steps)} projects, {seconds:.1f} s with rings")
    print(f"  tree: {tree_km:,.0f} km, {tree_usd / 1e6:.1f} MUSD, gap {answer.plan.gap_share:.2%}")
    for name, extra, took in (("rings for cities", ring, 0.0), ("second ways for all", everybody, more)):
        gap = extra.cents / extra.lower_bound_cents - 1.0
        print(
            f"  {name}: {extra.km:,.0f} km and {extra.cents / 1e8:.1f} MUSD more "
            f"({extra.cents / 100 / tree_usd:.1%} of the tree), gap {gap:.1%}, "
            f"{len(extra.single_path)} places stay on a single path; {took:.1f} s"
        )
    assert 0 < ring.cents <= everybody.cents
    assert ring.lower_bound_cents <= ring.cents
    assert everybody.lower_bound_cents <= everybody.cents


def test_the_flagships_mix_of_technologies(flagship_scenario, azerbaijan):
    """More effort is never dearer here, which is no law: each looks elsewhere."""
    dearest = np.inf
    for effort in ("fast", "standard", "thorough"):
        aim = Aim(by=date(2017, 12, 31), rounds=1, effort=effort)
        answer, seconds = timed(lambda aim=aim: national_plan(flagship_scenario, azerbaijan, aim))
        mix = answer.mixture
        print(
            f"\nmix, {effort}: {mix.chosen.usd / 1e6:.2f} MUSD, gap {mix.chosen.gap_share:.1%}, fibre alone "
            f"{mix.all_fibre_usd / 1e6:.1f} MUSD, {seconds:.1f} s"
        )
        assert mix.chosen.lower_bound <= mix.chosen.usd <= min(mix.all_fibre_usd, dearest)
        dearest = mix.chosen.usd


def scenario_for(country):
    """One yard, money for ten years, everything the plan asks for."""
    return Scenario.model_validate(
        {
            "name": "growth", "country": "XXX", "start": "2015-01-01", "end": "2035-01-01",
            "gateways": [{"node": "city-000000", "transit_gbps": 100.0}],
            "openings": [{"area": "closed", "opens": "2018-01-01"}],
            "budget": {"usd_per_year": 2e5 * len(country.ids), "access_share": 0.0},
            "phases": [
                {"name": "cities", "kinds": ["city"]},
                {"name": "villages", "kinds": ["rural_synthetic"]},
            ],
            "crews": {
                "bases": [
                    {"base": "yard", "regions": country.regions}
                    | {"civil": 50, "cable": 9, "splice": 9, "access": 9}
                ],
                "pace": {"civil_km_per_day": {"plain": 0.25, "hills": 0.17, "mountain": 0.1}},
            },
        }
    )  # fmt: skip


def test_time_to_plan_grows_mildly_with_the_country():
    sizes, seconds = [], []
    national_plan(scenario_for(sample_country(40)), sample_country(40), Aim(rounds=1))
    for places in (135, 1_350, 13_500):
        country = sample_country(places)
        scenario = scenario_for(country)
        answer, spent = timed(lambda c=country, s=scenario: national_plan(s, c, Aim(rounds=100)))
        task = task_of(scenario, country)
        budget = answer.plan.cents // 2
        choice, chosen = timed(lambda t=task, b=budget: choose(t.situation, t.everybody, budget_cents=b))
        sizes.append(len(country.ids))
        seconds.append(spent)
        print(
            f"\n{sizes[-1]:,} nodes, {len(country.km):,} spans: {spent:.2f} s, "
            f"gap {answer.plan.gap_share:.2%}; whom half the money reaches: {chosen:.2f} s, "
            f"{choice.people / choice.most_people:.2%} of what could be reached at most"
        )
        assert len(answer.plan.steps) == int(task.everybody.sum())
        assert answer.plan.lower_bound_cents <= answer.plan.spans_cents
        assert choice.people <= choice.most_people
    exponents = np.diff(np.log(seconds)) / np.diff(np.log(sizes))
    print(f"exponents of growth: {', '.join(f'{each:.2f}' for each in exponents)}")


@pytest.mark.parametrize("n", [30, 60, 120, 300])
def test_schedules_never_end_before_the_critical_path(n):
    """Instances as in PSPLIB's design: layers of projects, resource factor 0.75, several strengths."""
    gaps, above, spent = [], [], []
    for seed in range(5):
        rng = np.random.default_rng([n, seed])
        duration = rng.integers(1, 11, n).astype(float)
        before = [sorted(rng.choice(j, min(2, j), False).tolist()) if j > 2 else [] for j in range(n)]
        need = np.where(rng.random((n, 4)) < 0.75, rng.integers(1, 11, (n, 4)), 0).astype(float)
        capacity = np.maximum(need.max(axis=0), rng.uniform(0.1, 0.5) * need.sum(axis=0) / 4)
        head = np.zeros(n)
        for j in range(n):
            head[j] = max((head[p] + duration[p] for p in before[j]), default=0.0)
        critical = float((head + duration).max())
        plan, seconds = timed(lambda d=duration, b=before, r=need, c=capacity: schedule(d, b, r, c))
        assert plan.makespan >= plan.lower_bound >= critical
        gaps.append(plan.makespan / plan.lower_bound - 1.0)
        above.append(plan.makespan / critical - 1.0)
        spent.append(seconds)
    print(
        f"\nschedules of {n}: above the bound {np.mean(gaps):.1%} on average (worst {max(gaps):.1%}), "
        f"above the critical path {np.mean(above):.1%}; {np.mean(spent):.2f} s"
    )
