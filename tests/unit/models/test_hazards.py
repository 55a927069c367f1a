"""The hazards themselves: how often, how long, and whose luck; against what their parameters say."""

from math import log, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import models
from bbsim.models.hazards.supply import gaps
from bbsim.rng import Streams
from bbsim.simulate import simulate
from bbsim.uncertain import Uncertain
from bbsim.units import MINUTES_PER_DAY as DAY
from strategies import made_country, made_scenario, star

ROADS = {"roads": {"follows": ["road", "rail", "spur"], "desks": 999, "days": 30}}
END = "2090-01-01"


def of(run, kind):
    return [e for e in run.events if isinstance(e, kind)]


def run(hazards, country=None, seed=1, **over):
    scenario = made_scenario(hazards=hazards, seed=seed, permits=ROADS, **over)
    return simulate(scenario, country or star([10] * 400), seed=seed)


def within(count, share, of):
    """A count of independent events against its mean, inside four standard errors."""
    return abs(count - share * of) < 4 * sqrt(of * share * (1 - share))


def test_so_many_files_get_stuck_and_for_so_long_as_the_tail_says():
    """Half of the stuck ones by more than the median, a tenth by more than the 90 % point."""
    hazard = {
        "use": "permit_tails",
        "road": {"share": 0.3, "days": {"lognormal": {"median": 90, "p90": 270}}},
    }
    days = []
    for seed in range(5):
        done = run({"permits": hazard}, seed=seed)
        days += [e.days for e in of(done, ev.SetBack)]
        assert {e.stage for e in of(done, ev.SetBack)} == {"permit roads"}
    assert within(len(days), 0.3, 2000)
    assert within(sum(d > 90.5 for d in days), 0.5, len(days))
    assert within(sum(d > 270.5 for d in days), 0.1, len(days))


@pytest.mark.parametrize(
    ("span", "tail"),
    [({"follows": "rail"}, "rail"), ({"follows": "spur"}, "spur"), ({"medium": "aerial"}, "poles")],
)
def test_a_file_meets_the_tail_of_what_the_route_follows(span, tail):
    country = made_country({"g": {}, "a": {"population": 9}}, {"s": ("g", "a", 10, span)})
    never = {kind: {"share": 0.0, "days": 1} for kind in ("road", "rail", "spur", "poles")}
    done = run({"permits": {"use": "permit_tails", **never, tail: {"share": 1.0, "days": 77}}}, country)
    assert [e.days for e in of(done, ev.SetBack)] == [77]


def test_files_can_share_the_luck_of_their_office_and_year():
    hazard = {"use": "permit_tails", "road": {"share": 0.5, "days": 100}, "same_luck_share": 1.0}
    stuck = [len(of(run({"permits": hazard}, star([10] * 50), seed=seed), ev.SetBack)) for seed in range(8)]
    assert set(stuck) == {0, 50}


def test_weather_takes_the_days_that_it_says_and_more_of_the_same_higher_up():
    """Over many months a lowland loses its mean; at 1,000 m twice that, in the very same months."""
    nodes = {
        "g": {},
        "low": {"population": 9, "elevation_m": 0.0},
        "top": {"population": 9, "elevation_m": 2000.0},
    }
    country = made_country(nodes, {"1": ("g", "low", 10), "2": ("g", "top", 10)})
    hazard = {"use": "weather", "lost_days": [6] * 12, "spread_share": 0.5, "bands_m": [500]}
    pace = {"civil_km_per_day": {"plain": 0.0001}}  # nobody gets ready, so that every spell strikes
    still = {"use": "busy_hour_growth", "growth_share_per_year": 0.0}
    done = run({"weather": hazard}, country, end=END, crews={"pace": pace}, demand=still)
    lost = {}
    for e in of(done, ev.WorkStopped):
        lost.setdefault(e.zone, {})[e.minute // DAY] = e.days
    low, high = (list(lost[f"R, {zone}"].values()) for zone in ("below 500 m", "above 500 m"))
    months = 76 * 12
    assert abs(sum(low) / months - 6) < 4 * stdev(low) / sqrt(months)
    assert abs(sum(high) / months - 12) < 4 * stdev(high) / sqrt(months)
    assert stdev(low) == pytest.approx(3, rel=0.15)


def test_orders_that_come_late_and_shortages_that_everybody_waits_out():
    late = {"use": "procurement", "late_share": 0.25, "late_days": 30, "shortages_per_year": 0}
    assert within(len(of(run({"buy": late}), ev.SetBack)), 0.25, 400)
    short = {"use": "procurement", "late_share": 0, "shortages_per_year": 50, "shortage_days": 300}
    ends = {e.minute // DAY + e.days for e in of(run({"buy": short}, star([10] * 20)), ev.SetBack)}
    assert len(ends) == 1, "all are served when the shortage is over"


def test_consignments_are_held_at_the_border():
    done = run({"border": {"use": "customs", "held_share": 0.4, "held_days": 10}})
    assert within(len(of(done, ev.SetBack)), 0.4, 400)
    assert {(e.stage, e.days) for e in of(done, ev.SetBack)} == {("material", 10)}


class FixedClock:
    """As much of a clock as a Poisson process needs."""

    def __init__(self, seed, days):
        self._streams, self.days = Streams(seed), days

    def uniforms(self, entity, count=1):
        return self._streams.uniforms("hazard test", entity, count)


@pytest.mark.parametrize("entry", models.catalogue("hazard"), ids=lambda entry: entry.name)
def test_every_default_of_a_hazard_has_a_source_or_is_called_an_assumption(entry):
    for parameter in entry.parameters:
        if parameter.default != "required":
            assert len(parameter.source) > 10, parameter.name


def test_gaps_are_a_poisson_process_whose_mean_is_its_variance():
    """P11: so many in so many years, mean equal to variance."""
    counts = [len(gaps(FixedClock(seed, 3652.5), "x", 2.0)) for seed in range(600)]
    mean, variance = fmean(counts), stdev(counts) ** 2
    assert abs(mean - 20) < 4 * sqrt(20 / 600)
    assert abs(variance - 20) < 4 * sqrt((20 + 2 * 20**2) / 600)
    assert gaps(FixedClock(1, 3652.5), "x", 0.0) == []
    short, long = (gaps(FixedClock(3, days), "x", 2.0) for days in (1000, 3000))
    assert long[: len(short)] == short


ALL = {
    "permits": {"use": "permit_tails"},
    "weather": {"use": "weather"},
    "buy": {"use": "procurement"},
    "border": {"use": "customs", "held_share": 0.5},
}


def lucks(done, hazard):
    """By place and stage, the days of a hazard's set-backs."""
    target = {e.project: e.target for e in of(done, ev.PlanMade)}
    country = done.country
    return {
        (country.ids[target[e.project]], e.stage): e.days for e in of(done, ev.SetBack) if e.hazard == hazard
    }


def test_another_hazard_or_another_place_changes_no_other_draw():
    alone = run({"border": ALL["border"]}, star([10] * 40))
    beside = run(ALL | {"weather": {"use": "weather", "lost_days": [20] * 12}}, star([10] * 40))
    more = run(ALL, star([10] * 60))
    want = lucks(alone, "border")
    assert len(want) > 10
    assert lucks(beside, "border") == want
    assert want.items() <= lucks(more, "border").items()
    assert lucks(beside, "permits").items() <= lucks(more, "permits").items()


def test_two_hazards_of_one_kind_have_their_own_luck():
    twice = run({"one": ALL["border"], "two": ALL["border"]}, star([10] * 100))
    one, two = lucks(twice, "one"), lucks(twice, "two")
    assert len(one) > 20
    assert one != two


def test_a_lognormal_tail_of_poles_has_the_mean_of_its_source():
    """69 days more on average, 165 by the time line against 234 actual: half of the files, mean 138."""
    sigma = log(280 / 100) / NormalDist().inv_cdf(0.9)
    assert 0.5 * Uncertain.of({"lognormal": {"median": 100, "p90": 280}}).mean == pytest.approx(69, abs=1)
    assert np.exp(sigma**2 / 2) * 50 == pytest.approx(69, abs=1)


def test_a_default_stops_every_route_of_the_yard_and_of_no_other():
    nodes = {"g": {}, "n": {"population": 9, "region": "N"}, "s": {"population": 9, "region": "S"}}
    spans = {"1": ("g", "n", 200, {"region": "N"}), "2": ("g", "s", 200, {"region": "S"})}
    each = {"civil": 9, "cable": 9, "splice": 9, "access": 9}
    bases = [{"base": "north", "regions": ["N", "R"], **each}, {"base": "south", "regions": ["S"], **each}]
    often = {"use": "contractor_default", "per_yard_per_year": 4, "days": 30}
    done = run({"d": often}, made_country(nodes, spans), crews={"bases": bases, "pace": {"section_km": 1}})
    stops = {}
    for e in of(done, ev.WorkStopped):
        stops.setdefault(e.zone, set()).add(e.minute)
    north, south = stops["route to n"], stops["route to s"]
    assert not north & south, "each yard has its own contractor"
    assert {e.days for e in of(done, ev.WorkStopped)} == {30}


def test_so_many_projects_have_a_dispute_after_work_began():
    hazard = {"use": "disputes", "share": 0.3, "after_days": 2, "days": 50}
    done = run({"d": hazard}, star([60] * 400), crews={"pace": {"section_km": 1}}, end="2019-01-01")
    begun = {f"route to {done.country.ids[p.target]}": p.project for p in of(done, ev.PlanMade)}
    start = {e.project: e.minute for e in of(done, ev.BuildStarted)}
    stops = of(done, ev.WorkStopped)
    assert within(len(stops), 0.3, 400)
    assert {e.minute - start[begun[e.zone]] for e in stops} == {2 * DAY}


def test_so_many_spans_are_laid_again_in_part_and_only_once():
    hazard = {"use": "rework", "share": 0.25, "again_share": 0.5}
    done = run({"r": hazard})
    again = of(done, ev.SectionCondemned)
    assert within(len(again), 0.25, 400)
    assert {e.metres for e in again} == {5000}
    assert len({e.span for e in again}) == len(again)


def test_all_grants_of_a_year_are_cut_alike_and_each_is_late_by_itself():
    hazard = {"use": "grant_trouble", "late_share": 0.5, "late_days": 20, "cut_share": 0.5}
    budget = {"opening_usd": 0, "usd_per_year": 1.2e6, "grants_per_year": 12}
    still = {"use": "busy_hour_growth", "growth_share_per_year": 0.0}
    done = run({"g": hazard}, star([10]), budget=budget, end="2064-01-01", demand=still)
    late, cuts = of(done, ev.SetBack), of(done, ev.GrantCut)
    assert within(len(late), 0.5, 600)
    by_size = {}
    for e in cuts:
        by_size[e.cents] = by_size.get(e.cents, 0) + 1
    assert set(by_size.values()) == {12}
    assert within(len(by_size), 0.5, 50)
    assert all(0.1 <= cents / 1e7 <= 0.5 for cents in by_size)


def test_a_fall_of_the_currency_raises_what_is_imported():
    hazard = {"use": "currency_shock", "per_year": 0.5, "least_rise_share": 0.5, "most_rise_share": 0.5}
    done = run({"c": hazard | {"imported_share": 0.8, "labour_share": 0.1}}, star([10]), end="2044-01-01",
               demand={"use": "busy_hour_growth", "growth_share_per_year": 0.0})  # fmt: skip
    changes = of(done, ev.PricesChanged)
    assert abs(len(changes) - 15) < 4 * sqrt(15)
    for number, e in enumerate(changes, start=1):
        assert e.material_factor == pytest.approx(1.4**number)
        assert e.labour_factor == pytest.approx(1.05**number)


def test_openings_slip_and_launches_slip_or_fail():
    nodes = {"g": {}} | {f"n{i}": {"population": 9, "area": f"a{i}"} for i in range(60)}
    spans = {f"s{i}": ("g", f"n{i}", 5, {"area": f"a{i}"}) for i in range(60)}
    openings = [{"area": f"a{i}", "opens": "2015-01-01"} for i in range(60)]
    sky = {"usable_gbps": 1, "lifetime_years": 2, "line_mbps": 4, "launched": "2015-01-01"}
    satellites = [{"name": f"S{i}", **sky} for i in range(200)]
    hazards = {
        "late": {"use": "late_openings", "share": 0.5, "days": 40},
        "sky": {"use": "launch_trouble", "slip_days": 30, "failure_share": 0.2, "losses_per_year": 0},
    }
    done = run(
        hazards, made_country(nodes, spans), openings=openings, satellites=satellites, end="2016-01-01"
    )
    days = [e.minute // DAY for e in of(done, ev.AreaOpened)]
    assert set(days) == {365, 405}
    assert within(days.count(405), 0.5, 60)
    assert {e.minute // DAY for e in of(done, ev.SatelliteLaunched)} == {395}
    assert within(len(of(done, ev.SatelliteLost)), 0.2, 200)
    lost, up = ({e.name for e in of(done, k)} for k in (ev.SatelliteLost, ev.SatelliteLaunched))
    assert not lost & up
    assert len(lost | up) == 200


STANDS = {"status": "operational"}
FOREVER = {"end": "2064-01-01", "demand": {"use": "busy_hour_growth", "growth_share_per_year": 0.0}}


def test_cuts_are_as_many_as_length_time_and_way_of_laying_say():
    """P11: 100 km of each kind for 50 years."""
    kinds = {"buried": {}, "urban": {"terrain": "urban"}, "aerial": {"medium": "aerial"},
             "submarine": {"medium": "submarine"}}  # fmt: skip
    nodes = {"g": {}} | {k: {"population": 9, **STANDS} for k in kinds}
    country = made_country(nodes, {k: ("g", k, 100, STANDS | given) for k, given in kinds.items()})
    rates = {f"{k}_per_1000km_per_year": rate for k, rate in zip(kinds, (20, 40, 60, 10), strict=True)}
    done = run({"cuts": {"use": "fibre_cuts", **rates, "submarine_repair_days": 10}}, country, **FOREVER)
    count = dict.fromkeys(kinds, 0)
    for e in of(done, ev.SpanCut):
        count[country.span_ids[e.span]] += 1
    for kind, rate in zip(kinds, (20, 40, 60, 10), strict=True):
        mean = rate * 0.1 * 50
        assert abs(count[kind] - mean) < 4 * sqrt(mean), kind
    at_sea = country.span_index["submarine"]
    assert {e.minute - e.began for e in of(done, ev.SpanRepaired) if e.span == at_sea} == {10 * DAY}
    other = [e.minute - e.began for e in of(done, ev.SpanRepaired) if e.span == country.span_index["buried"]]
    assert within(sum(m > 8 * 60 for m in other), 0.5, len(other))


def test_dark_cable_is_not_cut():
    country = made_country({"g": {}, "a": {"population": 9}}, {"s": ("g", "a", 100)})
    cuts = {"use": "fibre_cuts", "buried_per_1000km_per_year": 100}
    done = run({"cuts": cuts}, country, stages={"survey_days": 900}, end="2018-01-01")
    lit = next(e.minute for e in of(done, ev.SpanLit) if e.project >= 0)
    assert of(done, ev.SpanCut)
    assert min(e.minute for e in of(done, ev.SpanCut)) > lit


@pytest.mark.parametrize(
    ("hazard", "down", "rate"),
    [
        ({"use": "node_faults", "city_per_year": 0, "other_per_year": 2}, ev.NodeFailed, 2),
        ({"use": "power_cuts", "city_per_year": 0, "other_per_year": 3}, ev.NodeFailed, 3),
        ({"use": "gateway_faults", "per_year": 4}, ev.GatewayFailed, 4),
    ],
)
def test_nodes_and_gateways_fail_by_their_rates_and_come_back(hazard, down, rate):
    country = made_country(
        {"g": {}, "t": {"kind": "town", "population": 9, **STANDS}}, {"s": ("g", "t", 9, STANDS)}
    )
    done = run({"h": hazard}, country, **FOREVER)
    count = len(of(done, down))
    assert abs(count - rate * 50) < 4 * sqrt(rate * 50)
    back = of(done, ev.GatewayRepaired if down is ev.GatewayFailed else ev.NodeRepaired)
    assert count - 1 <= len(back) <= count
    state = done.at("2063-12-31")
    assert (state.faults >= 0).all()


def test_the_outside_view_slips_as_its_class_did_and_half_of_it_is_shared():
    """Median x 2.35; two projects of one run are alike, two runs are not."""
    slips = {}
    for seed in range(60):
        done = run({"slip": {"use": "reference_class"}}, star([10] * 5), seed=seed, end="2016-06-01")
        plain = {"survey": 10}
        for e in of(done, ev.SetBack):
            if e.stage in plain:
                slips.setdefault(seed, []).append(1 + e.days / plain[e.stage])
    every = [x for run_slips in slips.values() for x in run_slips]
    middle = [fmean(run_slips) for run_slips in slips.values()]
    assert abs(fmean(log(x) for x in every) - log(2.38)) < 4 * stdev(map(log, middle)) / sqrt(len(middle))
    within_run = fmean(stdev(map(log, run_slips)) ** 2 for run_slips in slips.values() if len(run_slips) > 1)
    assert within_run == pytest.approx(0.5 * (log(3.0 / 2.35) / NormalDist().inv_cdf(0.9)) ** 2, rel=0.35)
