"""The map of a plan: what stands below it can be read, however tall the country is."""

import pytest
from bbsim.geodata.graphs import read_country
from bbsim.planning.programme import Aim, national_plan
from bbsim.report.planmap import plan_map
from bbsim.scenario import Scenario
from matplotlib.backends.backend_agg import FigureCanvasAgg


@pytest.mark.parametrize(("east", "north"), [(1.0, 9.0), (9.0, 1.0)], ids=["tall", "wide"])
def test_the_legend_stands_clear_of_the_scale(tmp_path, east, north):
    (tmp_path / "nodes.csv").write_text(
        f"id,lon,lat,population\nA,10,45,900\nB,{10 + east},{45 + north},800\nC,{10 + east},45,700\n"
    )
    (tmp_path / "edges.csv").write_text("source,target\nA,B\nB,C\nC,A\n")
    country = read_country(tmp_path)
    scenario = Scenario.model_validate(
        {
            "name": "long", "country": "XXX", "start": "2020-01-01", "end": "2060-01-01",
            "gateways": [{"node": "A", "transit_gbps": 10}], "budget": {"usd_per_year": 5e6},
            "phases": [{"name": "all", "kinds": ["city"]}],
            "crews": {
                "bases": [{"base": "yard", "regions": country.regions}
                          | {"civil": 9, "cable": 3, "splice": 3, "access": 3}],
                "pace": {"civil_km_per_day": {"plain": 0.25}},
            },
        }
    )  # fmt: skip
    figure = plan_map(country, scenario, national_plan(scenario, country, Aim(survivable=True)))
    drawn = FigureCanvasAgg(figure).get_renderer()
    figure.draw(drawn)
    label = figure.axes[1].xaxis.label.get_window_extent(drawn)
    words = [text.get_window_extent(drawn) for text in figure.legends[0].get_texts()]
    assert words
    assert all(each.y0 > 0.0 and each.y1 <= label.y0 for each in words)
