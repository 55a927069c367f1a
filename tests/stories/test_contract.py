"""The tables hold the columns that people and programs rely on, each of its kind, and missing is missing."""

import itertools
from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest
from bbsim import events as ev
from bbsim.run import TABLES
from bbsim.runfolder import write_table

SHARE, NUMBER, COUNT, DAY, TEXT, LIST, YES = "share", "number", "count", "day", "text", "list", "yes"
PERIODS = {
    "period_start": DAY,
    "period_end": DAY,
    "lit_km": NUMBER,
    "lit_spans": COUNT,
    "cities_on_fibre": COUNT,
    "cities_on_fibre_share": SHARE,
    "population_on_fibre_share": SHARE,
    "population_within_10km_share": SHARE,
    "population_within_25km_share": SHARE,
    "population_within_50km_share": SHARE,
    "households_passed": COUNT,
    "households_passed_share": SHARE,
    "households_connected": COUNT,
    "take_up_share": SHARE,
    "internet_users_share": SHARE,
    "demand_gbps": NUMBER,
    "delivered_gbps": NUMBER,
    "delivered_share": SHARE,
    "delivered_excluding_gateways_gbps": NUMBER,
    "busy_hour_mbps_per_home": NUMBER,
    "achievable_mbps_per_home_mean": NUMBER,
    "achievable_mbps_per_home_p10": NUMBER,
    "population_at_30mbps_share": SHARE,
    "population_at_100mbps_share": SHARE,
    "max_span_utilisation_share": SHARE,
    "gateway_utilisation_share": SHARE,
    "granted_usd": NUMBER,
    "capex_usd": NUMBER,
    "opex_usd": NUMBER,
    "revenue_usd": NUMBER,
    "cash_usd": NUMBER,
    "binding": TEXT,
    "availability_share": SHARE,
    "population_on_single_path_share": SHARE,
    "population_satellite_only_share": SHARE,
    "public_sites_on_fibre": NUMBER,
    "public_sites_on_fibre_share": SHARE,
}
AT_END = [
    "cities_on_fibre_share",
    "population_on_fibre_share",
    "population_within_10km_share",
    "population_within_25km_share",
    "population_within_50km_share",
    "households_passed_share",
    "population_at_30mbps_share",
    "population_at_100mbps_share",
]
NODES = {
    "period_end": DAY,
    "node": TEXT,
    "name": TEXT,
    "on_fibre": YES,
    "lit_since": DAY,
    "served_by": TEXT,
    "households_passed": COUNT,
    "households_connected": COUNT,
    "demand_gbps": NUMBER,
    "delivered_gbps": NUMBER,
    "busy_hour_mbps_per_home": NUMBER,
    "achievable_mbps_per_home": NUMBER,
    "availability_share": SHARE,
}
SPANS = {
    "period_end": DAY,
    "span": TEXT,
    "status": TEXT,
    "capacity_gbps": NUMBER,
    "load_gbps": NUMBER,
    "utilisation_share": SHARE,
}
PROJECTS = {
    "project": TEXT,
    "kind": TEXT,
    "spans": LIST,
    "nodes": LIST,
    "usd": NUMBER,
    "planned": DAY,
    "permitted": DAY,
    "started": DAY,
    "ready_for_service": DAY,
    "delayed_days": COUNT,
    "delayed_why": TEXT,
    "people_reached": COUNT,
}
EVENTS = {"day": COUNT, "date": DAY, "kind": TEXT}
LEDGER = {"date": DAY, "fund": TEXT, "cause": TEXT, "place": TEXT, "amount_usd": NUMBER}
FINANCE = {
    "year": COUNT,
    "fund": TEXT,
    "kind": TEXT,
    "cause": TEXT,
    "place": TEXT,
    "amount_cents": COUNT,
    "amount_usd": NUMBER,
    "present_usd": NUMBER,
}
FUNDING_GAP = {
    "place": TEXT,
    "name": TEXT,
    "region": TEXT,
    "population": COUNT,
    "households_passed": COUNT,
    "households_connected": COUNT,
    "npv_usd": NUMBER,
    "funding_gap_usd": NUMBER,
    "cumulative_funding_gap_usd": NUMBER,
    "cumulative_population_share": SHARE,
}
ACCESS = {
    "period_end": DAY,
    "technology": TEXT,
    "homes_passed": COUNT,
    "homes_connected": COUNT,
    "homes_served": COUNT,
    "businesses_passed": COUNT,
    "businesses_connected": COUNT,
    "businesses_served": COUNT,
    "pass_usd": NUMBER,
    "connect_usd": NUMBER,
    "terminal_usd": NUMBER,
    "exit_usd": NUMBER,
}
SITES = {
    "period_end": DAY,
    "site": TEXT,
    "place": TEXT,
    "opened": DAY,
    "connected": DAY,
    "via": TEXT,
    "deadline_met": TEXT,
    "applications": NUMBER,
    "waited_minutes": NUMBER,
}
PUBLIC_SERVICES = {
    "period_end": DAY,
    "sites_open": COUNT,
    "sites_connected_by_deadline_share": SHARE,
    "population_within_60min_share": SHARE,
    "population_within_60min_share_at_end": SHARE,
    "service_availability_share": SHARE,
    "applications_that_could_be_from_home": NUMBER,
}
CONTRACT = {
    "periods": PERIODS | {f"{name}_at_end": SHARE for name in AT_END},
    "access": ACCESS,
    "nodes": NODES,
    "spans": SPANS,
    "projects": PROJECTS,
    "sites": SITES,
    "public_services": PUBLIC_SERVICES,
    "events": EVENTS,
    "ledger": LEDGER,
    "finance": FINANCE,
    "funding_gap": FUNDING_GAP,
    "regions": {"period_end": DAY, "region": TEXT},
}
KINDS = {
    NUMBER: "double",
    SHARE: "double",
    COUNT: "int64",
    DAY: "date32",
    TEXT: "string",
    LIST: "list",
    YES: "bool",
}


@pytest.fixture(scope="module")
def files(flagship, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for name in TABLES:
        write_table(flagship.tables[name], folder / f"{name}.parquet")
    return {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}


@pytest.mark.parametrize("table", CONTRACT)
def test_every_column_of_the_contract_is_there_with_its_kind(files, table):
    schema = files[table].schema
    kinds = {name: str(schema.field(name).type) for name in CONTRACT[table] if name in schema.names}
    assert list(kinds) == list(CONTRACT[table])
    wrong = {
        n: (k, CONTRACT[table][n]) for n, k in kinds.items() if not k.startswith(KINDS[CONTRACT[table][n]])
    }
    assert wrong == {}


def test_the_tables_are_those_of_a_run_folder(flagship):
    assert set(flagship.tables) == set(TABLES) == set(CONTRACT)


def test_missing_is_null_and_never_nan(files):
    for name, table in files.items():
        for column, values in zip(table.column_names, table.columns, strict=True):
            if str(values.type) == "double":
                assert not np.isnan(values.drop_null().to_numpy()).any(), (name, column)


def test_columns_of_later_work_are_null_and_nothing_is_made_up(files):
    for name in ("internet_users_share", "availability_share", "public_sites_on_fibre"):
        assert files["periods"][name].null_count == files["periods"].num_rows


def test_periods_follow_one_another_from_start_to_end(flagship):
    periods, s = flagship.tables["periods"], flagship.scenario
    starts, ends = (periods[k].astype(object).tolist() for k in ("period_start", "period_end"))
    assert starts[0] == s.start
    assert ends[-1] == s.end
    assert starts[1:] == ends[:-1]
    assert all((d.month, d.day) in ((1, 1), (4, 1), (7, 1), (10, 1)) for d in starts)


def test_binding_is_what_most_places_wait_for_and_where_none_does_what_most_homes_wait_for(flagship):
    periods = flagship.tables["periods"]
    by_homes = 0
    for i, word in enumerate(periods["binding"]):
        places = {c: periods[f"waiting_for_{c}_projects"][i] for c in ("money", "permits", "crews", "season")}
        homes = {c: periods[f"waiting_for_{c}_homes"][i] for c in ("money", "crews")}
        waits = places if max(places.values()) > 0 else homes
        assert (word == "none") == (max(waits.values()) == 0)
        assert word == "none" or waits[word] == max(waits.values())
        by_homes += waits is homes
    # Once every place is on fibre the money of the grants ends before all homes are passed.
    assert by_homes > 20
    assert periods["binding"][-1] == "money"


def test_projects_go_through_their_dates_in_order(flagship):
    p = flagship.tables["projects"]
    dates = [p[k] for k in ("planned", "permitted", "started", "ready_for_service")]
    for one, other in itertools.pairwise(dates):
        told = ~np.isnat(one) & ~np.isnat(other)
        assert (one[told] <= other[told]).all()
    whole = ~np.isnat(p["planned"]) & ~np.isnat(p["ready_for_service"])
    length = (p["ready_for_service"] - p["planned"]).astype(int)
    assert (p["delayed_days"][whole] <= length[whole]).all(), "nobody waits longer than the project lasts"
    why = p["delayed_why"]
    assert [w is None for w in why] == (p["delayed_days"] == 0).tolist()
    assert p["people_reached"].sum() <= flagship.country.population.sum()
    assert len(set(p["project"])) == len(p["project"])


def test_nobody_is_reached_twice(flagship):
    nodes = [n for places in flagship.tables["projects"]["nodes"] for n in places]
    spans = [s for route in flagship.tables["projects"]["spans"] for s in route]
    assert len(nodes) == len(set(nodes))
    assert len(spans) == len(set(spans))


def test_a_place_is_lit_since_its_access_node_was_commissioned(flagship):
    nodes = flagship.tables["nodes"]
    first = {
        flagship.country.ids[e.node]: flagship.scenario.start.toordinal() + e.minute // 1440
        for e in flagship.events
        if isinstance(e, ev.NodeActivated)
    }
    last = nodes["period_end"] == np.datetime64(flagship.scenario.end)
    for node, since in zip(nodes["node"][last], nodes["lit_since"][last], strict=True):
        assert (date.fromordinal(first[node]) if node in first else None) == since.astype(object)


def test_the_share_of_people_at_a_speed_is_that_of_homes_passed_where_every_line_gives_it(flagship):
    """People and homes both grow: where each home passed gets 100 Mbit/s, the two shares are one."""
    periods = flagship.tables["periods"]
    assert (periods["achievable_mbps_per_home_p10"] == 100.0).all()
    assert flagship.country.population_factor(flagship.scenario.end) > 1.1
    homes, people = periods["households_passed_share_at_end"], periods["population_at_100mbps_share_at_end"]
    # Homes are whole numbers a place, which the least villages feel; a new place's rate is asked in a month.
    assert abs(homes - people).max() < 0.02
    assert abs(homes[-1] - people[-1]) < 0.003
