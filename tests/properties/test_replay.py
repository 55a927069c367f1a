"""What the events tell is all there is: replayed, they give the live state of every day."""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import models
from bbsim.built import OPERATIONAL
from bbsim.geodata.sample import sample_country
from bbsim.metrics.columns import ByKind
from bbsim.metrics.happened import events_from, events_table
from bbsim.reading import load
from bbsim.run import Run, table_hash
from bbsim.simulate.world import Models
from bbsim.state import State
from hypothesis import given, settings
from strategies import made_scenario, networks
from strategies_watched import answers, watch


def filled(scenario):
    roles = ("priority", "cost", "demand", "adoption", "traffic")
    return Models(*(models.find(r, getattr(scenario, r).use, getattr(scenario, r).parameters) for r in roles))


def replayed(run, seen):
    """Apply the events once more and compare at the end of every day on which something happened."""
    state, asked = State(run.country, run.opening_cents), filled(run.scenario)
    days = looks = 0
    for event in run.events:
        day = state.minute // 1440
        if event.minute // 1440 > day:
            assert state.fingerprint() == seen.fingerprint[day], f"day {day}"
            days += 1
            if day in seen.answers:
                assert answers(asked, state) == seen.answers[day], f"day {day}"
                looks += 1
        state.apply(event)
    assert days == len(seen.fingerprint)
    assert looks == len(seen.answers)
    return state, days, looks


def test_homes_on_all_technologies_are_replayed_day_by_day(flagship_scenario, azerbaijan):
    """Copper, dishes, masts, cabinets and fibre, with their stores and sites, in the whole country."""
    scenario = load(flagship_scenario.origin.with_name("azerbaijan_access.yaml")).with_(end="2018-01-01")
    seen = watch(scenario, azerbaijan)
    kinds = {type(event) for event in seen.run.events}
    assert kinds >= {
        ev.AccessBegun,
        ev.PremisesPassed,
        ev.PremisesConnected,
        ev.PremisesMoved,
        ev.EquipmentRetired,
        ev.EquipmentReused,
        ev.PlacesPaid,
        ev.CrewsHired,
    }
    state, days, _ = replayed(seen.run, seen)
    assert days > 700
    assert (state.lines.homes.connected.sum(axis=1) > 0).sum() >= 3


def test_the_flagships_events_give_its_live_state_on_every_day(flagship, watched):
    _, days, looks = replayed(flagship, watched)
    assert days > 1500
    assert looks > 50


def test_events_from_the_flagships_table_give_the_same_states(flagship, watched):
    """What is written down is enough: the table's rows, and not the objects in memory, are replayed."""
    again = events_from(flagship.tables["events"], flagship.country)
    assert len(again) == len(flagship.events)
    for one, other in zip(flagship.events, again, strict=True):
        assert type(one) is type(other)
        if isinstance(one, ev.HomesConnected):
            assert (one.homes == other.homes).all()
        assert one == other
    state = State(flagship.country, flagship.opening_cents)
    for event in again:
        if event.minute // 1440 > state.minute // 1440:
            assert state.fingerprint() == watched.fingerprint[state.minute // 1440]
        state.apply(event)
    table = events_table(ByKind(again), flagship.scenario, flagship.country)
    assert table_hash(table) == table_hash(flagship.tables["events"])


def test_time_in_the_flagship_never_goes_back_and_never_reaches_the_horizon(flagship):
    minutes = [e.minute for e in flagship.events]
    assert minutes == sorted(minutes)
    horizon = (flagship.scenario.end - flagship.scenario.start).days * 1440
    assert minutes[0] >= 0
    assert minutes[-1] < horizon
    assert all(m % 1440 == 0 for m in minutes), "build stages last whole days"


def test_any_instant_of_the_flagship_is_rebuilt_and_stocks_only_grow(flagship, watched):
    before = None
    for day in ("2014-01-01", "2014-12-31", "2019-06-30", "2023-01-01", "2035-12-31"):
        state = flagship.at(day)
        if before is not None:
            assert before.minute <= state.minute
            for name in ("passed", "connected", "span_gbps", "node_gbps", "laid_m"):
                assert (getattr(before, name) <= getattr(state, name)).all(), name
            assert (state.operational | ~before.operational).all()
            assert before.projects_ready <= state.projects_ready <= state.projects_planned
        assert (state.connected <= state.passed).all()
        known = max(d for d in watched.fingerprint if d <= state.minute // 1440)
        if known == state.minute // 1440:
            assert state.fingerprint() == watched.fingerprint[known]
        before = state


@pytest.mark.parametrize("day", ["2013-12-31", "2036-01-01", "1999-01-01"])
def test_days_outside_the_horizon_are_refused(flagship, day):
    with pytest.raises(ValueError, match="outside"):
        flagship.at(day)


def test_reach_is_what_a_search_from_the_gateways_finds(flagship):
    """`State.reached` follows new light only; here the whole lit network is searched anew."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    country = flagship.country
    state = State(country, flagship.opening_cents)
    looked = 0
    for number, event in enumerate(flagship.events):
        state.apply(event)
        if number % 997 == 0:
            lit = np.flatnonzero(state.span_status == OPERATIONAL)
            n = len(country.ids)
            matrix = coo_matrix((np.ones(len(lit)), (country.u[lit], country.v[lit])), shape=(n, n))
            _, part = connected_components(matrix, directed=False)
            gateways = set(part[state.transit_gbps > 0].tolist())
            assert state.reached().tolist() == [p in gateways for p in part.tolist()]
            looked += 1
    assert looked > 20


def test_a_saved_run_is_read_back_with_equal_tables_and_states(tmp_path, small_run):
    from bbsim.runfolder import save

    folder = save(small_run, tmp_path / "run", report=False)
    again = Run.load(folder)
    assert again.table_hashes() == small_run.table_hashes()
    assert again.digest == small_run.digest
    for day in ("2014-01-01", "2016-02-29", "2019-12-31"):
        assert again.at(day).fingerprint() == small_run.at(day).fingerprint()


def small_scenario(country, **over):
    bases = [
        {"base": r, "regions": [r], "civil": 2, "cable": 1, "splice": 1, "access": 3} for r in country.regions
    ]
    fields = {
        "gateways": [{"node": "city-000000", "transit_gbps": 1, "growth_share_per_year": 0.1}],
        "openings": [{"area": "closed", "opens": "2015-03-04"}],
        "budget": {"opening_usd": 0, "usd_per_year": 2_000_000, "grants_per_year": 4, "access_share": 0.4},
        "crews": {"bases": bases},
        "end": "2020-01-01",
        "upgrades": {"at_utilisation_share": 0.5},
        "stages": {
            "survey_days": {"triangular": [5, 10, 30]},
            "tender_days": {"lognormal": {"median": 30, "p90": 60}},
        },
        "permits": {
            "roads": {"follows": ["road"], "desks": 2, "days": {"uniform": [10, 50]}},
            "village": {"follows": ["spur"], "desks": 1, "days": {"pert": [10, 20, 60]}},
        },
        "seasons": [{"name": "winter", "terrain": ["mountain"], "closes": "11-15", "opens": "04-01"}],
        "satellites": [
            {"name": "S", "launched": "2015-05-05", "usable_gbps": 0.1, "lifetime_years": 2, "line_mbps": 4}
        ],
        "planner": {"award_every_days": 14, "backlog_days": 270, "permit_backlog_days": 200},
        "equipment": {"corridor_gbps": 0.5, "spur_gbps": 0.05, "city_node_gbps": 0.3, "node_gbps": 0.05},
    }
    return made_scenario(**(fields | over))


@pytest.fixture(scope="module")
def small_run():
    country = sample_country(40)
    return watch(small_scenario(country), country).run


def test_a_small_country_with_everything_in_it_is_replayed_too():
    country = sample_country(40)
    seen = watch(small_scenario(country), country)
    kinds = {type(e) for e in seen.run.events}
    assert kinds >= {
        ev.BudgetGranted,
        ev.MoneyReserved,
        ev.Spent,
        ev.AreaOpened,
        ev.PlannerHeld,
        ev.PlanMade,
        ev.PermitRequested,
        ev.PermitGranted,
        ev.BuildStarted,
        ev.Waiting,
        ev.Delayed,
        ev.StageEnded,
        ev.SectionLaid,
        ev.SpanLaid,
        ev.SpanLit,
        ev.NodeActivated,
        ev.ProjectReady,
        ev.HomesPassed,
        ev.HomesConnected,
        ev.SatelliteLaunched,
        ev.SatelliteRetired,
        ev.TransitBought,
    }
    replayed(seen.run, seen)


@settings(max_examples=20, deadline=None)
@given(networks(9))
def test_random_countries_are_replayed(country):
    seen = watch(made_scenario(end="2016-01-01"), country)
    replayed(seen.run, seen)


def test_a_watcher_of_progress_changes_nothing(small_run):
    told = []
    seen = watch(
        small_run.scenario, small_run.country, progress=lambda share, text: told.append((share, text))
    )
    assert seen.run.table_hashes() == small_run.table_hashes()
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(told) > 20
