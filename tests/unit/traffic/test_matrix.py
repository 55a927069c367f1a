"""Demand matrices: nothing is lost, nothing is invented, and wrong input is told."""

import numpy as np
import pytest
from bbsim.errors import InputError
from bbsim.traffic import demand_matrix, gravity, grown, read_matrix
from bbsim.traffic.matrix import ABROAD, CONTENT, PLACES
from hypothesis import given, settings
from hypothesis import strategies as st


@st.composite
def countries(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = int(rng.integers(1, 12))
    at = rng.random((n, 2)) * 500.0
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    load = np.where(rng.random(n) < 0.2, 0.0, rng.random(n) * 10.0)
    return load, km, rng.dirichlet([1.0, 1.0, 1.0]), float(rng.random()), float(rng.integers(0, 4))


@given(countries())
@settings(max_examples=200, deadline=None)
def test_what_a_place_asks_for_is_what_its_demands_ask_for(country):
    load, km, (content, places, _), upstream, power = country
    n = load.size
    asked = demand_matrix(
        np.arange(n), load, world=n, content=n + 1, km=km, content_share=content, places_share=places,
        upstream_share=upstream, power=power,
    )  # fmt: skip
    down = asked.dst == asked.owner
    np.testing.assert_allclose(np.bincount(asked.dst[down], asked.gbps[down], n)[:n], load, rtol=1e-12)
    assert asked.gbps[down].sum() == pytest.approx(load.sum(), rel=1e-12)
    up = asked.gbps.sum() - asked.gbps[down].sum()
    assert up == pytest.approx(upstream * load.sum(), rel=1e-9, abs=1e-12)
    assert (asked.gbps > 0).all()
    assert (asked.src != asked.dst).all()
    kept = asked.gbps[down & (asked.kind == CONTENT)].sum()
    assert kept == pytest.approx(content * load.sum(), rel=1e-12)
    between = asked.gbps[down & (asked.kind == PLACES)].sum()
    if (load > 0).sum() > 1:
        # Places with no load are asked for nothing, and ask for nothing.
        assert between == pytest.approx(places * load.sum(), rel=1e-12)
    abroad = asked.gbps[down & (asked.kind == ABROAD)].sum()
    assert kept + between + abroad == pytest.approx(load.sum(), rel=1e-12)


@given(countries(), st.randoms(use_true_random=False), st.sampled_from([0.125, 1000.0]))
@settings(deadline=None)
def test_order_of_places_and_unit_of_distance_do_not_matter(country, random, unit):
    load, km, _, _, power = country
    order = list(range(load.size))
    random.shuffle(order)
    whole = gravity(load, km, load, power=power)
    other = gravity(load[order], km[np.ix_(order, order)] * unit, load[order], power=power)
    np.testing.assert_allclose(other, whole[np.ix_(order, order)], rtol=1e-9, atol=1e-300)


def test_gravity_by_hand():
    far = np.array([[0.0, 3.0, 4.0], [3.0, 0.0, 5.0], [4.0, 5.0, 0.0]])
    mass, load = [2.0, 3.0, 5.0], [7.0, 11.0, 0.0]
    got = gravity(mass, far, load, power=2.0)
    for i in range(3):
        total = sum(mass[k] / far[i, k] ** 2 for k in range(3) if k != i)
        for j in range(3):
            expected = 0.0 if i == j else load[i] * mass[j] / far[i, j] ** 2 / total
            assert got[i, j] == pytest.approx(expected, rel=1e-12)


def test_neither_very_far_nor_very_near_places_break_the_sum():
    far = np.array([[0.0, 1e-200, 1e200], [1e-200, 0.0, np.inf], [1e200, np.inf, 0.0]])
    got = gravity([1.0, 1.0, 1.0], far, [1.0, 1.0, 1.0], power=3.0)
    assert got.sum(axis=1).tolist() == [1.0, 1.0, 1.0]


def test_a_place_alone_asks_abroad():
    asked = demand_matrix([5], [2.0], world=9, km=[[0.0]], places_share=1.0)
    assert (asked.src.tolist(), asked.dst.tolist(), asked.gbps.tolist()) == ([9], [5], [2.0])


def test_growth_is_compound_and_can_be_undone():
    assert grown(grown([3.0], 7, share_per_year=0.3), -7, share_per_year=0.3) == pytest.approx([3.0])
    with pytest.raises(ValueError, match="share_per_year is -1"):
        grown([1.0], 1.0, share_per_year=-1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"content_share": 0.7, "places_share": 0.6}, "together, wanted at most 1"),
        ({"content_share": 1.5}, r"content_share is 1.5, wanted 0\.\.1"),
        ({"content_share": 0.5, "content": None}, "needs the node of the content"),
        ({"places_share": 0.5, "km": None}, "needs km"),
        ({"upstream_share": float("nan")}, "upstream_share is nan"),
        ({"km": [[0.0, 0.0], [0.0, 0.0]], "places_share": 0.5}, r"km\[0, 1\] is 0"),
        ({"km": [[0.0, -1.0], [1.0, 0.0]], "places_share": 0.5}, "negative value"),
        ({"km": [[0.0]], "places_share": 0.5}, r"shape \(1, 1\)"),
        ({"node": [3, 3]}, "twice"),
        ({"load_gbps": [1.0]}, "as many"),
    ],
)
def test_wrong_input_is_told(change, told):
    given_ = {
        "node": [0, 1],
        "load_gbps": [1.0, 2.0],
        "world": 2,
        "content": 3,
        "km": [[0.0, 1.0], [1.0, 0.0]],
    }
    given_ |= change
    with pytest.raises(ValueError, match=told):
        demand_matrix(given_.pop("node"), given_.pop("load_gbps"), **given_)


def test_a_measured_matrix_is_read_as_it_stands(tmp_path):
    file = tmp_path / "measured.csv"
    file.write_text("from,to,gbps\nbaku,ganja,2.5\nganja,baku,0\n", encoding="utf-8")
    asked = read_matrix(file, {"baku": 4, "ganja": 7})
    assert (asked.src.tolist(), asked.dst.tolist(), asked.gbps.tolist()) == ([4, 7], [7, 4], [2.5, 0.0])


def test_every_fault_of_a_measured_matrix_is_told_with_its_line(tmp_path):
    file = tmp_path / "measured.csv"
    file.write_text("from,to,gbps\nbaku,gandja,2.5\nganja,baku,-1\nbaku,ganja,nan\nbaku\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_matrix(file, {"baku": 4, "ganja": 7})
    told = str(caught.value)
    for line in (2, 3, 4, 5):
        assert f"measured.csv:{line}" in told
    assert "ganja" in told
    assert "saw '-1'" in told
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'from'"):
        read_matrix(file, {})
