"""Sweeps: points laid over any fields, an ensemble at each under the same luck, one table of all runs."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from bbsim.cli import main
from bbsim.ensemble import ensemble
from bbsim.ensemble.design import DESIGNS, Factor, points, spelled_out, varied
from bbsim.ensemble.sensitivity import ranking_lines, sensitivity
from bbsim.ensemble.store import dataset
from bbsim.ensemble.sweep import Sweep, sweep
from bbsim.errors import BbsimError, EnvironmentFault, InputError
from bbsim.run import table_hash
from hypothesis import given, settings
from hypothesis import strategies as st
from lucky import COUNTRY, scenario


# ---- factors and points -----------------------------------------------------------------------------
def test_a_field_is_levels_or_a_range_and_may_multiply():
    assert Factor.of("crews.per_project=2,3,4").values() == (2, 3, 4)
    assert Factor.of("priority.use=nearest_first, biggest_first").values() == (
        "nearest_first",
        "biggest_first",
    )
    assert Factor.of("budget.usd_per_year=40e6..80e6").values() == (40e6, 60e6, 80e6)
    assert Factor.of("a.b=1..4:4").values() == (1, 2, 3, 4)
    assert Factor.of("a=1..4").whole
    scaling = Factor.of("crews.bases[*].civil*=0.5..1.5")
    assert (scaling.scaled, scaling.path, scaling.whole) == (True, "crews.bases[*].civil", False)
    assert Factor.of("permits.*.desks=1,2").path == "permits.*.desks"


@pytest.mark.parametrize(
    "text", ["x", "=1,2", "a=1", "a=3..1", "a=x..y", "a*=p,q", "a=1..2:1", "a=1..2:9999"]
)
def test_what_is_no_field_is_told(text):
    with pytest.raises(InputError, match="wanted"):
        Factor.of(text)


def test_values_are_put_where_the_path_says():
    base = scenario(
        permits={
            "road": {"follows": ["road"], "desks": 4, "days": {"triangular": [10, 20, 40]}},
            "rail": {"follows": ["rail"], "desks": 3, "days": 60},
        }
    )
    factors = [Factor.of(t) for t in ("permits.*.days*=0.5,2", "permits.road.desks=1..9", "priority.use=a,b")]
    made = varied(base, factors[:2], (2, 7))
    assert made.permits["road"].days.parameters == (20, 40, 80)
    assert made.permits["rail"].days.parameters == (120,)
    assert [made.permits[name].desks for name in ("road", "rail")] == [7, 3]
    assert varied(base, factors[:2], (None, None)) == base
    bases = base.crews.bases
    more = varied(base, [Factor.of("crews.bases[*].civil*=0.5,3")], (3,))
    assert [b.civil for b in more.crews.bases] == [3 * b.civil for b in bases]


@pytest.mark.parametrize(
    ("text", "value"),
    [("crews.bases[9].civil=1,2", 1), ("budget.nonsense=1,2", 1), ("permits.*.desks=1,2", 1),
     ("name*=1,2", 2),
     ("budget.usd_per_year=1,2", -5), ("seed[0]=1,2", 1)],
)  # fmt: skip
def test_a_field_that_is_not_there_or_a_value_that_cant_be_is_told(text, value):
    with pytest.raises(BbsimError):
        varied(scenario(), [Factor.of(text)], (value,))


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 40), st.integers(0, 1000))
def test_a_latin_hypercube_has_one_point_in_each_slice_of_each_field(fields, count, seed):
    factors = [Factor(f"f{i}") for i in range(fields)]
    found = np.array(points(factors, "lhs", count, seed))
    for column in found.T:
        assert sorted(np.floor(column * count - 1e-7).clip(0).astype(int).tolist()) == list(range(count))


def test_sobol_points_are_balanced_and_every_design_repeats_itself():
    factors = [Factor("a"), Factor("b", levels=(1, 2, 3, 4)), Factor("c", low=1, high=8, whole=True)]
    found = points(factors, "sobol", 32, 5)
    assert np.histogram([row[0] for row in found], 8, (0, 1))[0].tolist() == [4] * 8
    assert {row[1] for row in found} == {1, 2, 3, 4}
    assert {row[2] for row in found} == set(range(1, 9))
    for design in DESIGNS:
        if design in ("morris", "saltelli"):
            pytest.importorskip("SALib")
        assert points(factors, design, 8, 3) == points(factors, design, 8, 3)
    assert points(factors, "lhs", 8, 3) != points(factors, "lhs", 8, 4)
    with pytest.raises(InputError, match="needs a number"):
        points(factors, "lhs")
    with pytest.raises(InputError, match="wanted one of"):
        points(factors, "guess")


# ---- sweeps -------------------------------------------------------------------------------------------
VARY = ["stages.tender_days=10,60", "budget.opening_usd=60e3,1e6"]


def test_each_point_is_the_ensemble_of_its_scenario_under_the_same_luck():
    swept = sweep(scenario(), COUNTRY, vary=VARY, runs=3)
    assert len(swept.values) == 4
    for values, many in zip(swept.values, swept.ensembles, strict=True):
        own = varied(scenario(), swept.factors, values)
        alone = ensemble(own, COUNTRY, runs=3)
        assert [table_hash(r["periods"]) for r in many.runs] == [table_hash(r["periods"]) for r in alone.runs]
    table = swept.table()
    assert table["stages.tender_days"].tolist() == [10, 10, 60, 60]
    assert table["last_city_day_p50"][2] == table["last_city_day_p50"][0] + 50, (
        "fifty days, and no other luck"
    )


def test_a_sweep_goes_on_where_it_stopped_and_is_one_table(tmp_path):
    whole = sweep(scenario(), COUNTRY, vary=VARY, runs=3, out=tmp_path / "whole")
    sweep(scenario(), COUNTRY, vary=VARY, runs=2, out=tmp_path / "parts")
    ran = []
    sweep(scenario(), COUNTRY, vary=VARY, runs=3, out=tmp_path / "parts", progress=lambda _, w: ran.append(w))
    assert len(ran) == 4, "only the third replication of each point"
    files = [(tmp_path / name / "points.parquet").read_bytes() for name in ("whole", "parts")]
    assert files[0] == files[1]
    rows = dataset(tmp_path / "parts", "dates").to_table(columns=["point", "replication", "last_city_day"])
    assert rows.num_rows == 12
    assert sorted(set(rows["point"].to_pylist())) == [0, 1, 2, 3]
    assert whole.table()["capex_usd_mean"].tolist() == [
        np.mean([c for p, c in zip(*_columns(tmp_path / "parts"), strict=True) if p == point])
        for point in range(4)
    ]
    with pytest.raises(EnvironmentFault, match="another sweep"):
        sweep(scenario(), COUNTRY, vary=VARY[:1], runs=1, out=tmp_path / "parts")


def _columns(folder):
    table = dataset(folder, "dates").to_table(columns=["point", "capex_usd"])
    return table["point"].to_pylist(), table["capex_usd"].to_pylist()


def test_a_point_that_is_no_scenario_stops_everything_before_it_runs(tmp_path):
    with pytest.raises(InputError, match=r"at stages\.tender_days=-1"):
        sweep(scenario(), COUNTRY, vary=["stages.tender_days=10,-1"], runs=1, out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_all_fields_that_are_none_are_told_at_once_with_the_nearest():
    with pytest.raises(InputError) as caught:
        sweep(scenario(), COUNTRY, vary=["foo", "end=2..1", "crews.per_project=1,2"], runs=1)
    assert len(caught.value.problems) == 2
    vary = ["stages.tender_dys*=1,2", "gateways[7].transit_gbps=1,2", "budget.opening_us=1,2"]
    with pytest.raises(InputError) as caught:
        sweep(scenario(), COUNTRY, vary=vary, runs=1)
    told = {problem.path: problem.hint for problem in caught.value.problems}
    assert told["stages.tender_dys"] == "Did you mean 'tender_days'?"
    assert told["gateways[7].transit_gbps"] == "It is a list of 1: wanted [0], … or [*] there."
    assert told["budget.opening_us"] == "Did you mean 'opening_usd'?"


def test_points_of_nothing_that_varies_are_refused_and_so_is_a_folder_that_is_not_there(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--quiet"]) == 0
    for words in (["--points", "4"], ["--design", "lhs"]):
        assert main(["ensemble", "demo", "--runs", "1", *words]) == 3
        assert "without --vary" in capsys.readouterr().err
    assert main(["report", "nowhere"]) != 0
    assert "no such folder" in capsys.readouterr().err


def test_the_verb_sweeps_ranks_and_tells(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--quiet"]) == 0
    capsys.readouterr()
    words = ["ensemble", "demo", "--runs", "1", "--set", "end=2015-01-01", "--out", "s", "--json"]
    vary = ["--vary", "crews.bases[*].civil*=0.5,1.5", "--vary", "satellites[0].usable_gbps=0.5,0.6"]
    assert main([*words, *vary, "--design", "tornado"]) == 0
    said = capsys.readouterr()
    data = json.loads(said.out)
    assert len(data["points"]) == 5
    ranked = [row for row in data["sensitivity"] if row["outcome"] == "capex_usd"]
    assert [row["factor"] for row in ranked] == ["crews.bases[*].civil*", "satellites[0].usable_gbps"]
    assert ranked[1]["effect"] == 0
    assert "What drives the cost of building" in said.err
    assert (tmp_path / "s" / "figures" / "tornado_capex_usd.png").is_file()
    assert main([*words, *vary, "--design", "lhs"]) == 3, "without a number of points"


RISKY = {
    "slow": {"use": "customs", "held_share": 1, "held_days": 30},
    "none": {"use": "disputes", "share": 0},
}


def test_each_key_by_itself_is_a_field_a_key():
    def paths(text, **over):
        return [factor.path for factor in spelled_out(scenario(**over), [Factor.of(text)])]

    off = "hazards.?.off=false,true"
    assert paths(off, hazards=RISKY) == ["hazards.none.off", "hazards.slow.off"]
    assert paths("gateways[?].transit_gbps*=1,2")[0] == "gateways[0].transit_gbps"
    assert paths("end=2015-01-01,2016-01-01") == ["end"]
    for text in (off, "nowhere.?.off=false,true", "gateways[*].?=1,2"):
        with pytest.raises(InputError):
            paths(text)


def test_without_a_hazard_the_date_comes_as_much_earlier_as_it_held_up_and_equal_points_run_once(tmp_path):
    seen = []
    swept = sweep(
        scenario(hazards=RISKY), COUNTRY, vary=["hazards.?.off=false,true"], runs=3, design="tornado",
        out=tmp_path / "s", progress=lambda *told: seen.append(told),
    )  # fmt: skip
    assert len(seen) == 3 * 3, "the scenario itself is three of the five points"
    table = sensitivity(swept)
    mine = table["outcome"] == "last_city_day"
    effect = dict(zip(table["factor"][mine], table["effect"][mine], strict=True))
    assert effect["hazards.slow.off"] <= -30
    assert effect["hazards.none.off"] == 0
    assert len(list((tmp_path / "s").glob("points/*/replications/*"))) == 15
    again = sweep(
        scenario(hazards=RISKY), COUNTRY, vary=["hazards.?.off=false,true"], runs=3, design="tornado"
    )
    for column, values in again.table().items():
        assert values.tolist() == swept.table()[column].tolist(), column


# ---- sensitivity against closed forms -------------------------------------------------------------------
@dataclass(eq=False)
class Made(Sweep):
    """A sweep whose outcome is a known function of the point."""

    function: object = None

    def outcomes(self, name):
        del name
        return [np.array([self.function(*row)]) for row in self.values]


def made(design, count, function, factors):
    rows = points(factors, design, count, 1)
    return Made(
        tuple(factors), design, rows, [object()] * len(rows), count=count, design_seed=1, function=function
    )


def of(table, column):
    mine = table["outcome"] == "capex_usd"
    return dict(zip(table["factor"][mine], table[column][mine], strict=True))


def test_sobol_indices_of_the_ishigami_function_are_the_known_ones():
    pytest.importorskip("SALib")
    factors = [Factor(f"x{i}", low=-np.pi, high=np.pi) for i in (1, 2, 3)]

    def ishigami(a, b, c):
        return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)

    table = sensitivity(made("saltelli", 2048, ishigami, factors))
    first, total = of(table, "first_order"), of(table, "effect")
    # Ishigami and Homma 1990, a = 7, b = 0.1.
    for name, s, t in (("x1", 0.3139, 0.5576), ("x2", 0.4424, 0.4424), ("x3", 0.0, 0.2437)):
        assert first[name] == pytest.approx(s, abs=0.03)
        assert total[name] == pytest.approx(t, abs=0.03)
    assert of(table, "rank") == {"x1": 1, "x2": 2, "x3": 3}


def test_morris_finds_the_slopes_of_a_linear_function():
    pytest.importorskip("SALib")
    factors = [Factor("a", low=0, high=10), Factor("b", low=0, high=1), Factor("c", low=0, high=1)]
    table = sensitivity(made("morris", 12, lambda a, b, c: 3 * a - 50 * b + 0 * c, factors))
    assert of(table, "effect") == pytest.approx({"a": 30.0, "b": 50.0, "c": 0.0}, abs=1e-6)
    assert of(table, "first_order") == pytest.approx({"a": 30.0, "b": -50.0, "c": 0.0}, abs=1e-6)
    assert of(table, "other") == pytest.approx({"a": 0.0, "b": 0.0, "c": 0.0}, abs=1e-6)
    assert of(table, "rank") == {"b": 1, "a": 2, "c": 3}


def test_the_tornado_is_the_difference_between_the_ends_run_by_run():
    swept = sweep(
        scenario(), COUNTRY, vary=["stages.tender_days=10..60", "seed=1,2"], runs=4, design="tornado"
    )
    table = sensitivity(swept)
    mine = table["outcome"] == "last_city_day"
    effect = dict(zip(table["factor"][mine], table["effect"][mine], strict=True))
    error = dict(zip(table["factor"][mine], table["effect_error"][mine], strict=True))
    assert effect["stages.tender_days"] == 50
    assert error["stages.tender_days"] == 0, "the same luck at both ends"
    assert error["seed"] > 0
    told = "\n".join(ranking_lines(table, "tornado"))
    assert "stages.tender_days: +50 ± 0 days from 10 to 60; P10 to P90" in told
    row = list(zip(table["outcome"], table["factor"], strict=True)).index(
        ("last_city_day", "stages.tender_days")
    )
    days = np.sort(swept.outcomes("last_city_day")[0])
    assert table["low_width"][row] == table["high_width"][row] == days[3] - days[0]


def test_a_design_that_ranks_nothing_is_told():
    with pytest.raises(InputError, match="ranks nothing"):
        sensitivity(sweep(scenario(), COUNTRY, vary=VARY[:1], runs=1))
