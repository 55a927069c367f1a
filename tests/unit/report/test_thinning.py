"""A page of a large country shows the most important part and says what it leaves out."""

import numpy as np
from bbsim.report import thinning
from bbsim.report.geometry import base_of
from bbsim.report.mapdata import map_data, projects_data
from bbsim.report.page import report_page
from bbsim.report.tables import cities_table
from bbsim.report.thinning import Thinned


def test_nothing_is_left_out_of_the_flagship(flagship_facts, flagship_base):
    thinned = Thinned(flagship_facts)
    assert set(thinned.words.values()) == {""}
    assert len(map_data(flagship_facts, flagship_base)["spans"]) == len(flagship_facts.run.country.span_ids)


def test_a_large_country_keeps_its_largest_places_and_its_fullest_spans(flagship_facts, monkeypatch):
    for name, most in (("PLACES", 30), ("SPANS", 50), ("PROJECTS", 20), ("CITIES", 10)):
        monkeypatch.setattr(thinning, f"MOST_{name}", most)
    run, base = flagship_facts.run, base_of(flagship_facts.run.country)
    data = map_data(flagship_facts, base)
    assert [len(data["places"]), len(data["spans"])] == [30, 50]
    people = run.country.population[run.country.is_place]
    shown = [row[6] for row in data["places"]]
    assert min(shown) >= np.sort(people)[-60]  # parts of a city count with it
    table = run.tables["spans"]
    load = dict.fromkeys(run.country.span_ids, 0.0)
    for span, gbps in zip(table["span"], table["load_gbps"], strict=True):
        load[span] = max(load[span], gbps)
    kept = {run.country.span_ids[span] for span in Thinned(flagship_facts).spans}
    assert min(load[span] for span in kept) >= max(load[span] for span in set(load) - kept)
    usd = sorted(run.tables["projects"]["usd"], reverse=True)[:20]
    assert sorted((row[11] for row in projects_data(flagship_facts)["rows"]), reverse=True) == [
        round(each) for each in usd
    ]
    assert len(cities_table(flagship_facts).rows) == 10


def test_the_page_says_what_it_leaves_out(flagship_facts, flagship_base, monkeypatch):
    whole = report_page(flagship_facts, flagship_base)
    for name in ("PLACES", "SPANS", "PROJECTS", "CITIES"):
        monkeypatch.setattr(thinning, f"MOST_{name}", 10)
    page = report_page(flagship_facts, flagship_base)
    for told in (
        "Drawn are the 10 largest places of",
        "the 10 spans that carry most of",
        "Shown are the 10 dearest",
        "Shown are the 10 largest cities of",
    ):
        assert told in page
        assert told not in whole
    assert len(page) < len(whole) * 2 / 3
