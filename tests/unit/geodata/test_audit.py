"""Each check finds what it is named after, and a pack without faults passes them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bbsim.cli import main
from bbsim.country import Country
from bbsim.geodata.audit import CHECKS, audit
from bbsim.geodata.sample import sample_country


def changed(country, *, nodes=None, spans=None, node_xy=None, span_xy=None, **attributes):
    """The country with some columns replaced."""
    return replace(
        country,
        nodes={**country.nodes, **(nodes or {})},
        spans={**country.spans, **(spans or {})},
        node_xy=country.node_xy if node_xy is None else node_xy,
        span_xy=country.span_xy if span_xy is None else span_xy,
        **attributes,
    )


@pytest.fixture(scope="module")
def sample():
    return sample_country(40)


def found(country, check):
    return [finding for finding in audit(country) if finding.check == check]


def test_a_sound_country_has_no_error(sample):
    assert not [finding for finding in audit(sample) if finding.severity == "error"]


def test_a_span_shorter_than_its_line_is_an_error_with_its_id(sample):
    km = list(sample.spans["length_km"])
    km[3] = km[3] / 2
    (finding,) = found(changed(sample, spans={"length_km": km}), "length")
    assert finding.severity == "error"
    assert finding.items == (sample.span_ids[3],)


def test_a_piece_that_nothing_joins_is_told_with_its_people(sample):
    village = sample.node_index["village-000020"]
    keep = [i for i in range(len(sample.span_ids)) if village not in (sample.u[i], sample.v[i])]
    spans = {key: [column[i] for i in keep] for key, column in sample.spans.items()}
    country = changed(sample, spans=spans, span_xy=[sample.span_xy[i] for i in keep])
    (finding,) = found(country, "components")
    assert finding.items == ("village-000020",)
    assert f"{sample.population[village]:,} people" in finding.message
    assert found(country, "unconnected")[0].items == ("village-000020",)


def test_people_who_are_too_many_for_the_nation_are_told(sample):
    (finding,) = found(changed(sample, national={2011: int(sample.population.sum() * 0.8)}), "total")
    assert "125.0%" in finding.message


def test_two_places_of_one_name_on_one_spot_are_one(sample):
    names = list(sample.nodes["name"])
    a, b = (sample.node_index[f"village-00002{k}"] for k in (0, 1))
    names[a] = names[b] = "Twice"
    xy = sample.node_xy.copy()
    xy[b] = xy[a]
    (finding,) = found(changed(sample, nodes={"name": names}, node_xy=xy), "duplicates")
    assert finding.items == ("village-000020 = village-000021",)


def test_a_junction_that_leads_nowhere_dangles(sample):
    kinds = list(sample.nodes["kind"])
    village = sample.node_index["village-000020"]
    kinds[village] = "junction"
    (finding,) = found(changed(sample, nodes={"kind": kinds}), "dangling")
    assert finding.items == ("village-000020",)


def test_spans_that_cross_without_a_node_are_told():
    nodes = {
        "id": list("abcd"), "name": list("abcd"), "kind": ["town"] * 4, "population": [1, 1, 1, 1],
        "households": [1, 1, 1, 1], "region": [""] * 4, "area": [""] * 4,
        "gateway": [True, False, False, False],
    }  # fmt: skip
    spans = {
        "id": ["ab", "cd", "ac"], "start": ["a", "c", "a"], "end": ["b", "d", "c"], "length_km": [160.0] * 3,
        "terrain": ["plain"] * 3, "follows": ["road"] * 3, "medium": ["buried"] * 3, "region": [""] * 3,
        "area": [""] * 3,
    }  # fmt: skip
    xy = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    lines = [[xy[0], xy[1]], [xy[2], xy[3]], [xy[0], xy[2]]]
    country = Country.of(
        name="X", iso3="XXX", nodes=nodes, spans=spans, node_xy=xy, span_xy=lines, reference_year=2011,
        national={2011: 4}, persons_per_household=1.0,
    )  # fmt: skip
    (finding,) = found(country, "crossing")
    assert finding.items == ("ab x cd",)


def test_a_place_behind_a_long_spur_is_far(sample):
    spur = sample.follows.index("spur")
    km = list(sample.spans["length_km"])
    km[spur] = 60.0
    items = found(changed(sample, spans={"length_km": km}), "far")[0].items
    assert [i for i in items if i.startswith("village")] == list(items)


def test_no_gateway_is_told(sample):
    assert found(changed(sample, nodes={"gateway": [False] * len(sample.ids)}), "gateway")


def test_the_flagship_pack_keeps_its_digests_and_has_no_error(capsys):
    from bbsim.resources import installed

    assert main(["geodata", "check", str(installed("packs") / "AZE")]) == 0
    said = capsys.readouterr()
    assert f"{len(CHECKS)} checks" in said.out
    assert "[digest]" not in said.err


def test_a_layer_changed_by_hand_is_told(sample, tmp_path):
    import hashlib

    from bbsim.country import Layer

    sample.write(tmp_path)
    wrong = hashlib.sha256(b"other").hexdigest()
    layers = (Layer("nodes.geojson", "Nodes", "made", "none", wrong),)
    assert found(replace(sample, layers=layers, folder=tmp_path), "digest")


def test_people_outside_the_boundary_are_told(sample, tmp_path):
    west, south = np.min(sample.node_xy, axis=0).tolist()
    ring = [[west - 1, south - 1], [west, south - 1], [west, south - 0.5], [west - 1, south - 1]]
    (tmp_path / "boundary.geojson").write_text(
        '{"features":[{"geometry":{"type":"Polygon","coordinates":[' + str(ring) + "]}}]}", encoding="utf-8"
    )
    (finding,) = found(replace(sample, folder=tmp_path), "outside")
    assert f"{int(sample.population.sum()):,} people" in finding.message
