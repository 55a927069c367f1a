"""The report of an ensemble: bands and odds as its runs have them, and a date that never comes is told."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from bbsim.ensemble import Ensemble, ensemble
from bbsim.ensemble.folder import kept_by_run, luck
from bbsim.report.ensemble import ensemble_page
from bbsim.report.ensemble_charts import band_charts, bin_edges, histograms
from bbsim.report.ensemble_drivers import all_drivers
from bbsim.report.ensemble_map import CLASSES, map_data, shares
from bbsim.report.ensemble_story import cards, enough, odds, sentence
from bbsim.report.ensemble_tables import cities_table, least_sure, regions_table
from bbsim.report.ensemble_varies import dangers, drawn_once, varies
from bbsim.report.geometry import base_of
from strategies import made_country, made_scenario

SPREAD = {"survey_days": {"triangular": [5, 30, 200]}, "material_days": {"triangular": [10, 60, 300]}}


def country(names=None):
    ids = ("g", "a", "b", "c", "d")
    nodes = {
        n: {"population": 4000 // (i + 1), "households": 1000 // (i + 1), "kind": "city" if i < 4 else "town",
            "gateway": i == 0, "area": "shut" if n == "c" else "", "region": "R",
            "at": (45.0 + 0.1 * i, 40.0)} | ({"name": names[n]} if names and n in names else {})
        for i, n in enumerate(ids)
    }  # fmt: skip
    spans = {f"{a}-{b}": (a, b, 12) for a, b in pairwise(ids)}
    return made_country(nodes, spans, area_names={"shut": "The shut valley"})


def scenario(**over):
    fields = {
        "budget": {"opening_usd": 0, "usd_per_year": 40e3, "grants_per_year": 4, "access_share": 0.3},
        "openings": [{"area": "shut", "opens": "2015-01-01"}],
        "stages": SPREAD,
        "end": "2016-03-01",
        "targets": [
            {"name": "All by 2015", "column": "cities_on_fibre_share", "at_least": 1, "by": "2015-12-31"},
            {
                "name": "Most by autumn",
                "column": "cities_on_fibre_share",
                "at_least": 0.7,
                "by": "2015-09-30",
            },
        ],
    }
    return made_scenario(**(fields | over))


@pytest.fixture(scope="module")
def many():
    return ensemble(scenario(), country(), runs=30)


@pytest.fixture(scope="module")
def told(many):
    return luck(many)


def text_of(page):
    body = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_page_needs_nothing_else(told):
    page = ensemble_page(told, base_of(told.country))
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", markup)
    assert "url(" not in markup
    assert "default-src &#39;none&#39;" in page


def test_a_strangers_names_stay_text():
    bad = "</script><img src=x onerror=alert(1)>"
    page = ensemble_page(luck(ensemble(scenario(title=bad), country({"a": bad}), runs=2)), base_of(country()))
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")


def test_a_date_that_does_not_come_is_told_everywhere(many, told):
    days = many.days("last_city_day")
    never = float((days < 0).mean())
    assert 0 < never < 1, "the scenario must leave some runs unfinished"
    words = f"{100 * never:.0f}"
    page = text_of(ensemble_page(told, base_of(told.country)))
    assert f"not finished in {words} % of runs" in page
    card = cards(told)[0]
    assert words in card.note
    assert card.high == "after 2016"
    (hist,) = [h for h in histograms(told) if h.title == "Last city on fibre"]
    assert hist.never is not None
    assert f"not finished in {words}" in hist.told
    table = [row for row in cities_table(told).rows if row[5].key]
    assert table, "a city that is not reached says so"
    assert table[0][3].text == "not by 29 February 2016"
    (drivers,) = [d for d in all_drivers(told) if d.title == "Last city on fibre"]
    assert f"In {words}" in drivers.sentence


def test_the_odds_of_a_promise_are_the_share_of_runs_that_keep_it(many, told):
    for i, target in enumerate(told.scenario.targets):
        kept = kept_by_run(many, target)
        assert odds(told)[i].share == kept.mean()
        # By hand: cities lit by then, of those open then (all are, from 2015 on).
        day = (np.datetime64(target.by) - np.datetime64(told.scenario.start)).astype(int)
        cities = [r for r, node in enumerate(told.nodes) if told.country.is_city[node]]
        lit = ((many.days_of_places[:, cities] >= 0) & (many.days_of_places[:, cities] <= day)).mean(axis=1)
        assert (kept == (lit >= target.at_least)).all()
    assert odds(told)[1].share > 0


def test_a_promise_beyond_the_last_day_is_open_and_not_broken():
    late = [{"name": "All", "column": "cities_on_fibre_share", "at_least": 1, "by": "2016-03-01"}]
    (told,) = odds(luck(ensemble(scenario(targets=late), country(), runs=2)))
    assert (told.share, told.text) == (None, "open")
    assert "the runs end before then" in told.words


def test_the_interval_of_the_odds_is_the_exact_one(told):
    from bbsim.report.ensemble_story import odds_words

    # Of 30 runs without a failure the chance is above 0.05^(1/30) with 95 % confidence on that side.
    assert f"{100 * 0.05 ** (1 / 30):.0f}" in odds_words(1.0, told)


def test_the_map_has_the_share_of_runs_by_then(many, told):
    share = shares(told)
    days = many.days_of_places
    for position, end in enumerate(told.end_days, start=1):
        assert share[position].tolist() == ((days >= 0) & (days < end)).mean(axis=0).tolist()
    assert (np.diff(share, axis=0) >= 0).all()
    data = map_data(told, base_of(told.country))
    json.dumps(data)
    assert [sum(row) for row in data["places_by_class"]] == [told.country.population[told.nodes].sum()] * len(
        data["places_by_class"]
    )
    assert len(data["now"]) == len(data["ends"]) + 1
    assert [least for least, *_ in CLASSES] == sorted((least for least, *_ in CLASSES), reverse=True)


def test_every_chart_has_a_band_and_a_text_at_each_period(told):
    charts = band_charts(told)
    assert {"finished", "coverage", "homes", "money"} <= {chart.key for chart in charts}
    for chart in charts:
        for band in chart.bands:
            assert len(band.texts) == len(told.end_days)
            known = sum(text != "–" for text in band.texts)
            assert band.shade or chart.key == "finished" or known < 2, f"{chart.key}: {band.label}"


def test_the_bars_of_a_date_hold_every_run(many, told):
    for hist, what in zip(histograms(told), told.finish["what"], strict=False):
        days = told.finish_days[what]
        top = max([bar.height for bar in hist.bars] + ([hist.never.height] if hist.never else []))
        heights = sum(bar.height for bar in hist.bars) + (hist.never.height if hist.never else 0)
        counts = heights / top
        assert counts > 0
        assert len(days) == len(many.numbers)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (5, 40), (10, 500), (0, 3000), (100, 9000)])
def test_bins_hold_the_first_and_the_last_day_and_are_few(first, last):
    start = scenario().start
    edges = [(edge - start).days for edge in bin_edges(start, first, last)]
    assert edges == sorted(set(edges))
    assert edges[0] <= first
    assert edges[-1] > last
    assert 2 <= len(edges) <= 33


def test_the_least_sure_come_first(told):
    for table, column in ((cities_table(told), 4), (regions_table(told), 2)):
        keys = [float(row[column].key) for row in table.rows]
        assert keys == sorted(keys, reverse=True)
    assert "least sure" in least_sure(told)


def test_where_nothing_varies_the_page_says_so():
    same = luck(ensemble(scenario(stages={}, targets=[]), country(), runs=3))
    assert "nothing that varies moves it" in sentence(same)
    assert histograms(same) == []
    assert least_sure(same) == ""
    assert list(varies(same.scenario)) == []
    assert "too few" in enough(same)
    page = text_of(ensemble_page(same, base_of(same.country)))
    assert "No number of the scenario is a spread" in page


def test_what_varies_is_listed_with_its_spread():
    assert dict(varies(scenario()))["stages.survey_days"] == "triangular 5, 30, 200"


def test_hazards_and_numbers_that_nobody_knows_are_listed_as_they_stand():
    hazards = {"storm": {"use": "weather", "spread_share": 0.5}, "calm": {"use": "disputes", "off": True}}
    uncertain = {"budget.usd_per_year": {"triangular": [30e3, 40e3, 50e3], "factor": "oil"}}
    uncertain["budget.access_share"] = {"empirical": [k / 100 for k in range(1, 31)]}
    risky = scenario(hazards=hazards, uncertain=uncertain)
    calm, storm = dangers(risky)
    assert (calm.name, calm.off, storm.off) == ("calm", True, False)
    assert "spread_share: 0.5" in storm.told
    assert "weather" in storm.meaning
    assert dict(drawn_once(risky)) == {
        "budget.usd_per_year": "triangular 30000, 40000, 50000; follows “oil” (1)",
        "budget.access_share": "empirical 30 values, 0.01 … 0.3",
    }
    page = text_of(ensemble_page(luck(ensemble(risky, country(), runs=2)), base_of(country())))
    for words in ("storm weather", "switched off", "budget.usd_per_year", "follows “oil”"):
        assert words in page, words


def test_a_cause_that_strikes_few_runs_but_moves_the_date_stays_in_the_table():
    held = {"use": "customs", "held_share": 0.04, "held_days": 200}
    rare = luck(ensemble(scenario(hazards={"permits": held}, targets=[]), country(), runs=30))
    table = rare.drivers["cause"] == "wait: permits (hazard)"
    assert (rare.drivers["days_p90"][table] == 0).any(), "the hazard must be rare"
    told = [row for drivers in all_drivers(rare) for row in drivers.rows]
    assert any(x.cause == "goods held at the border" and "of runs, else none" in x.days for x in told)
    assert all(x.cause != "waiting for a permit desk" for x in told), "a hazard called like a desk is no desk"


def test_a_cause_is_named_only_if_it_stands_out_from_luck(told):
    for drivers in all_drivers(told):
        named = re.findall(r"(?:unsure is|,| and) ([a-z, ]+?) \((\d+)", drivers.sentence)
        for words, _ in named:
            (row,) = [row for row in drivers.rows if row.cause == words.strip()]
            share, error = (float(re.sub("[^0-9.]", "", text)) for text in (row.share, row.error))
            assert share > 2 * error - 1
    few = luck(ensemble(scenario(), country(), runs=3))
    assert all("can't be told from" in drivers.sentence for drivers in all_drivers(few))


def test_the_report_is_made_again_from_the_folder_alone(tmp_path):
    done = ensemble(scenario(), country(), runs=4, out=tmp_path / "e")
    done.report(tmp_path / "e")
    first = {
        path.name: path.read_bytes()
        for path in (tmp_path / "e").rglob("*")
        if path.suffix in (".png", ".html")
    }
    assert len(first) == 6
    again = Ensemble.load(tmp_path / "e")
    assert again.digest == done.digest
    again.report(tmp_path / "e")
    for path in (tmp_path / "e").rglob("*"):
        if path.suffix in (".png", ".html"):
            assert path.read_bytes() == first[path.name], path.name
    in_memory = ensemble(scenario(), country(), runs=4)
    a, b = (ensemble_page(luck(x), base_of(x.country)) for x in (done, in_memory))
    assert a == b, "kept in a folder or in memory, the page is the same"
