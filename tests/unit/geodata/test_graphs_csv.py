"""Two tables are a graph: what headings mean, where a fault stands, and that the order of rows is nothing."""

from __future__ import annotations

import random

import pytest
from bbsim.errors import InputError
from bbsim.geodata.graphs import read_country


def csv_pair(folder, nodes, edges):
    (folder / "nodes.csv").write_bytes(nodes if isinstance(nodes, bytes) else nodes.encode())
    (folder / "edges.csv").write_bytes(edges if isinstance(edges, bytes) else edges.encode())
    return folder


def test_a_byte_order_mark_and_breaks_in_names_do_no_harm(tmp_path):
    nodes = b'\xef\xbb\xbfid,name,lon,lat,pop\r\na,"Old\r\nTown",49,40,5\r\nb,New,49.5,40,6\r\n'
    country = read_country(csv_pair(tmp_path, nodes, "from,to\na,b\n"))
    assert country.nodes["name"] == ["Old Town", "New"]


def test_line_numbers_stay_right_after_a_break_in_a_name(tmp_path):
    nodes = 'id,name,lon,lat\na,"Old\nTown",49,40\nb,New,here,40\n'
    with pytest.raises(InputError) as caught:
        read_country(csv_pair(tmp_path, nodes, "from,to\na,b\n"))
    assert caught.value.problems[0].where.endswith("nodes.csv:4:3")


def test_metres_are_told_by_the_heading(tmp_path):
    nodes = "id,lon,lat\na,49,40\nb,49.5,40\n"
    country = read_country(csv_pair(tmp_path, nodes, "from,to,length_m\na,b,50000\n"))
    assert country.km.tolist() == [50.0]


@pytest.mark.parametrize("length", ["0", ""])
def test_nodes_at_one_spot_may_be_joined(tmp_path, length):
    nodes = "id,lon,lat\na,49,40\nb,49,40\nc,49.5,40\n"
    country = read_country(csv_pair(tmp_path, nodes, f"from,to,km\na,b,{length}\nb,c,50\n"))
    assert country.km.tolist() == [0.001, 50.0]
    told = " ".join(country.doubts)
    assert "a=b" in told
    assert "1 spans have no length" in told


def test_columns_of_a_pack_are_kept_and_foreign_ones_named(tmp_path):
    nodes = "id,lon,lat,population,households,kind,gateway,colour\n"
    nodes += "a,49,40,9,3,town,no,red\nb,49.5,40,0,0,junction,yes,\n"
    edges = "id,start,end,length_km,terrain,follows,speed\ns,a,b,50,mountain,rail,9\n"
    country = read_country(csv_pair(tmp_path, nodes, edges))
    assert country.kind == ["town", "junction"]
    assert country.nodes["gateway"] == [False, True]
    assert country.households.tolist() == [3, 0]
    assert (country.terrain, country.follows) == (["mountain"], ["rail"])
    told = " ".join(country.doubts)
    assert "'colour'" in told
    assert "'speed'" in told
    assert "gateway" not in told


def test_a_span_lies_in_the_region_of_its_start_unless_told(tmp_path):
    nodes = "id,lon,lat,region\na,49,40,South\nb,49.5,40,North\n"
    country = read_country(csv_pair(tmp_path, nodes, "id,from,to,region\ns,a,b,\nt,b,a,East\nu,b,a,\n"))
    assert country.spans["region"] == ["South", "East", "North"]


def test_a_column_of_other_words_under_a_known_name_is_left_out(tmp_path):
    nodes = "id,lon,lat,kind\na,49,40,router\nb,49.5,40,switch\n"
    country = read_country(csv_pair(tmp_path, nodes, "from,to\na,b\n"))
    assert country.kind == ["city", "city"]
    assert any("'kind'" in doubt for doubt in country.doubts)


def test_rows_in_another_order_give_the_same_country(tmp_path):
    rng = random.Random(3)
    nodes = [f"n{i},{45 + rng.random() * 4},{39 + rng.random() * 2},{rng.randrange(99)}" for i in range(30)]
    edges = [f"n{rng.randrange(15)},n{15 + rng.randrange(15)},{900 + rng.random()}" for _ in range(80)]
    seen = set()
    for attempt in range(4):
        folder = tmp_path / str(attempt) / "graph"
        folder.mkdir(parents=True)
        text = ["id,lon,lat,pop\n" + "\n".join(nodes), "u,v,km\n" + "\n".join(edges)]
        country = read_country(csv_pair(folder, *text))
        seen.add((country.digest, country.doubts))
        rng.shuffle(nodes)
        rng.shuffle(edges)
    assert len(seen) == 1


def test_positions_in_whole_numbers_throughout_are_doubted(tmp_path):
    nodes = "id,x,y\n" + "".join(f"n{i},{3 * i},{7 + i}\n" for i in range(6))
    edges = "u,v\n" + "".join(f"n{i},n{i + 1}\n" for i in range(5))
    assert any("a drawing?" in doubt for doubt in read_country(csv_pair(tmp_path, nodes, edges)).doubts)
    nodes = nodes.replace("n0,0,7", "n0,0.5,7")
    assert not any("a drawing?" in doubt for doubt in read_country(csv_pair(tmp_path, nodes, edges)).doubts)
