"""A country: sorted by id, read strictly, never changed."""

import json
from datetime import date

import networkx as nx
import numpy as np
import pytest
from bbsim.country import Country
from bbsim.errors import InputError
from bbsim.geodata.sample import sample_country
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, networks

NODES = {
    "g": {"population": 5, "households": 2},
    "b": {"population": 7, "area": "x"},
    "a": {"kind": "junction"},
}
SPANS = {"s2": ("g", "b", 2), "s1": ("b", "a", 1, {"area": "y"})}


def test_rows_are_sorted_by_id_and_arrays_follow():
    c = made_country(NODES, SPANS)
    assert list(c.ids) == ["a", "b", "g"]
    assert list(c.span_ids) == ["s1", "s2"]
    assert c.population.tolist() == [0, 7, 5]
    assert c.households.tolist() == [0, 0, 2]
    assert c.km.tolist() == [1, 2]
    assert [(c.ids[a], c.ids[b]) for a, b in zip(c.u, c.v, strict=True)] == [("b", "a"), ("g", "b")]
    assert c.node_index == {"a": 0, "b": 1, "g": 2}
    assert c.adjacent == [[(1, 0)], [(0, 0), (2, 1)], [(1, 1)]]
    assert c.is_place.tolist() == [False, True, True]
    assert c.is_city.tolist() == [False, True, True]
    assert c.areas == ["x", "y"]
    assert c.open_from_start.tolist() == [True, False, True]


@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_forgotten(country, random):
    order = list(range(len(country.ids)))
    random.shuffle(order)
    spans = list(range(len(country.span_ids)))
    random.shuffle(spans)
    again = Country.of(
        name=country.name,
        iso3=country.iso3,
        reference_year=2014,
        national={},
        persons_per_household=4.0,
        nodes={k: [col[i] for i in order] for k, col in country.nodes.items()},
        spans={k: [col[i] for i in spans] for k, col in country.spans.items()},
        node_xy=[country.node_xy[i].tolist() for i in order],
        span_xy=[country.span_xy[i].tolist() for i in spans],
    )
    assert again.nodes == country.nodes
    assert again.spans == country.spans
    assert again.digest == country.digest
    assert (again.node_xy == country.node_xy).all()


def again(columns):
    """A country from another's columns, as they stand."""
    return Country.of(
        name="x",
        iso3="XXX",
        nodes=columns.nodes,
        spans=columns.spans,
        node_xy=columns.node_xy.tolist(),
        span_xy=[xy.tolist() for xy in columns.span_xy],
        reference_year=2014,
        national={},
        persons_per_household=4,
    )


def test_a_span_that_joins_a_place_to_itself_or_to_nothing_is_refused():
    with pytest.raises(InputError, match=r"error\[loop\].*'g' to itself"):
        made_country(NODES, {"s": ("g", "g", 1)})
    columns = made_country(NODES, SPANS)
    columns.spans["end"][0] = "nowhere"
    with pytest.raises(InputError, match=r"error\[dangling\].*'nowhere', which is no node"):
        again(columns)


def test_a_country_without_places_is_refused():
    with pytest.raises(InputError, match="no cities"):
        made_country({}, {})


def test_doubled_ids_are_told_one_by_one():
    c = made_country(NODES, SPANS)
    c.nodes["id"][1] = "a"
    with pytest.raises(InputError) as caught:
        Country.of(
            name="x",
            iso3="XXX",
            nodes=c.nodes,
            spans=c.spans,
            node_xy=c.node_xy.tolist(),
            span_xy=[xy.tolist() for xy in c.span_xy],
            reference_year=2014,
            national={},
            persons_per_household=4,
        )
    slugs = [p.slug for p in caught.value.problems]
    assert slugs.count("doubled-id") == 1
    assert slugs.count("dangling") == 2


def test_written_and_read_it_is_the_same_country(tmp_path):
    country = sample_country(20)
    country.write(tmp_path / "pack")
    again = Country.read(tmp_path / "pack")
    assert again.digest == country.digest
    for table in ("nodes", "spans"):
        for key, column in getattr(country, table).items():
            assert list(getattr(again, table)[key]) == list(column), key
    assert again.national == country.national
    assert again.area_names == country.area_names
    assert again.persons_per_household == country.persons_per_household
    again.write(tmp_path / "copy")
    assert Country.read(tmp_path / "copy").digest == country.digest
    assert (tmp_path / "copy" / "nodes.geojson").read_bytes() == (
        tmp_path / "pack" / "nodes.geojson"
    ).read_bytes()


def test_names_with_every_kind_of_sign_survive_writing(tmp_path):
    name = 'Şəki "İ" \\ $x^$ <b>&amp; ʼ'
    made_country({"g": {"name": name}, "b": {}}, {"s": ("g", "b", 1)}, area_names={"x": name}).write(
        tmp_path / "p"
    )
    again = Country.read(tmp_path / "p")
    assert again.nodes["name"][1] == name
    assert again.area_names == {"x": name}


def test_any_change_of_what_a_run_depends_on_changes_the_digest():
    def digest(nodes=NODES, spans=SPANS, **more):
        return made_country(nodes, spans, **more).digest

    other = [
        digest(),
        digest(NODES | {"g": NODES["g"] | {"population": 6}}),
        digest(spans=SPANS | {"s3": ("g", "a", 1)}),
        digest(NODES | {"g": NODES["g"] | {"at": (44.0, 40.0)}}),
        digest(national={2014: 12}),
        digest(persons_per_household=5.0),
        digest(spans=SPANS | {"s2": ("g", "b", 2.0001)}),
    ]
    assert len(set(other)) == len(other)
    assert digest() == digest()


@pytest.mark.parametrize(
    ("on", "factor"),
    [
        ("2010-05-05", 1.0),
        ("2014-01-01", 1.0),
        ("2015-01-01", 1.1),
        ("2015-07-02", 1.1 + 0.1 * 182 / 365),
        ("2016-07-01", 1.2 + 0.2 * 182 / 366),
        ("2017-01-01", 1.4),
        ("2099-12-31", 1.4),
    ],
)
def test_population_grows_along_the_packs_yearly_figures(on, factor):
    national = {2017: 14_000, 2014: 10_000, 2016: 12_000, 2015: 11_000}
    c = made_country(NODES, SPANS, national=national)
    assert c.population_factor(date.fromisoformat(on)) == pytest.approx(factor, rel=1e-12)


def test_without_figures_nothing_grows():
    assert made_country(NODES, SPANS).population_factor(date(2090, 1, 1)) == 1.0


def test_the_graph_keeps_parallel_corridors_and_lengths():
    c = made_country(NODES, SPANS | {"s3": ("b", "g", 9)})
    assert isinstance(c.graph, nx.MultiGraph)
    assert {k: d["length_km"] for _, _, k, d in c.graph.edges(keys=True, data=True)} == {
        "s1": 1,
        "s2": 2,
        "s3": 9,
    }
    assert c.graph.nodes["b"]["population"] == 7


def test_frames_have_one_row_a_thing_and_wgs84():
    c = made_country(NODES, SPANS)
    nodes, spans = c.nodes_frame(), c.spans_frame()
    assert (len(nodes), len(spans)) == (3, 2)
    assert nodes.crs.to_epsg() == spans.crs.to_epsg() == 4326
    assert nodes.geometry.x.tolist() == c.node_xy[:, 0].tolist()
    assert set(spans.geom_type) == {"LineString"}


def test_a_country_cannot_be_changed():
    c = made_country(NODES, SPANS)
    with pytest.raises(AttributeError):
        c.name = "other"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda p: (p / "country.toml").unlink(), "no country.toml"),
        (lambda p: (p / "country.toml").write_text("a = "), "toml"),
        (lambda p: (p / "country.toml").write_bytes(b"\xff\xfe"), "toml"),
        (lambda p: (p / "nodes.geojson").unlink(), "no nodes.geojson"),
    ],
)
def test_a_broken_pack_is_told_by_file(tmp_path, break_it, said):
    made_country(NODES, SPANS).write(tmp_path / "p")
    break_it(tmp_path / "p")
    with pytest.raises(InputError, match=said):
        Country.read(tmp_path / "p")


@pytest.mark.parametrize(
    "head",
    [
        "[population]\nreference = 'x'\n",
        "[population.national]\nabc = 5\n",
        "[[areas]]\nname = 'no id'\n",
        "population = 3\n",
    ],
)
def test_wrong_figures_in_the_head_are_told_and_no_traceback(tmp_path, head):
    made_country(NODES, SPANS).write(tmp_path / "p")
    (tmp_path / "p" / "country.toml").write_text(head)
    with pytest.raises(InputError, match=r"country\.toml: error\[head\]"):
        Country.read(tmp_path / "p")


def test_every_problem_of_every_layer_is_told_at_once(tmp_path):
    made_country(NODES, SPANS).write(tmp_path / "p")
    for name, key, value in (("nodes", "kind", "citty"), ("spans", "terrain", "moutain")):
        content = json.loads((tmp_path / "p" / f"{name}.geojson").read_text())
        content["features"][0]["properties"][key] = value
        (tmp_path / "p" / f"{name}.geojson").write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        Country.read(tmp_path / "p")
    assert len(caught.value.problems) == 2
    assert "nodes.geojson: feature 1" in str(caught.value)
    assert "spans.geojson: feature 1" in str(caught.value)
    assert "mountain" in str(caught.value)


@settings(max_examples=20)
@given(st.integers(4, 120), st.integers(0, 5))
def test_a_sample_is_a_country_that_hangs_together(places, seed):
    c = sample_country(places, seed=seed)
    assert c.digest == sample_country(places, seed=seed).digest
    assert nx.is_connected(nx.Graph(c.graph))
    assert (c.km > 0).all()
    assert c.is_place.sum() == places
    assert (np.asarray(c.population)[~c.is_place] == 0).all()
