"""16 November 2015: a fire at one gateway took nine tenths of the country's traffic away, by public reports.

In the flagship the mainland has one gateway (a second carrier is no place of its own there), so that
more than the reported share is lost; Nakhchivan has a gateway of its own and keeps what it has.
"""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import load, simulate
from bbsim.metrics.resilience import delivered_while, single_failures
from bbsim.state import replay

FIRE = "gateway:baku@2015-11-16T16:15..+8h"
REPORTED_SHARE = 0.9
DAY = 1440


def burnt(text):
    what = {"use": "what_if", "what": text}
    return simulate(load("scenarios/azerbaijan.yaml", ["end=2016-01-01"]).with_(hazards={"fire": what}))


@pytest.fixture(scope="module")
def run():
    return burnt(FIRE)


def test_nine_tenths_of_the_traffic_are_lost_while_it_lasts_and_a_third_of_the_days(run):
    told = delivered_while(run, FIRE)
    assert told["day"] == "2015-11-16"
    assert 1 - told["delivered_share_while"] >= REPORTED_SHARE
    # 7 h 45 min of that day; demand is the same all day.
    lost = (1 - told["delivered_share_while"]) * 465 / DAY
    assert told["delivered_share_that_day"] == pytest.approx(1 - lost, abs=1e-6)


def test_the_mainland_is_off_to_a_person_and_nakhchivan_is_not(run):
    (down,) = [e for e in run.events if isinstance(e, ev.GatewayFailed)]
    (back,) = [e for e in run.events if isinstance(e, ev.GatewayRepaired)]
    assert (back.minute - down.minute, back.began) == (8 * 60, down.minute)
    was, left, after = (
        replay(run.country, run.opening_cents, run.events, minute).on_fibre()
        for minute in (down.minute - 1, down.minute, back.minute)
    )
    region = np.array(run.country.nodes["region"], dtype=object)
    assert set(region[left]) == {"Nakhchivan"}
    assert left.sum() == (was & (region == "Nakhchivan")).sum() > 3
    people = run.country.population
    assert delivered_while(run, FIRE)["people_off"] == people[was & ~left].sum() > 1e6
    assert (after >= was).all(), "everybody is back when it is over"


def test_it_was_to_be_seen_beforehand_as_the_first_single_point_of_failure(run):
    table = single_failures(run, "2015-11-15")
    worst = table["kind"].tolist().index("gateway")
    assert table["id"][worst] == "baku"
    assert table["single_point"][worst]
    assert table["delivered_share"][worst] <= 1 - REPORTED_SHARE
    # A few villages came on fibre on the day itself.
    told = delivered_while(run, FIRE)["people_off"]
    assert told == pytest.approx(table["people_off"][worst], rel=0.02)


def test_a_gateway_is_also_understood_as_a_node_by_its_name(run):
    other = burnt("node:baku-gateway@2015-11-16T16:15..+8h")
    assert [type(e) for e in other.events] == [type(e) for e in run.events]
    assert other.periods.equals(run.periods)
