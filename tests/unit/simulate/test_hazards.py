"""The verbs by which hazards act: each does what it says, to the day and the cent, and tells it by events."""

from datetime import date

import pytest
from bbsim import events as ev
from bbsim.errors import InputError, ModelError, RefusedError
from bbsim.simulate import simulate
from bbsim.simulate.disturbed import Disturbed
from bbsim.state import replay
from bbsim.units import MINUTES_PER_DAY as DAY
from hypothesis import given
from hypothesis import strategies as st
from strategies import made_country, made_scenario, star
from strategies_watched import watch

HEAD = """
from bbsim import events as ev
from bbsim.scenario import Frozen

class Mine(Frozen):
    days: float = 0.0
    def happen(self, clock):
"""


@pytest.fixture
def with_hazard(tmp_path):
    """A run with one hazard of the scenario's own, whose body is given."""

    def run(body, country=None, watched=False, hazard=(), **over):
        (tmp_path / "mine.py").write_text(HEAD + "".join(f"        {line}\n" for line in body.split("\n")))
        scenario = made_scenario(hazards={"mine": {"use": "mine.py:Mine", **dict(hazard)}}, **over)
        go = watch if watched else simulate
        return go(scenario, country or star([10]), code_folder=tmp_path)

    return run


def ready(run):
    return [e.minute // DAY for e in run.events if isinstance(e, ev.ProjectReady)]


def of(run, kind):
    return [e for e in run.events if isinstance(e, kind)]


PLAIN = ready(simulate(made_scenario(), star([10])))
ON_AWARD = "plan = yield clock.listen(ev.PlanMade).next()\n"


@pytest.mark.parametrize("stage", ["survey", "tender", "material", "laying", "splice_test", "commissioning"])
def test_a_set_back_makes_its_stage_longer_by_whole_days_and_is_told(with_hazard, stage):
    run = with_hazard(ON_AWARD + f"clock.set_back(plan.project, '{stage}', 6.2)")
    assert ready(run) == [PLAIN[0] + 7]
    (told,) = of(run, ev.SetBack)
    assert (told.hazard, told.project, told.stage, told.days) == ("mine", 0, stage, 7)
    (wait,) = of(run, ev.Delayed)
    assert (wait.why, wait.minute - wait.began) == ("mine", 7 * DAY)
    ended = next(e for e in of(run, ev.StageEnded) if e.stage == stage)
    assert ended.minute == wait.minute
    assert run.tables["projects"]["delayed_why"].tolist() == ["mine"]
    assert run.tables["projects"]["delayed_days"].tolist() == [7]


def test_a_hazard_that_is_called_like_a_desk_is_not_mistaken_for_one():
    held = {"use": "customs", "held_share": 1.0, "held_days": 9}
    run = simulate(made_scenario(hazards={"permits": held}), star([10]))
    assert run.tables["projects"]["delayed_why"].tolist() == ["permits (hazard)"]
    assert run.tables["periods"]["waiting_for_permits_projects"].max() == 0


def test_a_set_back_of_one_office_does_not_hold_its_desk(with_hazard):
    permits = {"roads": {"follows": ["road"], "desks": 1, "days": 30}}
    body = (
        "filed = clock.listen(ev.PermitRequested)\n"
        "file = yield filed.next()\n"
        "clock.set_back(file.project, f'permit {file.authority}', 100)"
    )
    plain = simulate(made_scenario(permits=permits), star([10, 10]))
    run = with_hazard(body, star([10, 10]), permits=permits)
    assert [b - a for a, b in zip(ready(plain), sorted(ready(run)), strict=True)] == [30, 70]
    granted = {e.project: e.minute // DAY for e in of(run, ev.PermitGranted)}
    assert granted == {0: 10 + 30 + 100, 1: 10 + 60}


def test_stretched_projects_take_so_many_times_as_long(with_hazard):
    run = with_hazard(ON_AWARD + "clock.stretch(plan.project, 1.5)")
    stages = {e.stage: (e.minute - e.began) // DAY for e in of(run, ev.StageEnded)}
    plain = {
        e.stage: (e.minute - e.began) // DAY for e in of(simulate(made_scenario(), star([10])), ev.StageEnded)
    }
    assert {name: stages[name] - days for name, days in plain.items() if name != "huts"} == {
        name: -(-days // 2) for name, days in plain.items() if name != "huts"
    }


def test_a_crew_that_stands_still_finishes_as_many_days_later(with_hazard):
    """Laying begins on day 60 and takes 11 days; the spells take days 62-64 and 64-66: five days."""
    body = (
        "yield clock.until(62)\n"
        "clock.stop_work('north', [0], 3)\n"
        "yield clock.until(64)\n"
        "clock.stop_work('everywhere', [0], 3)"
    )
    run = with_hazard(body)
    assert ready(run) == [PLAIN[0] + 5]
    assert [(e.zone, e.days) for e in of(run, ev.WorkStopped)] == [("north", 3), ("everywhere", 3)]
    (wait,) = of(run, ev.Delayed)
    assert (wait.why, (wait.minute - wait.began) // DAY) == ("mine", 5)


def test_a_stop_that_outlasts_the_section_is_waited_for(with_hazard):
    run = with_hazard("yield clock.until(70)\nclock.stop_work('north', [0], 30)")
    assert ready(run) == [PLAIN[0] + 30]


def test_nobody_is_stopped_where_nobody_works(with_hazard):
    run = with_hazard("yield clock.until(300)\nclock.stop_work('north', [0], 30)")
    assert not of(run, ev.WorkStopped)
    assert ready(run) == PLAIN


def test_a_halted_project_begins_no_section_and_its_crew_works_elsewhere(with_hazard):
    base = {"base": "R", "regions": ["R"], "civil": 1, "cable": 9, "splice": 9, "access": 9}
    body = "yield clock.until(1)\nclock.halt(0, 99)"
    plain = simulate(made_scenario(crews={"bases": [base]}), star([10, 10]))
    run = with_hazard(body, star([10, 10]), crews={"bases": [base]})
    first, second = ready(plain)
    laid = {e.project: e.minute // DAY for e in of(run, ev.SectionLaid)}
    assert laid == {1: 71, 0: 111}
    assert sorted(ready(run)) == [first, second + 29]


def test_what_is_condemned_is_laid_once_more_and_is_whole_in_the_end(with_hazard):
    body = "laid = yield clock.listen(ev.SpanLaid).next()\nclock.condemn(laid.project, laid.span, 4000)"
    run = with_hazard(body)
    assert ready(run) == [PLAIN[0] + 5]  # 4 km at 1 km a working day
    assert [e.metres for e in of(run, ev.SectionCondemned)] == [4000]
    assert run.at("2017-12-31").laid_m.tolist() == [10_000]
    paid = [sum(e.cents for e in of(r, ev.Spent)) for r in (run, simulate(made_scenario(), star([10])))]
    assert paid[0] == paid[1], "the contractor pays"


GRANTS = {"opening_usd": 0, "usd_per_year": 1e6, "grants_per_year": 2}


def test_grants_come_late_and_less_and_every_cent_is_accounted_for(with_hazard):
    body = (
        "day, cents = clock.grants[1]\n"
        "clock.set_back(-1, 'grant 1', 40)\n"
        "clock.cut_grant(1, 0.25)\n"
        "yield clock.delay(0)"
    )
    run = with_hazard(body, budget=GRANTS)
    plain = simulate(made_scenario(budget=GRANTS), star([10]))

    def granted(r):
        sums = {}
        for e in of(r, ev.BudgetGranted):
            sums[e.minute // DAY] = sums.get(e.minute // DAY, 0) + e.cents
        return sums

    before, after = granted(plain), granted(run)
    day = sorted(before)[1]
    assert after == {(d + 40 if d == day else d): (c * 3 // 4 if d == day else c) for d, c in before.items()}
    (cut,) = of(run, ev.GrantCut)
    assert sum(after.values()) + cut.cents == sum(before.values())


def test_prices_change_for_awards_to_come_only(with_hazard):
    country = made_country(
        {"g": {}, "a": {"population": 9}, "b": {"population": 9, "area": "far"}},
        {"1": ("g", "a", 10), "2": ("g", "b", 10, {"area": "far"})},
    )
    body = "yield clock.until(200)\nclock.change_prices(2.0, 1.0)\nclock.change_prices(1.0, 1.5)"
    run = with_hazard(body, country, openings=[{"area": "far", "opens": "2015-01-01"}])
    prices = [e.cents for e in of(run, ev.PlanMade)]
    # 10 km at 1,000 USD: 10 % survey and 60 % labour, 30 % material.
    assert prices == [1_000_000, 2 * 300_000 + round(1.5 * 700_000)]
    assert run.at("2017-01-01").price_factors == (2.0, 1.5)


def test_openings_and_launches_come_late_and_satellites_are_lost(with_hazard):
    country = made_country(
        {"g": {}, "b": {"population": 9, "area": "far"}}, {"2": ("g", "b", 10, {"area": "far"})}
    )
    body = (
        "clock.set_back(-1, 'opening far', 30)\n"
        "clock.set_back(-1, 'launch Up', 50)\n"
        "clock.lose_satellite('Never')\n"
        "yield clock.until(900)\n"
        "clock.lose_satellite('Up')"
    )
    sky = {"usable_gbps": 1, "lifetime_years": 3, "line_mbps": 4}
    satellites = [
        {"name": "Up", "launched": "2015-01-01", **sky},
        {"name": "Never", "launched": "2016-01-01", **sky},
    ]
    openings = [{"area": "far", "opens": "2015-01-01"}]
    run = with_hazard(body, country, watched=True, openings=openings, satellites=satellites).run
    assert [e.minute // DAY for e in of(run, ev.AreaOpened)] == [365 + 30]
    assert [e.minute // DAY for e in of(run, ev.SatelliteLaunched)] == [365 + 50]
    assert [(e.name, e.minute // DAY) for e in of(run, ev.SatelliteLost)] == [("Never", 730), ("Up", 900)]
    assert not of(run, ev.SatelliteRetired)


def test_a_cut_darkens_what_lies_behind_until_a_splice_crew_has_mended_it(with_hazard):
    body = (
        "yield clock.until(400.5)\n"
        "clock.cut(0)\n"
        "began = clock.now\n"
        "yield from clock.mend(0, began, 0.25)\n"
        "yield clock.until(500)\n"
        "clock.fail(clock.country.node_index['a'])\n"
        "yield clock.delay(1)\n"
        "clock.restore(clock.country.node_index['a'], 500 * 1440)\n"
        "yield clock.until(600)\n"
        "clock.fail_gateway(clock.country.node_index['g'])\n"
        "yield clock.delay(2)\n"
        "clock.restore_gateway(clock.country.node_index['g'], 600 * 1440)"
    )
    seen = with_hazard(body, watched=True)
    run, country = seen.run, seen.run.country

    def on(minute):
        state = replay(country, run.opening_cents, run.events, minute)
        return dict(zip(country.ids, state.on_fibre().tolist(), strict=True))

    noon = 400 * DAY + 720
    assert on(noon - 1) == {"g": True, "a": True}
    assert on(noon) == {"g": True, "a": False}
    assert on(noon + 359) == {"g": True, "a": False}
    assert on(noon + 360) == {"g": True, "a": True}
    assert on(500 * DAY) == {"g": True, "a": False}
    assert on(501 * DAY) == {"g": True, "a": True}
    assert on(600 * DAY) == {"g": False, "a": False}
    assert on(602 * DAY) == {"g": True, "a": True}


def test_coverage_and_delivered_rates_are_weighted_by_the_time_of_a_failure(with_hazard):
    """Six hours without the gateway in a month of 31 days: shares fall by a quarter of a day in 31."""
    body = (
        "gate = clock.country.node_index['g']\n"
        "yield clock.until(700.5)\n"
        "clock.fail_gateway(gate)\n"
        "began = clock.now\n"
        "yield clock.delay(0.25)\n"
        "clock.restore_gateway(gate, began)"
    )
    run = with_hazard(body, report_every="month")
    periods = run.tables["periods"]
    month = next(i for i, end in enumerate(periods["period_end"].tolist()) if end == date(2016, 1, 1))
    assert periods["population_on_fibre_share"][month] == pytest.approx(1 - 0.25 / 31)
    assert periods["population_on_fibre_share_at_end"][month] == 1.0
    assert periods["delivered_share"][month] == pytest.approx(1 - 0.25 / 31)
    assert periods["delivered_share"][month + 1] == pytest.approx(1.0)


def test_repairs_come_before_the_works_of_any_project_and_hold_them_up(with_hazard):
    """Two spans are spliced by the one crew; a repair that is asked for meanwhile comes between."""
    base = {"base": "R", "regions": ["R"], "civil": 9, "cable": 9, "splice": 1, "access": 9}
    chain = made_country(
        {"g": {}, "x": {"kind": "junction"}, "a": {"population": 9}}, {"1": ("g", "x", 5), "2": ("x", "a", 5)}
    )
    plain = simulate(made_scenario(crews={"bases": [base]}), chain)
    laid = next(e.minute // DAY for e in of(plain, ev.StageEnded) if e.stage == "laying")
    body = f"yield clock.until({laid + 1})\nyield from clock.mend(0, clock.now, 20)"
    run = with_hazard(body, chain, crews={"bases": [base]})
    assert ready(run) == [ready(plain)[0] + 20]


# ---- what a run with hazards keeps ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("yield clock.delay(float('nan'))", "nan"),
        ("yield clock.delay(-1)", "-1"),
        ("yield clock.delay(0)\nclock.set_back(0, 'survey', float('inf'))", "inf"),
        ("yield clock.delay(3)\nraise KeyError('lost')", "2014-01-04.*lost"),
    ],
)
def test_a_hazard_that_can_not_be_is_told_by_name_and_day(with_hazard, body, wanted):
    with pytest.raises(ModelError, match=wanted):
        with_hazard(body)


def test_a_hazard_that_is_off_leaves_no_trace(with_hazard):
    plain = simulate(made_scenario(), star([10]))
    run = with_hazard(ON_AWARD + "clock.set_back(0, 'survey', 9)", hazard={"off": True})
    assert run.events == plain.events
    assert run.table_hashes() == plain.table_hashes()


def test_an_unknown_hazard_or_parameter_is_told_at_its_place():
    for hazard, path, hint in (
        ({"use": "wether"}, "hazards.rain.use", "weather"),
        ({"use": "weather", "lost_day": [1] * 12}, "hazards.rain.lost_day", "lost_days"),
    ):
        with pytest.raises(InputError) as caught:
            simulate(made_scenario(hazards={"rain": hazard}), star([10]))
        assert caught.value.problems[0].path == path
        assert hint in caught.value.problems[0].hint


def test_code_is_refused_without_leave():
    with pytest.raises(RefusedError, match=r"hazards\.mine"):
        simulate(made_scenario(hazards={"mine": {"use": "mine.py:Mine"}}), star([10]))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from("abc")), max_size=8),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_standstill_counts_each_minute_once(spells, since, length):
    memory, now = Disturbed(), since + length
    for begin, size, zone in spells:
        memory.stop(zone, [7], (begin, begin + size, zone))
    stood, until, by = memory.standstill(7, since, now)
    still = {m for begin, size, _ in spells for m in range(begin, begin + size)}
    assert stood == len(still & set(range(since, now)))
    assert until >= now
    current = [begin + size for begin, size, _ in spells if begin <= now < begin + size]
    assert until == max([now, *current])
    assert (by == "") == (stood == 0 and not current)
