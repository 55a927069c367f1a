"""Single failures, and what a dated failure leaves: worked out on paper."""

import pytest
from bbsim.checks import check
from bbsim.cli_fail import lines
from bbsim.errors import InputError
from bbsim.metrics.resilience import delivered_while
from bbsim.models.hazards.what_if import Failure
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

STANDS = {"status": "operational"}


def lollipop():
    """A ring g-a-b, a spur b-c, and a place d on the gateway; homes stand where the scenario says."""
    nodes = {"g": {"population": 0, "gateway": True}}
    nodes |= {n: {"population": p, "households": p // 4, **STANDS} for n, p in
              {"a": 400, "b": 200, "c": 100, "d": 300}.items()}  # fmt: skip
    spans = {
        "ab": ("a", "b", 5),
        "bc": ("b", "c", 5),
        "ga": ("g", "a", 5),
        "gb": ("g", "b", 9),
        "gd": ("g", "d", 5),
    }
    return made_country(nodes, {k: (*v, STANDS) for k, v in spans.items()})


def run_of(**over):
    homes = {"a": 80, "b": 40, "c": 20, "d": 60}
    existing = {"households_passed": homes, "households_connected": homes}
    return simulate(made_scenario(existing=existing, **over), lollipop())


def test_who_is_off_after_each_single_failure_and_what_is_still_delivered():
    table = run_of().single_failures("2014-01-01").set_index(["kind", "id"])
    off = table["people_off"].to_dict()
    assert off[("span", "ga")] == off[("span", "gb")] == off[("span", "ab")] == 0
    assert off[("span", "bc")] == 100
    assert off[("node", "b")] == 300
    assert off[("node", "a")] == 400
    assert off[("gateway", "g")] == 1000
    share = table["delivered_share"].to_dict()
    assert share[("span", "bc")] == pytest.approx(180 / 200)
    assert share[("node", "b")] == pytest.approx(140 / 200)
    assert share[("gateway", "g")] == 0
    assert share[("span", "ga")] == pytest.approx(1)
    assert table["single_point"].to_dict()[("span", "gd")]
    people = table["people_off"].tolist()
    assert people == sorted(people, reverse=True), "the worst first"


def test_a_dated_failure_takes_its_hours_out_of_its_day():
    text = "gateway:g@2015-03-10T06:00..+6h"
    run = run_of(hazards={"what": {"use": "what_if", "what": text}})
    told = delivered_while(run, text)
    assert told["delivered_share_while"] == 0
    assert told["delivered_share_that_day"] == pytest.approx(0.75)
    assert told["people_off"] == 1000
    assert told["day"] == "2015-03-10"
    half = "span:bc@2015-03-10T12:00..2015-03-11T12:00"
    run = run_of(hazards={"what": {"use": "what_if", "what": half}})
    told = delivered_while(run, half)
    served = run.at("2015-03-09").connected
    off = run.country.node_index["c"]
    assert told["delivered_share_while"] == pytest.approx(1 - served[off] / served.sum())


def test_a_failure_outside_the_horizon_never_happens_and_is_told_as_that():
    late = "gateway:g@2045-03-10T06:00..+6h"
    run = run_of(hazards={"what": {"use": "what_if", "what": late}})
    told = delivered_while(run, late)
    assert (told["day"], told["delivered_share_while"], told["people_off"]) == (None, None, 0)
    assert lines([told]) == [f"  {late}: never happens, it lies outside the scenario's first and last day"]
    (found,) = [p for p in check(run.scenario, run.country) if p.slug == "outside-horizon"]
    assert (found.path, found.severity) == ("hazards.what.what", "warning")
    assert late in found.message


def test_availability_is_told_only_where_something_can_fail():
    assert run_of().periods["availability_share"].isna().all()
    quiet = run_of(hazards={"late": {"use": "late_openings"}})
    assert quiet.periods["availability_share"].isna().all()
    text = "node:c@2014-02-01..2014-02-02"
    run = run_of(hazards={"what": {"use": "what_if", "what": text}})
    first = run.nodes[run.nodes["period_end"] == run.nodes["period_end"].iloc[0]].set_index("node")
    assert first["availability_share"]["c"] == pytest.approx(89 / 90)
    assert first["availability_share"]["a"] == 1.0
    weighted = (900 + 100 * 89 / 90) / 1000
    assert run.periods["availability_share"].iloc[0] == pytest.approx(weighted)


@pytest.mark.parametrize(
    ("text", "kind", "begins", "until"),
    [
        ("node:a@2015-11-16..+6h", "node", "2015-11-16T00:00:00", "2015-11-16T06:00:00"),
        ("gateway:g@2015-11-16T16:15..+30m", "gateway", "2015-11-16T16:15:00", "2015-11-16T16:45:00"),
        ("span:ab@2015-11-16..+1.5d", "span", "2015-11-16T00:00:00", "2015-11-17T12:00:00"),
        ("span:ab@2015-11-16..2015-11-20", "span", "2015-11-16T00:00:00", "2015-11-20T00:00:00"),
    ],
)
def test_failures_are_read(text, kind, begins, until):
    failure = Failure.of(text)
    assert (failure.kind, failure.begins.isoformat(), failure.until.isoformat()) == (kind, begins, until)


@pytest.mark.parametrize(
    "text", ["baku", "city:a@2015-01-01..+1h", "node:a@2015-13-01..+1h", "node:a@2015-01-02..2015-01-01", 7,
             "node:a@2015-01-02..", "node:a@2015-01-02..+1w"],
)  # fmt: skip
def test_what_is_no_failure_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"saw") as caught:
        Failure.of(text)
    assert "gateway:baku@2015-11-16T16:15..+8h" in str(caught.value.context["hint"])


def test_a_gateway_may_be_called_as_people_call_it():
    country, scenario = lollipop(), made_scenario()
    assert Failure.of("node:g-gateway@2015-01-01..+1h").place(scenario, country)[0] == "gateway"
    assert Failure.of("node:g@2015-01-01..+1h").place(scenario, country)[0] == "node"
    with pytest.raises(InputError, match="no span"):
        Failure.of("span:xy@2015-01-01..+1h").place(scenario, country)
    with pytest.raises(InputError, match="no gateway"):
        Failure.of("gateway:a@2015-01-01..+1h").place(scenario, country)
