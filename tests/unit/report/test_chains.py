"""The chain behind a date, as the page draws it."""

from datetime import date, timedelta

from bbsim.metrics.why import Link
from bbsim.report.chains import MANY_ALIKE, _steps


def link(day, what, project, why="no wait"):
    begin = date(2020, 1, 1) + timedelta(days=day)
    return Link(begin, begin + timedelta(days=5), project, what, why)


def test_many_projects_that_hand_the_light_on_are_one_step():
    passed_on = [link(5 * i, "commissioning", f"P{i:05d}") for i in range(MANY_ALIKE)]
    links = [
        link(-5, "laying", "P00000"),
        *passed_on,
        link(50, "commissioning", "P00099", "9 days waiting for x"),
    ]
    steps = _steps(links, {})
    assert [step.what for step in steps] == ["laying", "commissioning", "commissioning"]
    one = steps[1]
    assert (one.project, one.why) == ("P00000 – P00005", "6 projects, one after the other")
    assert (one.begin, one.length) == ("1 January 2020", "30 days")


def test_a_few_stay_apart():
    links = [link(5 * i, "commissioning", f"P{i:05d}") for i in range(MANY_ALIKE - 1)]
    assert len(_steps(links, {})) == MANY_ALIKE - 1
