"""Areas that open on different days: nobody is awarded before, and nobody waits for a later one in vain."""

import numpy as np
import pytest
from bbsim.planning.programme.national import Aim, national_plan
from bbsim.reading import load
from made import edited, small_country, write_folder

# From b two ways lead to `early`: a cheap one through `late`, which opens a year later, and a dearer one.
NODES = {
    "g": {"population": 1000, "households": 250, "region": "South", "gateway": True, "at": (45.0, 40.0)},
    "b": {"population": 500, "households": 125, "region": "North", "at": (45.1, 40.0)},
    "late": {"population": 900, "households": 200, "region": "North", "area": "late", "at": (45.2, 40.0)},
    "early": {"population": 90, "households": 20, "region": "North", "area": "early", "at": (45.3, 40.0)},
    "edge": {"population": 60, "households": 15, "region": "North", "at": (45.4, 40.0), "kind": "town"},
    "hamlet": {"population": 30, "households": 8, "region": "North", "area": "late", "at": (45.2, 40.1),
               "kind": "town"},
}  # fmt: skip
SPANS = {
    "g-b": ("g", "b", 9, {"region": "South"}),
    "b-late": ("b", "late", 9, {"region": "North", "area": "late"}),
    "late-early": ("late", "early", 9, {"region": "North", "area": "late"}),
    "b-early": ("b", "early", 40, {"region": "North"}),
    "early-edge": ("early", "edge", 9, {"region": "North", "area": "early"}),
    "late-hamlet": ("late", "hamlet", 9, {"region": "North", "area": "late"}),
}
OPENINGS = "openings:\n  - {area: early, opens: 2016-01-01}\n  - {area: late, opens: 2017-01-01}\n"


@pytest.fixture(scope="module", params=[None, 1e9])
def planned(request, tmp_path_factory):
    country = small_country(NODES, SPANS)
    text = edited("openings:\n  - {area: closed, opens: 2016-01-01}\n", OPENINGS)
    scenario = load(write_folder(tmp_path_factory.mktemp("openings"), text, country))
    answer = national_plan(scenario, country, Aim(budget_usd=request.param))
    days = dict(zip([s.target for s in answer.plan.steps], answer.rollout.award_day.tolist(), strict=True))
    return scenario, country, answer, {country.ids[node]: day for node, day in days.items()}


def test_each_area_is_awarded_on_the_day_on_which_it_opens(planned):
    scenario, _, _, award = planned
    opens = {o.area: (o.opens - scenario.start).days for o in scenario.openings}
    assert award["early"] == award["edge"] == opens["early"]
    assert award["late"] == award["hamlet"] == opens["late"]
    assert award["b"] < opens["early"]


def test_no_route_takes_a_corridor_that_is_closed_when_it_is_awarded(planned):
    scenario, country, answer, award = planned
    opens = {o.area: (o.opens - scenario.start).days for o in scenario.openings}
    for step in answer.plan.steps:
        for span in step.spans:
            assert award[country.ids[step.target]] >= opens.get(country.spans["area"][span], 0)
    built = [span for step in answer.plan.steps for span in step.spans]
    assert len(built) == len(np.unique(built))


def test_when_an_area_opens_its_city_comes_before_its_village(planned):
    _, country, answer, _ = planned
    ids = [country.ids[step.target] for step in answer.plan.steps]
    assert ids.index("late") < ids.index("hamlet")
    assert ids.index("early") < ids.index("edge")


@pytest.mark.parametrize(("aim", "waits"), [(Aim(), ()), (Aim(usd_per_person=1e6), ("early", "edge"))])
def test_who_waits_for_a_cheaper_corridor_that_opens_later_is_named(aim, waits, tmp_path):
    country = small_country(NODES, SPANS)
    text = edited("openings:\n  - {area: closed, opens: 2016-01-01}\n", OPENINGS)
    scenario = load(write_folder(tmp_path, text, country))
    answer = national_plan(scenario, country, aim)
    assert tuple(sorted(country.ids[node] for node in answer.waiting)) == waits
