"""What the page says of spans without a second way."""

import numpy as np
import pytest
from bbsim.report.charts import charts
from bbsim.report.facts import Facts
from bbsim.report.hanging import hanging
from bbsim.report.scales import SIDE
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

STANDS = {"status": "operational"}


def of_country(spans):
    nodes = {"g": {"population": 600, "gateway": True}}
    nodes |= {n: {"population": p, **STANDS} for n, p in {"a": 400, "b": 0, "c": 100, "d": 300}.items()}
    nodes["b"] |= {"kind": "junction", "population": 0}
    return made_country(nodes, {"".join(ends): (*ends, 5, STANDS) for ends in spans})


def test_spans_behind_each_other_are_one_row_and_the_sentence_adds_them_up():
    """A row g-a-b-c and a spur g-d: nobody lives at b, so that a-b and b-c cut off the same."""
    told = hanging(Facts(simulate(made_scenario(), of_country(["ga", "ab", "bc", "gd"]))))
    assert "800 people (57" in told.sentence
    rows = [(row[0].text, row[0].note, row[1].text, row[3].text) for row in told.table.rows]
    assert rows == [
        ("g – a", "1 span, 5 km", "500", "2"),
        ("g – d", "1 span, 5 km", "300", "1"),
        ("a – c", "2 spans, 10 km", "100", "1"),
    ]


def test_where_all_have_two_ways_nothing_is_told():
    country = of_country(["ga", "ab", "bc", "cg", "gd", "da"])
    assert hanging(Facts(simulate(made_scenario(), country))) is None


def test_the_page_of_the_flagship_draws_who_hangs_on_one_span_and_lists_where(flagship_facts):
    chart = {chart.key: chart for chart in charts(flagship_facts)}["hanging"]
    assert [line.label for line in chart.lines] == [
        "people in places on fibre",
        "of these, cut off by the loss of some one span",
    ]
    last = flagship_facts.periods["population_on_single_path_share_at_end"][-1]
    height = float(chart.lines[1].path.split()[-1])
    assert SIDE - height == pytest.approx(SIDE * last, abs=1)
    table = hanging(flagship_facts).table
    people = [row[1].key for row in table.rows]
    assert len(people) == 12
    assert people == sorted(people, reverse=True)
    assert (
        people[0]
        < flagship_facts.run.country.population[np.asarray(flagship_facts.run.country.is_place)].sum()
    )
