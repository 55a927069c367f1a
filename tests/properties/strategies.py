"""Countries and scenarios made by hand or drawn at random, small enough to be worked out on paper."""

from __future__ import annotations

from datetime import date

import numpy as np
from bbsim import events as ev
from bbsim.country import Country
from bbsim.scenario import Scenario
from bbsim.state import State
from hypothesis import strategies as st

NODE = {
    "name": "",
    "name_en": "",
    "kind": "city",
    "population": 0,
    "population_de_jure": 0,
    "households": 0,
    "region": "R",
    "district": "",
    "area": "",
    "part_of": "",
    "gateway": False,
    "transit_gbps": None,
    "elevation_m": None,
    "status": "proposed",
    "status_basis": "",
    "geonameid": None,
    "note": "",
}
SPAN = {
    "length_km": 10.0,
    "terrain": "plain",
    "follows": "road",
    "domestic": True,
    "region": "R",
    "area": "",
    "status": "proposed",
    "status_basis": "",
    "fibre_count": None,
    "medium": "buried",
    "note": "",
}
START = date(2014, 1, 1)


def made_country(nodes, spans, *, national=None, persons_per_household=4.0, area_names=None):
    """A country from ``{id: {..., "at": (lon, lat)}}`` and ``{id: (start, end, km, {...})}``."""
    node_rows, xy = [], []
    for number, (identity, given) in enumerate(nodes.items()):
        row = NODE | {"id": identity, "name": identity} | given
        xy.append(row.pop("at", (45.0 + 0.1 * number, 40.0)))
        node_rows.append(row)
    span_rows = []
    for identity, (start, end, km, *more) in spans.items():
        row = SPAN | {"id": identity, "start": start, "end": end, "length_km": float(km)}
        span_rows.append(row | (more[0] if more else {}))
    place = dict(zip(nodes, xy, strict=True))
    keys = ["id", *NODE], ["id", "start", "end", *SPAN]
    return Country.of(
        name="Made",
        iso3="XXX",
        nodes={k: [row[k] for row in node_rows] for k in keys[0]},
        spans={k: [row[k] for row in span_rows] for k in keys[1]},
        node_xy=xy,
        span_xy=[[place[r["start"]], place[r["end"]]] for r in span_rows],
        reference_year=2014,
        national=national or {},
        persons_per_household=persons_per_household,
        area_names=area_names or {},
    )


def made_fields(**over):
    """The fields of a scenario in which everything is fixed, plenty and worked out on paper.

    One city gateway ``g``; a crew-day is a calendar day; each span costs 1,000 USD a km, each node nothing;
    no permits, no seasons, no upgrades; enough money, crews and meetings.
    """
    fields = {
        "name": "made",
        "country": "XXX",
        "start": START,
        "end": date(2018, 1, 1),
        "gateways": [{"node": "g", "transit_gbps": 100}],
        "budget": {"opening_usd": 1e9, "usd_per_year": 0, "access_share": 0.5},
        "phases": [{"name": "all", "kinds": ["city", "town", "access_area", "rural_synthetic"]}],
        "cost": {
            "use": "by_terrain",
            **{f"{t}_usd_per_km": 1000 for t in ("plain", "hills", "mountain", "urban")},
            "material_share": 0.3,
            "survey_share": 0.1,
            "hut_usd": 0,
            "city_node_usd": 0,
            "town_node_usd": 0,
            "village_node_usd": 0,
        },
        "stages": {
            "survey_days": 10,
            "survey_days_per_km": 0,
            "tender_days": 20,
            "material_days": 30,
            "splice_test_days": 2,
            "hut_days": 1,
            "commissioning_days": 5,
        },
        "planner": {"award_every_days": 1, "backlog_days": 36_000, "permit_backlog_days": 36_000},
        "crews": {
            "bases": [{"base": "R", "regions": ["R"], "civil": 99, "cable": 99, "splice": 99, "access": 99}],
            "pace": {
                "civil_km_per_day": dict.fromkeys(("plain", "hills", "mountain", "urban", "submarine"), 1.0),
                "cable_km_per_day": 5.0,
                "working_days_per_year": 365,
                "homes_passed_per_day": 100,
                "section_km": 50,
            },
            "per_project": 1,
        },
        "upgrades": None,
    }
    return _merged(fields, over)


def made_scenario(**over):
    """`made_fields`, validated."""
    return Scenario.model_validate(made_fields(**over))


def _merged(base, over):
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict) and "use" not in value
        out[key] = _merged(out[key], value) if both else value
    return out


def star(lengths, *, people=1000, kind="city"):
    """A gateway ``g`` with one spur a length: places ``a``, ``b``, … at its ends."""
    names = [chr(ord("a") + i) if len(lengths) <= 6 else f"p{i:03d}" for i in range(len(lengths))]
    nodes = {"g": {"population": people, "households": people // 4, "gateway": True}}
    nodes |= {n: {"population": people, "households": people // 4, "kind": kind} for n in names}
    return made_country(nodes, {f"s-{n}": ("g", n, km) for n, km in zip(names, lengths, strict=True)})


@st.composite
def networks(draw, most=14):
    """A connected country with random extra corridors: lengths in whole km, so that ties happen."""
    count = draw(st.integers(3, most))
    kinds = st.sampled_from(["city", "town", "rural_synthetic", "junction"])
    nodes = {"g": {"population": 1000, "households": 250, "gateway": True}}
    for i in range(1, count):
        kind = draw(kinds)
        people = 0 if kind == "junction" else draw(st.integers(0, 5000))
        nodes[f"n{i:02d}"] = {"kind": kind, "population": people, "households": people // 4}
    names = list(nodes)
    km = st.integers(1, 9)
    spans = {}
    for i in range(1, count):
        spans[f"t{i:02d}"] = (names[draw(st.integers(0, i - 1))], names[i], draw(km))
    for extra in range(draw(st.integers(0, count))):
        a, b = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        if a != b:
            spans[f"x{extra:02d}"] = (
                names[a],
                names[b],
                draw(km),
                {"follows": draw(st.sampled_from(["road", "rail"]))},
            )
    return made_country(nodes, spans)


def standing(country, spans, uplinks, transit, homes):
    """A state in which everything is lit: capacities by id, homes by id."""
    state = State(country)
    for gateway, gbps in transit.items():
        state.apply(ev.TransitBought(0, country.node_index[gateway], gbps))
    for i, name in enumerate(country.span_ids):
        if spans.get(name, 0):
            state.apply(ev.SpanLit(0, -1, i, spans[name]))
    for i, name in enumerate(country.ids):
        if country.is_place[i] and uplinks.get(name, 0):
            state.apply(ev.NodeActivated(0, -1, i, uplinks[name]))
    count = np.array([homes.get(name, 0) for name in country.ids])
    state.apply(ev.HomesConnected(0, count))
    return state


def by_id(country, values):
    return dict(zip(country.ids, np.asarray(values).tolist(), strict=True))
