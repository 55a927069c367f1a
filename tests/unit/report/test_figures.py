"""The pictures: made without a screen, true to scale, the same every time."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
from bbsim.report.facts import Facts
from bbsim.report.figures import gantt, map_days, write_figures
from bbsim.report.geometry import base_of
from bbsim.report.maps import country_map

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def written(small, small_facts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    return write_figures(small_facts, base_of(small.country), folder)


def test_there_are_maps_and_four_charts(written, small_facts):
    names = [path.name for path in written]
    assert names == [
        *(f"map_{day}.png" for day in map_days(small_facts)),
        "build_out.png", "gantt.png", "coverage.png", "money.png", "speed.png",
    ]  # fmt: skip
    assert all(path.read_bytes().startswith(PNG) for path in written)


def test_the_same_run_gives_the_same_bytes(written, make_run, tmp_path):
    again = make_run()
    for path in write_figures(Facts(again), base_of(again.country), tmp_path):
        first = next(p for p in written if p.name == path.name)
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(first.read_bytes()).digest(), (
            path.name
        )


def test_a_map_keeps_the_countrys_shape(flagship):
    axes = country_map(flagship, "2017-12-31").axes[0]
    (south, north) = axes.get_ylim()
    assert axes.get_aspect() == pytest.approx(1 / math.cos(math.radians((south + north) / 2)))


def test_the_scale_bar_is_geodesic(flagship):
    from pyproj import Geod

    axes = country_map(flagship, "2017-12-31").axes[0]
    bar = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    (west, east), (south, _) = bar.get_xdata(), bar.get_ydata()
    _, _, metres = Geod(ellps="WGS84").inv(west, south, east, south)
    told = next(text.get_text() for text in axes.texts if text.get_text().endswith(" km"))
    assert metres / 1000 == pytest.approx(float(told.removesuffix(" km")), rel=1e-4)


def test_a_map_shows_as_many_lines_as_are_lit(flagship):
    from bbsim.report.palette import STATUS
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    axes = country_map(flagship, "2017-12-31").axes[0]
    blue = to_rgba(STATUS["operational"])
    lit = [c for c in axes.collections if isinstance(c, LineCollection) and tuple(c.get_colors()[0]) == blue]
    assert len(lit[0].get_segments()) == int(flagship.at("2017-12-31").operational.sum())


def test_a_day_outside_the_horizon_is_refused(flagship):
    with pytest.raises(ValueError, match="outside"):
        country_map(flagship, "2050-01-01")


@pytest.mark.parametrize("name", ["$x^$", "$\\frac{", "\\input{x}", "{\\bf", "北京", "😀", "<b>", "x" * 400])
def test_a_name_is_never_a_formula(make_run, name, tmp_path):
    run = make_run({"a": {"name": name, "region": name}}, title=name, end="2015-01-01", crews={
        "bases": [{"base": "R", "regions": ["R", name], "civil": 9, "cable": 9, "splice": 9, "access": 9}],
    })  # fmt: skip
    for path in write_figures(Facts(run), base_of(run.country), tmp_path):
        assert path.read_bytes().startswith(PNG)


def test_no_window_system_and_no_shared_figure_is_touched():
    code = "import bbsim.report.figures, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_page_needs_no_matplotlib():
    code = "import bbsim.report.page, sys; sys.exit(bool({'matplotlib', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_closed_areas_lie_around_their_places(flagship, flagship_base):
    from shapely import contains_xy, polygons, union_all

    area_of = np.array(flagship.country.nodes["area"], dtype=object)
    xy = flagship.country.node_xy
    for area, shape in flagship_base.closed.items():
        land = union_all([polygons(ring) for ring in shape.rings])
        mine = area_of == area
        inside = contains_xy(land, xy[:, 0], xy[:, 1])
        assert inside[mine].mean() > 0.97  # the outline is simplified by some 400 m
        assert inside[~mine].mean() < 0.01


def test_every_project_is_in_one_bar_of_the_gantt(flagship_facts):
    from bbsim.report.figures import _gantt_rows

    table, rows = flagship_facts.run.tables["projects"], _gantt_rows(flagship_facts)
    shown = [project for row in rows for project in row.projects]
    assert sorted(shown) == [i for i, kind in enumerate(table["kind"]) if kind == "route"]
    assert all(len(row.projects) == 1 for row in rows if row.heading == "cities")
    assert len(rows) < len(shown) / 4


def test_a_run_without_a_project_says_so_without_a_warning(make_run):
    import warnings

    facts = Facts(make_run(budget={"opening_usd": 0, "usd_per_year": 0}))
    assert not [kind for kind in facts.run.tables["projects"]["kind"] if kind == "route"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = gantt(facts)
    assert "no project" in [text.get_text() for text in figure.axes[0].texts]


def test_what_is_no_day_is_said_by_the_map_as_by_the_state(flagship):
    with pytest.raises(ValueError, match="wanted a date or a text like"):
        flagship.map("foo")


def test_pictures_drawn_beside_the_page_are_the_same_as_in_turn(tmp_path, monkeypatch, small):
    for may in (True, False):
        monkeypatch.setattr("bbsim.beside._may_fork", lambda may=may: may)
        small.save(tmp_path / str(may))
    one, other = (sorted((tmp_path / str(may)).rglob("*")) for may in (True, False))
    assert [path.name for path in one] == [path.name for path in other]
    drawn = [(a, b) for a, b in zip(one, other, strict=True) if a.suffix in (".png", ".html")]
    assert len(drawn) > 5
    assert all(a.read_bytes() == b.read_bytes() for a, b in drawn)
