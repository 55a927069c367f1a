"""What makes a date late and unsure: causes that sum to the date, and shares that sum to its variance."""

from datetime import date, timedelta

import numpy as np
import pytest
from bbsim.ensemble.causes import causes_of
from bbsim.ensemble.drivers import drivers, spread_days
from bbsim.ensemble.kept import CITY_DATES, kept
from bbsim.metrics.why import Link
from bbsim.simulate import simulate
from hypothesis import given
from hypothesis import strategies as st

START = date(2014, 1, 1)


def link(begin, end, what="laying", waits=()):
    return Link(START + timedelta(days=begin), START + timedelta(days=end), "P1", what, "", waits)


links = st.lists(
    st.tuples(
        st.integers(0, 80), st.integers(0, 40), st.sampled_from(["laying", "permits", "waiting for award"]),
        st.lists(st.tuples(st.sampled_from(["money", "season"]), st.integers(0, 30)), max_size=2),
    ),
    max_size=8,
)  # fmt: skip


@given(links, st.integers(0, 150))
def test_the_causes_of_any_chain_sum_to_the_date(rows, day):
    chain = [link(begin, begin + long, what, tuple(waits)) for begin, long, what, waits in rows]
    causes = causes_of(chain, START, day)
    assert sum(causes.values()) == day
    assert all(days > 0 for days in causes.values())


def test_where_links_lie_beside_each_other_a_day_is_the_later_ones():
    chain = [link(0, 10, "survey"), link(6, 12, "laying", (("season", 2),)), link(14, 20, "huts")]
    wanted = {"survey": 6, "laying": 4, "wait: season": 2, "other": 2, "huts": 6}
    assert causes_of(chain, START, 20) == wanted


def long_form(table):
    """(runs, causes) days as the rows that `drivers` takes."""
    runs, causes = np.nonzero(np.ones_like(table))
    return runs, np.array([f"c{i}" for i in causes]), table.ravel()


@given(st.integers(3, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_shares_sum_to_one_and_are_the_covariances(runs, causes, seed):
    table = np.random.default_rng(seed).integers(0, 100, (runs, causes))
    if len(set(table.sum(axis=1).tolist())) == 1:
        return
    got = drivers("x", *long_form(table))
    assert got["variance_share"].sum() == pytest.approx(1.0)
    assert (np.diff(got["variance_share"]) <= 1e-12).all(), "the greatest first"
    for i, cause in enumerate(got["cause"]):
        column = int(cause[1:])
        whole = np.cov(table[:, column], table.sum(axis=1))
        assert got["variance_share"][i] == pytest.approx(whole[0, 1] / whole[1, 1], abs=1e-9)
        held = table.sum(axis=1) - table[:, column] + table[:, column].mean()
        assert got["spread_days_without"][i] == pytest.approx(spread_days(held))


def test_the_jackknife_is_that_of_leaving_each_run_out():
    table = np.random.default_rng(5).integers(0, 100, (12, 3))
    got = drivers("x", *long_form(table))
    shares = []
    for left_out in range(12):
        rest = np.delete(table, left_out, axis=0)
        cov = np.cov(np.column_stack([rest, rest.sum(axis=1)]).T)
        shares.append(cov[:3, 3] / cov[3, 3])
    spread = np.array(shares) - np.mean(shares, axis=0)
    error = np.sqrt(11 / 12 * (spread**2).sum(axis=0))
    for i, cause in enumerate(got["cause"]):
        assert got["variance_share_error"][i] == pytest.approx(error[int(cause[1:])])


def test_a_date_that_is_the_same_in_every_run_has_no_shares():
    got = drivers("x", *long_form(np.full((4, 2), 7)))
    assert np.isnan(got["variance_share"]).all()
    assert len(drivers("x", np.zeros(0, int), np.zeros(0, str), np.zeros(0, int))["cause"]) == 0


def test_the_causes_of_the_flagships_last_cities_sum_to_their_dates(flagship):
    table = kept(flagship)
    dates, causes = table["dates"], table["causes"]
    for name in CITY_DATES:
        mine = causes["date"] == name
        assert causes["days"][mine].sum() == dates[name][0]
        assert "other" not in causes["cause"][mine]
    assert "closed" in causes["cause"][causes["date"] == "last_city_day"]
    assert "closed" not in causes["cause"][causes["date"] == "last_open_city_day"]
    end = flagship.at("2035-12-31")
    cities = np.flatnonzero(flagship.country.is_city)
    assert dates["last_city_day"][0] == end.lit_minute[cities].max() // 1440
    last = flagship.country.node_index[dates["last_open_city"][0]]
    assert flagship.country.open_from_start[last]
    assert end.lit_minute[last] // 1440 == dates["last_open_city_day"][0]


def test_the_parts_of_a_places_way_stand_in_order(flagship):
    places = kept(flagship)["places"]
    known = places["awarded_day"] >= 0
    assert known.sum() > 600
    order = np.stack([places[f"{n}_day"][known] for n in ("awarded", "permitted", "started", "on_fibre")])
    through = (order >= 0).all(axis=0)
    assert (np.diff(order[:, through], axis=0) >= 0).all()


def test_a_scenario_without_a_city_to_build_keeps_no_causes():
    from strategies import made_scenario, star

    run = simulate(made_scenario(budget={"opening_usd": 0, "usd_per_year": 0}), star([10, 20]))
    table = kept(run)
    assert table["dates"]["last_city_day"][0] == -1
    assert len(table["causes"]["days"]) == 0
