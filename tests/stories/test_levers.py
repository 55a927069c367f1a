"""What a planner may turn: half the money, half the crews, half the desks, each where it binds."""

from datetime import date

import numpy as np
import pytest
from bbsim.country import Country
from bbsim.simulate import simulate
from strategies import made_scenario, star


def spread(run, share=0.9):
    """First period at whose end so many people are on fibre; the number of periods if it never comes."""
    column = run.tables["periods"]["population_on_fibre_share_at_end"]
    reached = np.flatnonzero(column >= share)
    return int(reached[0]) if len(reached) else len(column)


def ready(run, by):
    days = run.tables["projects"]["ready_for_service"]
    return int((days[~np.isnat(days)] < np.datetime64(by)).sum())


def homes(run, by):
    periods = run.tables["periods"]
    return int(periods["households_passed"][periods["period_end"] == np.datetime64(by)][0])


def halved_crews(scenario, kinds=("civil", "cable", "splice")):
    bases = [b.model_dump() | {k: max(1, getattr(b, k) // 2) for k in kinds} for b in scenario.crews.bases]
    return scenario.with_(crews={"bases": bases})


def test_half_the_money_builds_less_of_the_flagship_by_2018(flagship, azerbaijan):
    s = flagship.scenario
    poor = simulate(s.with_(budget={"usd_per_year": s.budget.usd_per_year / 2}), azerbaijan)
    assert ready(poor, "2018-01-01") < ready(flagship, "2018-01-01")
    assert homes(poor, "2020-01-01") < homes(flagship, "2020-01-01")
    assert spread(poor) >= spread(flagship)


def test_half_the_crews_builds_the_flagship_later(flagship, azerbaijan):
    few = simulate(halved_crews(flagship.scenario), azerbaijan)
    assert ready(few, "2018-01-01") < ready(flagship, "2018-01-01")
    assert spread(few) > spread(flagship)


def test_half_the_desks_is_felt_in_the_flagship_where_permits_bind(flagship, azerbaijan):
    s = flagship.scenario
    permits = {n: p.model_dump() | {"desks": max(1, p.desks // 2)} for n, p in s.permits.items()}
    slow = simulate(s.with_(permits=permits), azerbaijan)
    waits = [r.tables["periods"]["waiting_for_permits_projects"].sum() for r in (slow, flagship)]
    assert waits[0] > waits[1]
    assert ready(slow, "2018-01-01") < ready(flagship, "2018-01-01")
    assert spread(slow) >= spread(flagship)


LEVERS = {
    "money": {"budget": {"opening_usd": 0, "usd_per_year": 120_000, "access_share": 0}},
    "crews": {
        "crews": {
            "bases": [{"base": "R", "regions": ["R"], "civil": 2, "cable": 9, "splice": 9, "access": 9}]
        }
    },
    "permits": {"permits": {"roads": {"follows": ["road"], "desks": 2, "days": 60}}},
}


def last_day(over):
    run = simulate(made_scenario(**({"end": date(2040, 1, 1)} | over)), star([50] * 16))
    days = run.tables["projects"]["ready_for_service"]
    assert len(days) == 16
    return days.max().astype(object), run


def halve(lever):
    import copy

    over = copy.deepcopy(LEVERS[lever])
    if lever == "money":
        over["budget"]["usd_per_year"] /= 2
    elif lever == "crews":
        over["crews"]["bases"][0]["civil"] //= 2
    else:
        over["permits"]["roads"]["desks"] //= 2
    return over


@pytest.mark.parametrize("lever", LEVERS)
def test_where_one_thing_alone_binds_half_of_it_takes_about_twice_as_long_and_is_named(lever):
    day, run = last_day(LEVERS[lever])
    later, other = last_day(halve(lever))
    start = date(2014, 1, 1)
    alone, _ = last_day({})
    wait, longer = ((d - alone).days for d in (day, later))
    assert wait > 300
    assert 1.8 < longer / wait < 2.4
    for r in (run, other):
        words = r.tables["periods"]["binding"].tolist()
        until = [
            w
            for w, e in zip(words, r.tables["periods"]["period_end"].astype(object), strict=True)
            if e <= day
        ]
        assert max(set(until), key=until.count) == lever
    assert (alone - start).days < 150


def test_more_of_everything_never_hurts_on_a_star():
    base, _ = last_day({})
    for lever in LEVERS:
        assert last_day(LEVERS[lever])[0] >= base


def test_a_country_that_was_written_and_read_runs_the_same(tmp_path):
    star([20] * 5).write(tmp_path / "c")
    hashes = [
        simulate(made_scenario(), c).table_hashes() for c in (star([20] * 5), Country.read(tmp_path / "c"))
    ]
    assert hashes[0] == hashes[1]
