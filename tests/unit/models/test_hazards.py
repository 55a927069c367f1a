"""The hazards themselves: how often, how long, and whose luck; against what their parameters say."""

from math import log, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
from bbsim import events as ev
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
