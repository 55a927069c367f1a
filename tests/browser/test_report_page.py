"""The report in a real browser, offline: it draws, it moves, it finds, and it asks for nothing."""

from __future__ import annotations

import pytest
from bbsim.report.facts import Facts
from bbsim.report.geometry import base_of
from bbsim.report.page import report_page
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

BLUE = """canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] < 40 && data[i + 1] > 90 && data[i + 2] > 150) count++;
    }
    return count;
}"""


def blue(page):
    """How much of the map has the colour of light."""
    return page.eval_on_selector("canvas.layer", BLUE)


def choose(page, position):
    page.evaluate(f"bbsim.choose({position})")


@pytest.mark.parametrize(("width", "touch"), [(1280, False), (390, True)])
def test_the_page_asks_for_nothing_and_complains_of_nothing(visit, flagship_page, width, touch):
    seen = visit(flagship_page, width=width, touch=touch)
    for position in (0, 20, 60):
        choose(seen.page, position)
    assert seen.requests == [flagship_page.as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_nothing_sticks_out_of_the_screen(visit, flagship_page, width):
    page = visit(flagship_page, width=width, touch=width < 800).page
    page.click("#open-all")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_map_fills_with_light_as_time_goes_on(visit, flagship_page):
    page = visit(flagship_page).page
    shown = []
    for position in (0, 12, 40, 88):
        choose(page, position)
        shown.append(blue(page))
    assert shown == sorted(shown)
    assert shown[-1] > 2 * shown[0] > 0


def test_the_arrow_keys_move_map_charts_and_projects_together(visit, flagship_page):
    page = visit(flagship_page).page
    page.focus("#time")
    page.keyboard.press("Home")
    first = [page.inner_text(s) for s in ("#time-label", "#map-date", "#now")]
    assert first[:2] == ["first day", "1 January 2014"]
    page.keyboard.press("ArrowRight")
    second = [page.inner_text(s) for s in ("#time-label", "#map-date")]
    assert second == ["Q1 2014", "31 March 2014"]
    cursors = page.eval_on_selector_all(".chart .cursor", "all => all.map(one => one.style.left)")
    assert len(set(cursors)) == 1
    assert float(cursors[0].rstrip("%")) == pytest.approx(100 * 90 / 8035, abs=0.01)
    assert page.eval_on_selector("#gantt", "g => Number(g.style.getPropertyValue('--now'))") == pytest.approx(
        90 / 8035
    )
    assert page.eval_on_selector("#time", "t => t.getAttribute('aria-valuetext')") == "Q1 2014"


def test_the_figures_beside_the_map_are_the_tables(visit, flagship_page, flagship):
    page = visit(flagship_page).page
    periods = flagship.tables["periods"]
    for position in (4, 16, 88):
        choose(page, position)
        cities = page.inner_text("#now dd")
        assert cities == f"{periods['cities_on_fibre'][position - 1]} of 78"


def test_play_runs_and_stops(visit, flagship_page):
    page = visit(flagship_page).page
    choose(page, 0)
    page.click("#play")
    page.locator("#time-label", has_text="2014").wait_for()
    page.click("#play")
    stopped = page.evaluate("bbsim.at()")
    page.wait_for_timeout(600)
    assert page.evaluate("bbsim.at()") == stopped


def test_a_click_into_a_chart_chooses_its_time(visit, flagship_page):
    page = visit(flagship_page).page
    frame = page.locator("figure[data-chart=homes] .frame")
    box = frame.bounding_box()
    frame.click(position={"x": box["width"] / 2, "y": 20})
    assert page.inner_text("#time-label") in ("Q4 2024", "Q1 2025")


@pytest.mark.parametrize("typed", ["gence", "ganca", "Gəncə", "GANJA"])
def test_a_place_is_found_however_it_is_typed(visit, flagship_page, typed):
    page = visit(flagship_page).page
    page.fill("#find", typed)
    assert page.inner_text("#found li:first-child") == "Gəncə"
    page.press("#find", "Enter")
    assert page.inner_text("#tip strong") == "Gəncə (Ganja)"
    assert "homes passed" in page.inner_text("#tip")


def test_a_place_under_the_pointer_tells_its_story(visit, flagship_page):
    page = visit(flagship_page).page
    page.fill("#find", "Shaki")
    page.press("#find", "Enter")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 60)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "Shaki" in page.inner_text("#tip")
    assert "on fibre since" in page.inner_text("#tip")


def test_cities_are_sorted_and_searched(visit, flagship_page):
    page = visit(flagship_page).page
    page.click("#city-table thead th:nth-child(4) button")
    page.click("#city-table thead th:nth-child(4) button")
    assert "Baku" in page.inner_text("#city-table tbody tr:first-child")
    assert page.get_attribute("#city-table thead th:nth-child(4)", "aria-sort") == "descending"
    page.fill("#city-table-filter", "lenkeran")
    assert page.locator("#city-table tbody tr:visible").count() == 1


def test_projects_are_filtered(visit, flagship_page, flagship):
    page = visit(flagship_page).page
    count = sum(kind == "route" for kind in flagship.tables["projects"]["kind"])
    assert page.inner_text("#gantt-count").startswith(f"{count} projects")
    page.fill("#gantt-filter", "P00005")
    assert page.locator("#gantt .row:not(.axis):visible").count() == 1


def test_assumptions_are_searched(visit, flagship_page):
    page = visit(flagship_page).page
    page.fill("#assume-filter", "kbps_per_home")
    assert page.locator(".assumption:visible").count() == 1
    assert "29.8 kbit/s" in page.inner_text(".assumption:visible")


def test_hostile_names_stay_names(visit, tmp_path):
    name = "</script><img src=x onerror=alert(1)><b onclick=alert(2)>$x^$"
    nodes = {
        "g": {
            "name": name,
            "name_en": name,
            "population": 4000,
            "households": 900,
            "gateway": True,
            "region": name,
        },
        "a": {"name": name, "population": 500, "households": 90, "region": name},
    }
    bases = [{"base": name, "regions": [name, "R"], "civil": 2, "cable": 1, "splice": 1, "access": 1}]
    fields = {"title": name, "budget": {"opening_usd": 0, "usd_per_year": 90e3}, "crews": {"bases": bases}}
    run = simulate(made_scenario(**fields), made_country(nodes, {"g-a": ("g", "a", 5)}))
    file = tmp_path / "report.html"
    file.write_text(report_page(Facts(run), base_of(run.country)), encoding="utf-8")
    seen = visit(file)
    page = seen.page
    page.fill("#find", "script")
    page.press("#find", "Enter")
    page.fill("#gantt-filter", "onerror")
    page.click("#gantt summary")
    assert name in page.inner_text("#tip strong")
    assert page.title() == name
    assert page.locator("img, b[onclick]").count() == 0
    assert seen.complaints == []
    assert seen.requests == [file.as_uri()]


def test_without_scripts_the_story_is_still_there(browser, flagship_page):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(flagship_page.as_uri())
    text = page.inner_text("body")
    context.close()
    assert "78 of 78" in text
    assert "Scripts are switched off" in text
    assert "Every assumption" in text
