"""Mixes of hundreds of places keep their rules, whoever checks; and a scenario's mix adds up."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from bbsim.country import Country
from bbsim.planning.mix.hops import hops_of
from bbsim.planning.mix.layers import Possibilities
from bbsim.planning.mix.technologies import TECHNOLOGIES, choose_technologies
from bbsim.planning.programme.national import Aim, national_plan
from bbsim.planning.programme.national_mix import sky_of
from bbsim.reading import read
from bbsim.sections.links import Links
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

ROOT = Path(__file__).parents[4]
FIBRE, RADIO, SKY, NONE = (TECHNOLOGIES.index(t) for t in ("fibre", "microwave", "satellite", "none"))


def land(n, seed, **changes):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (n, 2))
    corners = Delaunay(at).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]]]), axis=1), axis=0)
    km = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    near = np.flatnonzero((km < 25) & (pairs[:, 0] > 0) & (rng.random(len(km)) < 0.6))
    wanted = (np.arange(n) > 0) & (rng.random(n) < 0.8)
    load = np.where(wanted, rng.lognormal(-2.5, 1.0, n), 0.0)
    return Possibilities(**{
        "u": pairs[:, 0], "v": pairs[:, 1], "fibre_usd": km * rng.uniform(8, 30, len(km)), "root": 0,
        "wanted": wanted, "node_usd": np.full(n, 15.0), "load_gbps": load,
        "satellite_usd": 20.0 + 3000.0 * load, "leave_usd": np.full(n, 900.0),
        "may_fibre": rng.random(n) < 0.9, "site_usd": np.full(n, 40.0), "hop_a": pairs[near, 0],
        "hop_b": pairs[near, 1], "hop_usd": np.full(len(near), 17.0),
        "hop_gbps": np.full(len(near), 0.4), "most_hops": 2, "most_links": 3, "pool_gbps": 0.5,
    } | changes)  # fmt: skip


def price_by_the_rules(given, mix):
    """The price of a mix, added up anew; fails where a rule is broken."""
    n, kind = len(given.wanted), mix.technology
    e = mix.corridors
    grid = coo_matrix((np.ones(len(e)), (given.u[e], given.v[e])), shape=(n, n))
    _, island = connected_components(grid, directed=False)
    ground = island == island[given.root]
    assert ground[kind == FIBRE].all()
    assert given.may_fibre[kind == FIBRE].all()
    usd = float(given.fibre_usd[e].sum() + given.node_usd[(kind == FIBRE) | (kind == RADIO)].sum())
    usd += float(given.satellite_usd[kind == SKY].sum() + given.leave_usd[kind == NONE].sum())
    assert given.load_gbps[kind == SKY].sum() <= given.pool_gbps + 1e-9
    hop_of = {frozenset(p): i for i, p in enumerate(zip(given.hop_a, given.hop_b, strict=True))}
    carried, masts, away = Counter(), set(), Counter()
    for place in np.flatnonzero(kind == RADIO).tolist():
        feed = int(mix.feed[place])
        away[feed] += 1
        usd += float(given.hop_usd[hop_of[frozenset((place, feed))]])
        masts |= {place, feed}
        at, hops = place, 0
        while kind[at] == RADIO:
            carried[at] += given.load_gbps[place]
            at, hops = int(mix.feed[at]), hops + 1
        assert hops <= given.most_hops
        assert ground[at]
        assert given.may_fibre[at] or not given.wanted[at]
    for place, load in carried.items():
        assert load <= given.hop_gbps[hop_of[frozenset((place, int(mix.feed[place])))]] + 1e-9
    assert max(away.values(), default=0) <= given.most_links
    return usd + float(given.site_usd[sorted(masts)].sum())


@pytest.mark.parametrize("seed", range(3))
def test_a_large_mix_keeps_every_rule_and_its_price_adds_up(seed):
    given = land(120, seed)
    mix = choose_technologies(given)
    assert price_by_the_rules(given, mix) == pytest.approx(mix.usd)
    assert 0 < mix.lower_bound <= mix.usd
    assert {FIBRE, RADIO, SKY} <= set(mix.technology.tolist())
    assert (mix.technology[~given.wanted] == 0).all()


def test_trying_harder_is_never_dearer_and_the_same_question_has_the_same_answer():
    given = land(80, 7)
    fast, usual = (choose_technologies(given, effort=effort) for effort in ("fast", "standard"))
    assert usual.usd <= fast.usd * (1 + 1e-9)
    again = choose_technologies(given)
    assert again.usd == usual.usd
    assert again.technology.tolist() == usual.technology.tolist()


def test_without_hops_and_sky_it_is_the_fibre_tree():
    none = np.zeros(0, dtype=np.int64)
    given = land(
        40, 2, hop_a=none, hop_b=none, hop_usd=np.zeros(0), hop_gbps=np.zeros(0), pool_gbps=0.0,
        leave_usd=np.full(40, np.inf), may_fibre=np.ones(40, dtype=bool),
    )  # fmt: skip
    mix = choose_technologies(given)
    assert set(mix.technology[given.wanted].tolist()) == {FIBRE}
    assert mix.gap_share < 0.05


def test_whom_nothing_can_serve_is_named():
    given = land(20, 1, leave_usd=np.full(20, np.inf), may_fibre=np.zeros(20, dtype=bool), pool_gbps=0.0)
    with pytest.raises(ValueError, match="nothing can serve"):
        choose_technologies(given)
    with pytest.raises(ValueError, match="effort"):
        choose_technologies(given, effort="hard")


# ---- a scenario ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def flagship():
    scenario = read(ROOT / "scenarios" / "azerbaijan.yaml").scenario
    return scenario, Country.read(ROOT / "geodata" / "AZE")


@pytest.fixture(scope="module")
def mixed(flagship):
    return national_plan(*flagship, Aim(by=date(2017, 12, 31), rounds=20, effort="fast"))


def test_the_places_prices_add_up_to_the_mix(mixed):
    assert sum(link.usd for link in mixed.links) == pytest.approx(mixed.mixture.chosen.usd)
    assert mixed.mixture.chosen.usd < mixed.mixture.all_fibre_usd
    reached = [node for step in mixed.plan.steps for node in step.nodes]
    fibre = [link.place for link in mixed.links if link.technology == "fibre"]
    assert set(fibre) <= set(reached)


def test_a_scenario_may_set_what_links_cost_and_carry(flagship, mixed):
    scenario, country = flagship
    aim = Aim(by=date(2017, 12, 31), rounds=20, effort="fast")
    no_radio = national_plan(scenario.with_(links={"microwave": {"hop_gbps": 0.0}}), country, aim)
    assert not [link for link in no_radio.links if link.technology == "microwave"]
    assert no_radio.mixture.chosen.usd > mixed.mixture.chosen.usd
    assert scenario.with_(links={"compare": {"years": 10}}).digest == scenario.digest


def test_nothing_serves_before_what_feeds_it(mixed):
    ready = {link.place: link.ready_day for link in mixed.links}
    radio = [link for link in mixed.links if link.technology == "microwave"]
    assert radio
    for link in radio:
        assert link.ready_day >= max(ready.get(link.feed, 0), Links().microwave.lead_days)


def test_what_is_cheaper_alone_is_so_because_others_share(mixed):
    for link in mixed.links:
        if link.next_usd < link.usd:
            assert "use the same masts" in link.why or "hang on the same fibre" in link.why


def test_the_sky_is_what_is_up_on_the_day(flagship):
    scenario, _ = flagship
    assert sky_of(scenario, date(2013, 1, 1)) == (0.0, 0.0)
    assert sky_of(scenario, date(2017, 12, 31)) == (0.5, 4.0)
    assert sky_of(scenario, date(2029, 1, 1)) == (0.0, 0.0)


def test_the_planner_expects_a_satellite_as_late_as_its_slip_is_on_average(flagship):
    scenario, _ = flagship
    one = {"usable_gbps": 0.5, "lifetime_years": 5, "line_mbps": 4}
    slip = {"uniform": [0, 200]}
    told = scenario.with_(
        satellites=[
            {"name": "Up", "launched": str(scenario.start), "slip_days": slip} | one,
            {"name": "Later", "launched": "2015-01-01", "slip_days": slip} | one,
        ]
    )
    assert sky_of(told, date(2015, 4, 10))[0] == 0.5
    assert sky_of(told, date(2015, 4, 11))[0] == 1.0


def test_hops_are_within_reach_and_no_mast_is_taller_than_the_datasheets(flagship):
    _, country = flagship
    radio = Links().microwave
    villages = np.array([kind == "rural_synthetic" for kind in country.kind])
    hops = hops_of(country, radio, villages, country.is_place)
    assert len(hops.a)
    assert hops.km.max() <= radio.most_km
    assert hops.mast.max() <= radio.mast_m
    assert (villages[hops.a] | villages[hops.b]).all()
    assert len({(a, b) for a, b in zip(hops.a.tolist(), hops.b.tolist(), strict=True)}) == len(hops.a)
