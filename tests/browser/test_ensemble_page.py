"""The report of an ensemble in a real browser, offline: it draws, moves in time, and asks for nothing."""

from __future__ import annotations

import pytest
from bbsim.ensemble import ensemble
from bbsim.ensemble.folder import luck
from bbsim.report.ensemble import ensemble_page
from bbsim.report.geometry import base_of


@pytest.fixture(scope="session")
def luck_page(flagship_scenario, azerbaijan, tmp_path_factory):
    """The report of three runs of the flagship as a file."""
    told = luck(ensemble(flagship_scenario, azerbaijan, runs=3))
    file = tmp_path_factory.mktemp("luck") / "report.html"
    file.write_text(ensemble_page(told, base_of(azerbaijan)), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_it_fits_every_screen_asks_for_nothing_and_complains_of_nothing(visit, luck_page, width):
    seen = visit(luck_page, width=width, touch=width < 800)
    for position in (0, 16, 60, 88):
        seen.page.evaluate(f"bbsim.choose({position})")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.requests == [luck_page.as_uri()]
    assert seen.complaints == []


def test_it_begins_at_the_first_promise_and_people_move_to_surer_classes(visit, luck_page):
    page = visit(luck_page).page
    assert page.inner_text("#time-label") == "Q4 2017"
    assert page.inner_text("#map-date") == "by 31 December 2017"

    def people_in_every_run():
        text = page.inner_text("#classes tr:first-child td")
        return int("".join(c for c in text if c.isdigit()))

    shown = []
    for position in (0, 8, 16, 88):
        page.evaluate(f"bbsim.choose({position})")
        shown.append(people_in_every_run())
    assert shown == sorted(shown)
    assert shown[-1] > 3 * shown[0] > 0


def test_a_place_is_found_and_tells_its_chance_and_dates(visit, luck_page):
    page = visit(luck_page).page
    page.fill("#find", "shusha")
    page.press("#find", "Enter")
    tip = page.inner_text("#tip")
    assert "on fibre in 0\u202f% of runs by then" in tip
    assert "2025" in tip


def test_the_cities_sort_by_their_spread(visit, luck_page):
    page = visit(luck_page).page
    page.click("#city-table th:nth-child(5) button")
    keys = page.eval_on_selector_all(
        "#city-table tbody tr", "r => r.map(x => Number(x.cells[4].dataset.key))"
    )
    assert keys == sorted(keys)
