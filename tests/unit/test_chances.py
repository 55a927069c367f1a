"""Numbers that each run draws: where they may stand, what is refused, and whose luck they have."""

from math import sqrt

import numpy as np
import pytest
from bbsim import reading
from bbsim.checks import check
from bbsim.drawing import drawn
from bbsim.errors import InputError
from bbsim.rng import Streams
from bbsim.sections.chances import Chance
from bbsim.simulate import simulate
from made import BASE, edited, write_folder
from scipy import stats
from strategies import made_scenario, star

GATE = "gateways[0].transit_gbps"
SURVEY = {"stages.survey_days": {"uniform": [10, 30]}}
DOUBLE = {"lognormal": {"median": "2 Tbit/s", "p90": 4000}}
TRIANGLE = {"triangular": [1e6, 2e6, 4e6]}


def draws(scenario, path, runs=400):
    """The number at a path, in so many replications."""
    out = []
    for replication in range(runs):
        value = drawn(scenario, Streams(1, replication)).model_dump(mode="json")
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        out.append(value)
    return out


@pytest.mark.parametrize(
    ("over", "path", "spread"),
    [
        ({"budget": {"usd_per_year": TRIANGLE}}, "budget.usd_per_year", stats.triang(1 / 3, 1e6, 3e6)),
        ({"budget": {"access_share": {"uniform": [0.2, 0.6]}}},
         "budget.access_share", stats.uniform(0.2, 0.4)),
        ({"demand": {"use": "busy_hour_growth", "growth_share_per_year": {"pert": [0.1, 0.3, 0.5]}}},
         "demand.growth_share_per_year", stats.beta(3, 3, 0.1, 0.4)),
        ({"uncertain": {GATE: DOUBLE}},
         "gateways.0.transit_gbps", stats.lognorm(np.log(2) / stats.norm.ppf(0.9), scale=2000)),
        ({"uncertain": {"crews.pace.civil_km_per_day.plain": {"uniform": [0.1, 0.3]}}},
         "crews.pace.civil_km_per_day.plain", stats.uniform(0.1, 0.2)),
        ({"uncertain": SURVEY}, "stages.survey_days", stats.uniform(10, 20)),
    ],
)  # fmt: skip
def test_any_number_may_be_a_spread_in_its_place_or_by_its_path(over, path, spread):
    scenario = made_scenario(**over)
    assert stats.kstest(draws(scenario, path), spread.cdf).pvalue > 0.001
    held = scenario.model_dump(mode="json")
    for part in path.split("."):
        held = held[int(part)] if isinstance(held, list) else held[part]
    inline = "uncertain" not in over
    assert not inline or held == pytest.approx(spread.median()), "the median stands where nothing else does"


def test_whole_numbers_are_drawn_whole():
    scenario = made_scenario(planner={"award_every_days": {"uniform": [7, 29]}})
    seen = draws(scenario, "planner.award_every_days", 100)
    assert all(isinstance(each, int) for each in seen)
    assert len(set(seen)) > 10


def test_observed_values_are_drawn_alike_often():
    scenario = made_scenario(budget={"usd_per_year": {"empirical": [3e6, 1e6, 1e6, 5e6]}})
    seen = draws(scenario, "budget.usd_per_year", 800)
    for value, share in ((1e6, 0.5), (3e6, 0.25), (5e6, 0.25)):
        assert abs(seen.count(value) - 800 * share) < 4 * sqrt(800 * share * (1 - share))


@pytest.mark.parametrize(
    ("correlation", "low", "high"), [(1.0, 0.999, 1.0), (0.8, 0.55, 0.73), (-1.0, -1.0, -0.999)]
)
def test_numbers_of_one_factor_lean_together(correlation, low, high):
    """Both follow it by 0.8, so that they follow each other by 0.64 (of normal scores)."""
    lean = {"uniform": [1, 2], "factor": "economy"}
    scenario = made_scenario(
        uncertain={
            "stages.hut_days": lean | {"correlation": abs(correlation)},
            "stages.tender_days": lean | {"correlation": correlation},
        }
    )
    one, other = draws(scenario, "stages.hut_days"), draws(scenario, "stages.tender_days")
    assert low <= stats.pearsonr(*(stats.norm.ppf(np.array(x) - 1) for x in (one, other)))[0] <= high


def test_one_more_spread_changes_no_other_draw_and_variants_share_their_luck():
    one = made_scenario(budget={"usd_per_year": TRIANGLE})
    more = made_scenario(budget={"usd_per_year": TRIANGLE, "access_share": {"uniform": [0, 1]}})
    wider = made_scenario(budget={"usd_per_year": {"triangular": [1e6, 2e6, 8e6]}})
    path = "budget.usd_per_year"
    assert draws(one, path, 50) == draws(more, path, 50)
    ranks = [np.argsort(draws(each, path, 50)).tolist() for each in (one, wider)]
    assert ranks[0] == ranks[1]


def test_a_run_tells_the_number_it_drew_and_keeps_its_digest():
    scenario = made_scenario(budget={"opening_usd": {"uniform": [1e6, 2e6]}})
    runs = [simulate(scenario, star([5]), replication=n) for n in (0, 1)]
    opened = [run.scenario.budget.opening_usd for run in runs]
    assert len(set(opened)) == 2
    assert all(run.opening_cents[0] == round(100 * usd) for run, usd in zip(runs, opened, strict=True))
    assert {run.scenario.digest for run in runs} == {scenario.digest}
    again = simulate(runs[1].scenario, star([5]), replication=1)
    assert again.table_hashes() == runs[1].table_hashes()
    other = made_scenario(budget={"opening_usd": {"uniform": [1e6, 3e6]}})
    assert other.digest != scenario.digest


def test_without_spreads_nothing_is_drawn():
    scenario = made_scenario()
    assert drawn(scenario, Streams(1)) is scenario


def test_what_is_written_is_written_back(tmp_path):
    scenario = made_scenario(budget={"usd_per_year": TRIANGLE | {"factor": "economy", "correlation": 0.5}})
    again = type(scenario).model_validate(scenario.model_dump(mode="json"))
    assert again == scenario
    file = tmp_path / "scenario.yaml"
    file.write_text(reading.dump(scenario), encoding="utf-8")
    assert reading.load(file) == scenario


def test_a_number_that_is_said_is_not_drawn(tmp_path):
    scenario = made_scenario(budget={"usd_per_year": TRIANGLE, "access_share": {"uniform": [0, 1]}})
    told = scenario.with_(budget={"usd_per_year": 5e6})
    assert list(told.uncertain) == ["budget.access_share"]
    assert set(draws(told, "budget.usd_per_year", 5)) == {5e6}
    text = BASE + "\nuncertain:\n  budget.opening_usd: {uniform: [1, 2]}\n"
    file = write_folder(tmp_path, text)
    assert reading.load(file).uncertain
    assert not reading.load(file, overrides=["budget.opening_usd=7"]).uncertain


@pytest.mark.parametrize(
    ("over", "path", "words"),
    [
        ({"budget": {"usd_per_year": {"uniform": [3, 2]}}}, "budget.usd_per_year.uniform[1]", "least"),
        ({"budget": {"access_share": {"uniform": [0.5, 1.5]}}}, "budget.access_share.uniform[1]", "1.5"),
        ({"uncertain": {"budget.usd": {"uniform": [1, 2]}}}, 'uncertain["budget.usd"]', "no number"),
        ({"uncertain": {"bugdet.x": {"uniform": [1, 2]}}}, 'uncertain["bugdet.x"]', "no field"),
        ({"uncertain": {"name": {"uniform": [1, 2]}}}, "uncertain.name", "no number"),
        ({"uncertain": {"gateways[7].node_km": {"uniform": [1, 2]}}},
         'uncertain["gateways[7].node_km"]', "no number"),
        ({"uncertain": {GATE.replace("0", "7"): DOUBLE}},
         f'uncertain["{GATE.replace("0", "7")}"]', "nothing stands"),
        ({"budget": {"usd_per_year": TRIANGLE | {"correlation": 0.5}}},
         "budget.usd_per_year.correlation", "noth"),
        ({"budget": {"usd_per_year": TRIANGLE | {"factor": "x", "correlation": 2}}},
         "budget.usd_per_year.correlation", "-1 to 1"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_told_at_its_place(over, path, words):
    with pytest.raises(InputError) as caught:
        made_scenario().with_(**over)
    (told,) = caught.value.problems
    assert told.path == path
    assert words in told.message + told.hint


def test_everything_wrong_with_spreads_is_told_at_once_and_with_what_else_is_wrong():
    with pytest.raises(InputError) as caught:
        made_scenario().with_(
            budget={"usd_per_year": {"triangular": [3, 2, 1]}},
            end="2001-01-01",
            uncertain={
                "budget.opening_usdd": {"uniform": [1, 2]},
                "stages.survey_days": {"pertt": [1, 2, 3]},
                "planner.award_every_days": {"lognormal": {"median": -1, "p90": 2}},
            },
        )
    told = {problem.path: problem for problem in caught.value.problems}
    assert sorted(told) == [
        "budget.usd_per_year.triangular[1]",
        "end",
        'uncertain["budget.opening_usdd"]',
        'uncertain["planner.award_every_days"].lognormal.p90',
        'uncertain["stages.survey_days"].pertt',
    ]
    assert told['uncertain["budget.opening_usdd"]'].hint == "Did you mean 'opening_usd'?"


def test_a_spread_that_reaches_too_far_is_told_by_the_check():
    wide = made_scenario(budget={"access_share": {"lognormal": {"median": 0.5, "p90": 0.9}}})
    found = [p for p in check(wide, star([5])) if p.slug == "spread-range"]
    assert [p.path for p in found] == ['uncertain["budget.access_share"]']
    steep = made_scenario(adoption={"use": "bass", "ceiling_share": {"uniform": [0.5, 1.5]}})
    assert "spread-range" in [p.slug for p in check(steep, star([5]))]


def test_observed_values_come_from_a_file_beside_the_scenario(tmp_path):
    text = BASE + "\nuncertain:\n  budget.opening_usd: {empirical: {file: money.csv, column: usd}}\n"
    file = write_folder(tmp_path, text)
    (tmp_path / "money.csv").write_text("usd,note\n100,a\n300,b\n,c\n200,d\n", encoding="utf-8")
    scenario = reading.load(file)
    assert scenario.uncertain["budget.opening_usd"] == Chance.of({"empirical": [100.0, 200.0, 300.0]})
    for bad, words in (
        ("column: eur", "no column"),
        ("file: none.csv", "can't be read"),
        ("file: ../x.csv", "outside"),
    ):
        key = bad.split(":")[0]
        wrong = edited("column: usd" if key == "column" else "file: money.csv", bad, text)
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(Exception, match=words):
            reading.load(file)
