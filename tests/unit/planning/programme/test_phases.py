"""Plans of whole programmes: everybody reached, a true bound, dates that can be worked out by hand."""

import networkx as nx
import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.models.joint import saving_share
from bbsim.planning.programme.phases import plan_programme, protect
from bbsim.planning.programme.rollout import NEVER, Work, improve, npv_usd, roll_out
from bbsim.planning.programme.situation import Situation
from bbsim.scenario import JointWorks


@pytest.fixture(scope="module")
def planned():
    country = sample_country(40)
    prices = ByTerrain().prices(country)
    standing = np.zeros(len(country.km), dtype=bool)
    situation = Situation(country, prices, standing, ~standing, [country.node_index["city-000000"]])
    phases = [("cities", country.is_city), ("villages", country.is_place & ~country.is_city)]
    return country, prices, situation, plan_programme(situation, phases)


def test_a_plan_is_a_forest_that_reaches_every_place_once(planned):
    country, prices, _, plan = planned
    spans = [span for step in plan.steps for span in step.spans]
    assert len(spans) == len(set(spans))
    built = nx.Graph([(int(country.u[s]), int(country.v[s])) for s in spans])
    assert nx.is_forest(built)
    reached = {node for step in plan.steps for node in step.nodes}
    assert reached == set(np.flatnonzero(country.is_place).tolist())
    assert plan.unreachable == ()
    assert plan.cents == prices.span[spans].sum() + prices.node[sorted(reached)].sum()


def test_each_step_begins_on_what_earlier_steps_built(planned):
    country, _, situation, plan = planned
    there = set(situation.sources)
    for step in plan.steps:
        ends = [{int(country.u[s]), int(country.v[s])} for s in step.spans]
        assert not ends or ends[0] & there
        there |= set().union(*ends) if ends else set()
        assert step.target in there


def test_the_bound_lies_below_the_plan_and_not_far(planned):
    *_, plan = planned
    assert 0 < plan.lower_bound_cents <= plan.spans_cents
    assert plan.gap_share < 0.25


def test_the_fast_search_is_told_an_honest_bound_as_well(planned):
    country, _, situation, plan = planned
    phases = [("cities", country.is_city), ("villages", country.is_place & ~country.is_city)]
    fast = plan_programme(situation, phases, effort="fast")
    assert fast.lower_bound_cents == plan.lower_bound_cents
    assert fast.lower_bound_cents <= fast.spans_cents


def test_protecting_fewer_places_never_costs_more(planned):
    country, _, situation, plan = planned
    cities = protect(situation, plan, country.is_city)
    everybody = protect(situation, plan, country.is_place)
    assert cities.cents <= everybody.cents
    assert not set(cities.through) & set(cities.spans)
    assert set(cities.through) <= {span for step in plan.steps for span in step.spans}


def test_rings_leave_no_city_behind_a_bridge_but_those_they_name(planned):
    country, _, situation, plan = planned
    rings = protect(situation, plan, country.is_city)
    graph = nx.MultiGraph()
    for span in {*rings.spans, *(span for step in plan.steps for span in step.spans)}:
        graph.add_edge(int(country.u[span]), int(country.v[span]))
    simple = nx.Graph(graph)
    bridges = [edge for edge in nx.bridges(simple) if graph.number_of_edges(*edge) == 1]
    graph.remove_edges_from(bridges)
    safe = nx.node_connected_component(graph, situation.sources[0])
    alone = set(np.flatnonzero(country.is_city).tolist()) - safe
    assert alone == set(rings.single_path)
    assert rings.lower_bound_cents <= rings.cents


def work(**changes):
    """Two projects, the second behind the first: 100 and 50 dollars, ten and twenty crew days, one crew."""
    given = {
        "parent": [-1, 0], "cents": [10_000, 5_000], "people": [10, 20], "crew_days": [10.0, 20.0],
        "base": [0, 0], "crews": [1], "release_day": [0, 0], "group": [0, 0], "group_people": [30.0],
        "is_city": [False, True], "phase": [0, 0], "grant_day": [0, 100], "grant_cents": [10_000, 5_000],
    }  # fmt: skip
    plain = {"usd_per_person_year": 10.0, "discount_share": 0.08}
    plain |= {name: changes.pop(name) for name in plain if name in changes}
    arrays = {name: np.array(value) for name, value in (given | changes).items()}
    return Work(**arrays, **plain, fronts=3, before_days=30.0, after_days=5.0, horizon_days=1000)


def test_an_order_is_dated_by_money_crews_and_what_comes_before():
    dated = roll_out(work(), [0, 1])
    assert dated.award_day.tolist() == [0, 100]
    assert dated.ready_day.tolist() == [45, 155]
    assert dated.last_city_day == 155
    assert dated.person_years == pytest.approx((10 * 955 + 20 * 845) / 365.25)


def test_the_net_present_value_is_worth_less_money_and_both_are_discounted():
    dated = roll_out(work(), [0, 1])
    plain = npv_usd(work(discount_share=0.0), dated)
    assert plain == pytest.approx(10.0 * dated.person_years - 150.0)
    rate = np.log(1.08)
    years = [(np.exp(-rate * day / 365.25) - np.exp(-rate * 1000 / 365.25)) / rate for day in (45, 155)]
    by_hand = 10.0 * (10 * years[0] + 20 * years[1]) - 100.0 - 50.0 * np.exp(-rate * 100 / 365.25)
    assert npv_usd(work(), dated) == pytest.approx(by_hand)
    assert npv_usd(work(usd_per_person_year=0.0), dated) < 0


def test_who_is_closed_steps_aside_and_who_has_no_money_waits_for_ever():
    closed = roll_out(work(parent=[-1, -1], release_day=[200, 0]), [0, 1])
    assert closed.award_day.tolist() == [200, 0]
    poor = roll_out(work(grant_cents=[10_000, 0]), [0, 1])
    assert poor.award_day.tolist() == [0, NEVER]
    assert poor.last_city_day == NEVER


def test_who_opens_late_goes_before_later_phases_and_takes_what_brings_it_light_along():
    # Money for one project a hundred days. On day 150 project 2 opens, of the first phase and behind 1.
    late = work(
        parent=[-1, -1, 1, -1], cents=[100] * 4, people=[9, 8, 7, 6], crew_days=[1.0] * 4, base=[0] * 4,
        release_day=[0, 0, 150, 0], group=[0] * 4, is_city=[False] * 4, phase=[0, 1, 0, 1],
        grant_day=[0, 100, 200, 300], grant_cents=[100] * 4,
    )  # fmt: skip
    assert roll_out(late, [0, 3, 1, 2]).award_day.tolist() == [0, 200, 300, 100]


def test_a_child_never_comes_before_its_parent():
    with pytest.raises(ValueError, match="before its parent"):
        roll_out(work(), [1, 0])


def test_a_better_order_is_found_and_never_a_worse_one():
    free = work(parent=[-1, -1], grant_cents=[15_000, 0])
    order, dated = improve(free, [0, 1], rounds=20)
    assert dated.person_years >= roll_out(free, [0, 1]).person_years
    assert sorted(order) == [0, 1]


def test_sharing_a_trench_takes_its_share_off_the_digging():
    country = sample_country(20)
    full = ByTerrain().prices(country)
    works = JointWorks(name="roads", follows=["road"], begins="2015-01-01", ends="2016-01-01")
    less = full.saving(saving_share(country, [works]))
    road = np.array([follows == "road" for follows in country.follows])
    assert less.span[road] == pytest.approx(full.span[road] * (1 - 0.568), abs=1)
    assert (less.span[~road] == full.span[~road]).all()
    assert (less.material == full.material).all()
