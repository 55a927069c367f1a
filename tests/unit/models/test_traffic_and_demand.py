"""Models of routing and of demand by direction, as `bbsim.traffic` takes them."""

from datetime import date

import numpy as np
import pytest
from bbsim.models.demand import BusyHourGrowth, ByDirection
from bbsim.models.traffic import EqualCost, KShortest, Optimal, ShortestPath, Widest
from bbsim.traffic import allocate, optimal, route
from pydantic import ValidationError

# A ring of four with a chord; all towards 0.
U, V, CAPACITY = [0, 1, 2, 3, 0], [1, 2, 3, 0, 2], [1.0, 2.0, 1.0, 2.0, 1.0]
SRC, DST, DEMAND = [1, 2, 3], [0, 0, 0], [2.0, 3.0, 0.5]


@pytest.mark.parametrize(
    "model", [ShortestPath(), EqualCost(), KShortest(), KShortest(paths=1), Widest(), Optimal()]
)
def test_every_model_names_a_routing_that_there_is(model):
    fair = allocate(U, V, CAPACITY, SRC, DST, DEMAND, routing=model.routing())
    assert fair.rate_gbps.min() > 0
    assert fair.rate_gbps.sum() <= 4.0


def test_a_number_of_routes_is_told_with_the_name_of_the_rule():
    named = route(U, V, SRC, DST, routing=KShortest(paths=2).routing())
    asked = route(U, V, SRC, DST, routing="ksp", paths=2)
    assert (named.edge.tolist(), named.part.tolist()) == (asked.edge.tolist(), asked.part.tolist())
    with pytest.raises(ValueError, match="paths is 0"):
        route(U, V, SRC, DST, routing="ksp:none")
    for paths in (0, 1.5, True, None):
        with pytest.raises(ValueError, match="wanted a whole number"):
            route(U, V, SRC, DST, routing="ksp", paths=paths)


def test_engineered_traffic_delivers_no_less_to_the_worst_served():
    rates = [
        np.sort(allocate(U, V, CAPACITY, SRC, DST, DEMAND, routing=r).rate_gbps)
        for r in ("shortest", "optimal")
    ]
    assert rates[1].tolist() == pytest.approx([0.5, 1.5, 1.5])
    assert rates[0].sum() < rates[1].sum()


def test_optimal_routes_are_those_of_optimal_and_need_what_it_needs():
    routes = route(U, V, SRC, DST, capacity_gbps=CAPACITY, demand_gbps=DEMAND, routing="optimal")
    other, _ = optimal(U, V, CAPACITY, SRC, DST, DEMAND)
    assert routes.edge.tolist() == other.edge.tolist()
    assert routes.part.tolist() == other.part.tolist()
    with pytest.raises(ValueError, match="needs capacity_gbps and demand_gbps"):
        route(U, V, SRC, DST, capacity_gbps=CAPACITY, routing="optimal")


def test_demand_by_direction_is_the_same_demand():
    plain, told = BusyHourGrowth(), ByDirection(content_share=0.5, places_share=0.2, upstream_share=0.25)
    assert told.mbps_per_home(told.measured) == plain.mbps_per_home(plain.measured)
    km = np.array([[0.0, 5.0], [5.0, 0.0]])
    asked = told.matrix(np.array([0, 1]), np.array([4.0, 4.0]), km, world=2, content=3)
    assert asked.gbps.sum() == pytest.approx(8.0 * 1.25)
    assert asked.gbps[(asked.src == 3) & (asked.dst == 0)].tolist() == pytest.approx([2.0])
    assert asked.gbps[(asked.src == 1) & (asked.dst == 0)].tolist() == pytest.approx([0.8, 0.2])
    without = told.matrix(np.array([0, 1]), np.array([4.0, 4.0]), km, world=2, content=None)
    assert without.gbps[(without.src == 2) & (without.dst == 0)].tolist() == pytest.approx([3.2])


def test_years_with_a_growth_of_their_own_count_with_it():
    measured = date(2011, 12, 31)
    usual = BusyHourGrowth(kbps_per_home=100, measured=measured, growth_share_per_year=0.5)
    own = BusyHourGrowth(
        kbps_per_home=100,
        measured=measured,
        growth_share_per_year=0.5,
        growth_by_year={2013: 0.1, 2010: -0.2},
    )
    assert own.mbps_per_home(measured) == usual.mbps_per_home(measured) == 0.1
    assert own.mbps_per_home(date(2013, 1, 1)) == usual.mbps_per_home(date(2013, 1, 1))
    whole = own.mbps_per_home(date(2014, 1, 1)) / own.mbps_per_home(date(2013, 1, 1))
    assert whole == pytest.approx(1.1 ** (365 / 365.25))
    after = own.mbps_per_home(date(2015, 6, 1)) / own.mbps_per_home(date(2014, 1, 1))
    assert after == pytest.approx(1.5 ** ((date(2015, 6, 1) - date(2014, 1, 1)).days / 365.25))
    before = own.mbps_per_home(date(2011, 1, 1)) / own.mbps_per_home(date(2010, 1, 1))
    assert before == pytest.approx(0.8 ** (365 / 365.25))
    with pytest.raises(ValidationError):
        BusyHourGrowth(growth_by_year={2013: -1.5})


def test_shares_of_demand_cannot_be_more_than_all():
    with pytest.raises(ValidationError, match="more than 1 together"):
        ByDirection(content_share=0.7, places_share=0.4)


@pytest.mark.parametrize(
    "words", [("shortest_path", "shortest"), ("equal_cost", "ecmp"), ("k_shortest", "ksp")]
)
def test_a_scenarios_word_for_a_routing_means_the_same_to_the_functions(words):
    fair, same = (allocate(U, V, CAPACITY, SRC, DST, DEMAND, routing=word) for word in words)
    assert fair.rate_gbps.tolist() == same.rate_gbps.tolist()
    assert fair.load_gbps.tolist() == same.load_gbps.tolist()
