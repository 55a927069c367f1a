"""Satellites as records: when they come and go, who shares which beam, what is sold; against closed forms."""

from datetime import date

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.simulate import simulate
from bbsim.units import MINUTES_PER_DAY as DAY
from pydantic import ValidationError
from scipy.stats import binom
from strategies import made_country, made_scenario

LIT = {"status": "operational"}
STILL = {"use": "bass", "innovation": 0, "imitation": 0}
UP = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.5, "lifetime_years": 30, "line_mbps": 4}


def expected_rate(homes, pool, line, busy=0.1):
    """Mean of min(line, pool / (K + 1)) over the number K of others that are busy, term by term."""
    others = np.arange(homes)
    return float((binom.pmf(others, homes - 1, busy) * np.minimum(line, pool / (others + 1))).sum())


def village(homes, **more):
    return {"population": 4 * homes, "households": homes, "kind": "town"} | more


def sky(*satellites, nodes=None, spans=None, **over):
    nodes = {"g": {"population": 0} | LIT} | (nodes or {"far": village(1000)})
    fields = {"satellites": list(satellites), "adoption": STILL, "end": date(2016, 1, 1)}
    return simulate(made_scenario(**(fields | over)), made_country(nodes, spans or {}))


def days(run, kind):
    return [(event.name, event.minute // DAY) for event in run.events if isinstance(event, kind)]


def rows(run, place):
    return run.nodes[run.nodes.node == place].reset_index(drop=True)


def test_ten_thousand_homes_on_half_a_gigabit_get_what_contention_says():
    seen = rows(sky(UP | {"homes_share": 1.0}, nodes={"far": village(10_000)}), "far")
    # A thousand are busy at once, and share 500 Mbit/s.
    assert seen.achievable_mbps_per_home.to_numpy() == pytest.approx(expected_rate(10_000, 500, 4), rel=1e-9)
    assert seen.achievable_mbps_per_home[0] == pytest.approx(0.5, rel=0.01)


def test_the_first_fibre_takes_its_homes_off_the_beam_on_that_day():
    run = sky(
        UP | {"homes_share": 1.0}, nodes={"a": village(5000), "b": village(5000)},
        spans={"ga": ("g", "a", 5)}, report_every="month",
    )  # fmt: skip
    lit = next(e.minute for e in run.events if isinstance(e, ev.NodeActivated) and e.project >= 0)
    assert (lit // DAY) % 30 not in (0, 1), "not on the first of a month, where all is looked at"
    rates = rows(run, "b")
    both, alone = expected_rate(10_000, 500, 4), expected_rate(5000, 500, 4)
    month = next(
        i for i, end in enumerate(rates.period_end) if (end.date() - date(2014, 1, 1)).days * DAY > lit
    )
    begin = (rates.period_end[month - 1].date() - date(2014, 1, 1)).days * DAY
    part = (lit - begin) / ((rates.period_end[month].date() - date(2014, 1, 1)).days * DAY - begin)
    assert rates.achievable_mbps_per_home[month - 1] == pytest.approx(both)
    assert rates.achievable_mbps_per_home[month] == pytest.approx(part * both + (1 - part) * alone)
    assert rates.achievable_mbps_per_home[month + 1] == pytest.approx(alone)


def test_a_launch_slips_by_its_record_and_by_what_hazards_add():
    late = UP | {"launched": "2014-03-01", "slip_days": 100}
    assert days(sky(late), ev.SatelliteLaunched) == [("S", 59 + 100)]
    trouble = {"use": "launch_trouble", "slip_days": 730, "failure_share": 0, "losses_per_year": 0}
    both = sky(late, hazards={"h": trouble}, end=date(2018, 1, 1))
    assert days(both, ev.SatelliteLaunched) == [("S", 59 + 100 + 730)]


def test_what_is_in_orbit_at_the_start_does_not_slip():
    assert days(sky(UP | {"slip_days": 100}), ev.SatelliteLaunched) == [("S", 0)]


def test_a_spread_of_slips_is_luck_of_the_satellite_s_own():
    spread = UP | {"launched": "2014-03-01", "slip_days": {"uniform": [10, 300]}}
    one = days(sky(spread), ev.SatelliteLaunched)
    two = days(sky(spread | {"name": "T"}, spread), ev.SatelliteLaunched)
    assert 59 + 10 <= one[0][1] <= 59 + 300
    assert dict(two)["S"] == one[0][1] != dict(two)["T"]


def test_a_successor_is_there_when_the_life_ends():
    run = sky(UP | {"lifetime_years": 2, "successor_years": 3}, end=date(2020, 1, 1))
    ends = [365 + round(730.5) * n - 365 - 365 for n in range(1, 5)]
    retired = [day for _, day in days(run, ev.SatelliteRetired)]
    assert retired == [end for end in ends if end > 0][: len(retired)]
    assert [day for _, day in days(run, ev.SatelliteLaunched)] == [0, *retired]
    assert (rows(run, "far").served_by == "satellite").all()


def test_after_a_failed_launch_the_country_waits_for_the_successor():
    trouble = {"use": "launch_trouble", "slip_days": 0, "failure_share": 1, "losses_per_year": 0}
    later = UP | {"launched": "2014-06-01", "successor_years": 1.5, "lifetime_years": 12}
    run = sky(later, hazards={"h": trouble}, end=date(2022, 1, 1))
    assert days(run, ev.SatelliteLost) == [("S", 151)]
    assert days(run, ev.SatelliteLaunched) == [("S", 151 + 548)]
    assert run.satellites.end.fillna("").tolist() == ["lost", ""]
    assert run.satellites.launched.isna().tolist() == [True, False]


def test_after_each_loss_in_orbit_a_successor_comes():
    trouble = {"use": "launch_trouble", "slip_days": 0, "failure_share": 0, "losses_per_year": 3}
    run = sky(UP | {"successor_years": 1.5}, hazards={"h": trouble}, end=date(2024, 1, 1))
    lost = [day for _, day in days(run, ev.SatelliteLost)]
    assert len(lost) > 2
    came = [day for _, day in days(run, ev.SatelliteLaunched)]
    assert came == [0, *(day + 548 for day in lost if day + 548 < 3652)]


def test_a_constellation_may_be_late_and_is_not_lost():
    trouble = {"use": "launch_trouble", "slip_days": 50, "failure_share": 1, "losses_per_year": 20}
    fleet = UP | {"launched": "2014-06-01", "constellation": True, "orbit": "leo"}
    run = sky(fleet, hazards={"h": trouble})
    assert days(run, ev.SatelliteLaunched) == [("S", 151 + 50)]
    assert not days(run, ev.SatelliteLost)
    assert rows(run, "far").latency_ms.iloc[-1] == pytest.approx(4 * 550 / 299.792458)


def test_an_imaging_satellite_serves_nobody_and_says_so():
    eye = UP | {"name": "Eye", "usable_gbps": 0, "payload": "imaging", "line_mbps": 0}
    run = sky(eye)
    assert days(run, ev.SatelliteLaunched) == [("Eye", 0)]
    assert rows(run, "far").served_by.isna().all()
    assert (run.periods.population_satellite_only_share == 0).all()
    table = run.satellites
    assert table.broadband.tolist() == [False]
    with pytest.raises(ValidationError, match="carries no broadband"):
        made_scenario(satellites=[eye | {"usable_gbps": 0.5}])


def test_each_region_has_the_beam_above_it():
    nodes = {
        "n": village(1000, region="North"),
        "s": village(3000, region="South"),
        "e": village(500, region="East"),
    }
    beams = [
        {"name": "1", "share": 0.5, "regions": ["North"]},
        {"name": "2", "share": 0.3, "regions": ["South"]},
    ]
    run = sky(UP | {"homes_share": 1.0, "beams": beams, "orbit": "geo"}, nodes=nodes)
    assert rows(run, "n").achievable_mbps_per_home[0] == pytest.approx(expected_rate(1000, 250, 4))
    assert rows(run, "s").achievable_mbps_per_home[0] == pytest.approx(expected_rate(3000, 150, 4))
    assert rows(run, "e").served_by.isna().all()
    assert rows(run, "n").latency_ms[0] == pytest.approx(4 * 35_786 / 299.792458)
    assert rows(run, "e").latency_ms.isna().all()


def test_homes_divide_over_two_satellites_as_these_have_capacity():
    two = [
        UP | {"homes_share": 1.0},
        UP | {"name": "T", "usable_gbps": 1.5, "line_mbps": 20, "homes_share": 1.0},
    ]
    seen = rows(sky(*two, nodes={"far": village(4000)}), "far").achievable_mbps_per_home[0]
    assert seen == pytest.approx(0.25 * expected_rate(1000, 500, 4) + 0.75 * expected_rate(3000, 1500, 20))


CUT = {"use": "what_if", "what": "span:ga@2014-02-01..2014-03-01"}


def cut_off(way, homes=4000):
    """Homes on fibre whose span is cut for four weeks, beside a village without fibre."""
    nodes = {"a": village(homes, **LIT), "far": village(1000)}
    return sky(
        UP | {"homes_share": 0.5, "fibre_cut": way}, nodes=nodes, spans={"ga": ("g", "a", 5, LIT)},
        existing={"households_passed": {"a": homes}, "households_connected": {"a": 1000}},
        demand={"use": "busy_hour_growth", "kbps_per_home": 400, "measured": "2014-01-01"}
        | {"growth_share_per_year": 0},
        hazards={"cut": CUT}, report_every="month",
    )  # fmt: skip


def test_a_back_up_brings_a_cut_place_what_those_without_fibre_leave():
    run = cut_off("left_over")
    february = rows(run, "a").iloc[1]
    # 500 homes of 0.4 Mbit/s come first; 300 of 500 Mbit/s are left for a thousand homes that ask for 400.
    assert february.demand_gbps == pytest.approx(0.4)
    assert february.delivered_gbps == pytest.approx(0.3)
    assert february.busy_hour_mbps_per_home == pytest.approx(0.3)
    assert rows(run, "a").delivered_gbps.iloc[2] == pytest.approx(0.4)
    # Terminals of those without fibre keep their pool to themselves.
    assert rows(run, "far").achievable_mbps_per_home[1] == pytest.approx(expected_rate(500, 500, 4))


def test_without_a_back_up_nothing_reaches_a_cut_place():
    for way in ("never", "as_others"):
        assert rows(cut_off(way), "a").delivered_gbps.iloc[1] == 0
    shared = rows(cut_off("as_others"), "far").achievable_mbps_per_home[1]
    assert shared == pytest.approx(expected_rate(2500, 500, 4))
    assert rows(cut_off("never"), "far").achievable_mbps_per_home[1] == pytest.approx(
        expected_rate(500, 500, 4)
    )


EARNS = {"usd_per_home_per_month": 10}


def test_what_is_not_for_national_use_is_sold_while_it_is_up():
    band = {"band": "Ku", "count": 10, "mhz": 36, "bits_per_s_per_hz": 2.0}
    sold = UP | {
        "launched": "2014-07-01", "transponders": [band], "usable_gbps": 0.22, "usd_per_mbps_per_month": 400,
        "sold_share": 0.5, "usd": 120e6, "usd_per_year": 12e6,
    }  # fmt: skip
    run = sky(sold, finance=EARNS, end=date(2015, 1, 1))
    money = run.finance[run.finance.cause.isin(["satellite", "capacity"])].groupby("kind").amount_usd.sum()
    # Half of 720 - 220 Mbit/s, for six months.
    assert money["revenue"] == pytest.approx(250 * 400 * 6)
    assert "national_capacity" not in set(run.finance.cause)
    paid = sky(sold | {"national_usd_per_mbps_per_month": 150}, finance=EARNS, end=date(2015, 1, 1)).finance
    assert paid[paid.cause == "capacity"].amount_usd.sum() == money["revenue"]
    # What users of the 220 Mbit/s pay.
    assert paid[paid.cause == "national_capacity"].amount_usd.sum() == pytest.approx(220 * 150 * 6)
    assert set(paid[paid.cause == "national_capacity"].kind) == {"revenue"}
    assert money["opex"] == pytest.approx(-6e6)
    assert money["capex"] == pytest.approx(-120e6)
    assert run.periods.revenue_usd.to_numpy() == pytest.approx([0, 0, 300_000, 300_000])
    table = run.satellites.iloc[0]
    assert (table.capacity_gbps, table.national_gbps, table.sold_gbps) == pytest.approx((0.72, 0.22, 0.25))
    plain = sky(sold, end=date(2015, 1, 1))
    assert (plain.ledger.amount_cents.sum(), len(plain.ledger)) == (
        run.ledger.amount_cents.sum(), len(run.ledger),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"usable_gbps": 2.0, "transponders": [{"band": "C", "count": 1, "mhz": 36}]}, "all transponders"),
        ({"line_mbps": 0}, "0 Mbit/s"),
        ({"beams": [{"name": str(i), "share": 0.6, "regions": ["A"]} for i in (1, 2)]}, "add up to 1.2"),
        ({"payload": "imaging"}, "carries no broadband"),
    ],
)
def test_a_record_that_cannot_be_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        made_scenario(satellites=[UP | fields])


DISHES = {"interim": [{"technology": "satellite", "begins": "2014-01-01", "after_days": 0}]}


def test_nobody_buys_a_dish_for_a_camera():
    eye = UP | {"name": "Eye", "usable_gbps": 0, "payload": "imaging", "line_mbps": 0}
    bought = [
        sky(satellite, access={"last_mile": DISHES}, adoption={"use": "bass"})
        .tables["access"]["homes_connected"]
        .sum()
        for satellite in (eye, UP)
    ]
    assert bought[0] == 0 < bought[1]


def test_dishes_that_were_bought_are_what_shares_the_beam():
    keen = {"use": "bass", "innovation": 0.5, "imitation": 0.5}
    run = sky(UP | {"usable_gbps": 0.005}, access={"last_mile": DISHES}, adoption=keen, report_every="month")
    last = run.at("2015-11-30").lines
    dishes = int(last.homes.connected[0].sum() + last.businesses.connected[0].sum())
    assert dishes > 5
    seen = rows(run, "far").achievable_mbps_per_home
    assert seen.iloc[-2] == pytest.approx(expected_rate(dishes, 5, 4), rel=0.02)
    table = run.tables["access"]
    assert seen.iloc[-2] == pytest.approx(table["achievable_mbps_per_home_at_end"][-4], rel=0.02)


def with_dishes(satellite, nodes, **over):
    keen = {"use": "bass", "innovation": 0.5, "imitation": 0.5}
    return sky(satellite, nodes=nodes, access={"last_mile": DISHES}, adoption=keen, **over)


BEAMS = [
    {"name": "1", "share": 0.6, "regions": ["North"]},
    {"name": "2", "share": 0.2, "regions": ["South"]},
]


def test_a_dish_looks_at_the_beam_above_its_region_and_none_is_offered_outside():
    nodes = {
        "n": village(4000, region="North"),
        "s": village(8000, region="South"),
        "e": village(500, region="East"),
    }
    run = with_dishes(UP | {"usable_gbps": 0.05, "beams": BEAMS}, nodes, report_every="month")
    # The end of a period is told for its last first of a month, when the loads were looked at.
    last = run.at("2015-12-01").lines
    dishes = (last.homes.connected[0] + last.businesses.connected[0])[
        [run.country.node_index[x] for x in "nse"]
    ]
    assert dishes[0] > 5
    assert dishes[1] > 5
    assert dishes[2] == 0, "no beam lies over the East"
    north, south = expected_rate(dishes[0], 30, 4), expected_rate(dishes[1], 10, 4)
    assert north > 1.1 * south
    homes = last.homes.connected[0]
    at = {x: run.country.node_index[x] for x in "ns"}
    mean = (north * homes[at["n"]] + south * homes[at["s"]]) / (homes[at["n"]] + homes[at["s"]])
    told = run.tables["access"]
    assert told["achievable_mbps_per_home_at_end"][-len(last.names)] == pytest.approx(mean, rel=1e-6)
    served = told["homes_served"][-len(last.names)]
    assert served == told["homes_connected"][-len(last.names)]


def test_one_full_beam_does_not_take_from_the_other():
    nodes = {"n": village(400, region="North"), "s": village(8000, region="South")}
    run = with_dishes(
        UP | {"usable_gbps": 0.05, "beams": BEAMS}, nodes, report_every="month",
        demand={"use": "busy_hour_growth", "kbps_per_home": 400, "measured": "2014-01-01"}
        | {"growth_share_per_year": 0},
    )  # fmt: skip
    last = run.at("2015-12-01").lines
    homes, shops = last.homes.connected[0], last.businesses.connected[0]
    n, s = (run.country.node_index[x] for x in "ns")
    assert (homes[s] + shops[s]) * 0.4 > 10 > (homes[n] + shops[n]) * 0.4 > 0
    gbps = (homes[n] * 0.4 + 10 * homes[s] / (homes[s] + shops[s])) / 1000
    each = gbps * 1000 / (homes[n] + homes[s])
    assert run.periods.busy_hour_mbps_per_home.iloc[-1] == pytest.approx(each, rel=1e-9)


@pytest.mark.parametrize(("way", "sold"), [("as_others", True), ("left_over", False), ("never", False)])
def test_a_dish_is_offered_where_fibre_is_down_only_if_the_beam_is_for_such_places(way, sold):
    from bbsim.feeds import Feeds
    from bbsim.technology import of_scenario

    nodes = {"a": village(400, **LIT), "far": village(400)}
    run = with_dishes(UP | {"fibre_cut": way}, nodes, spans={"ga": ("g", "a", 5, LIT)}, hazards={"cut": CUT})
    feeds = Feeds(run.country, run.scenario, of_scenario(run.scenario))
    a, far = (run.country.node_index[x] for x in ("a", "far"))
    before, while_cut = run.at("2014-01-20"), run.at("2014-02-10")
    assert feeds.offered(before, 0)[[a, far]].all()
    assert feeds.offered(while_cut, 0)[[a, far]].tolist() == [sold, True]
    assert feeds.fed(while_cut, 0).all(), "who has a dish keeps it"
