"""Network-design instances of SNDlib come in as plain arrays, from XML and from the native text."""

from __future__ import annotations

import numpy as np
import pytest
from bbsim.errors import InputError, RefusedError
from bbsim.planning.instances import read_network


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault_of(reader, path, kind=InputError):
    with pytest.raises(kind) as caught:
        reader(path)
    (problem,) = caught.value.problems
    return problem


NATIVE = """?SNDlib native format; type: network; version: 1.0
# network made

# META SECTION
META (
  origin = by hand
)
# NODE SECTION
NODES (
  A ( 1.0 2.0 )
  B ( -3.5 4.25)
  C
)
# LINK SECTION
LINKS (
  L1 ( A B ) 10.00 1.00 2.00 3.00 ( 40.00 1.00 160.00 2.50 )
  L2 ( B C ) 0.00 0.00 0.00 0.00 ( UNLIMITED 9.0 )
  L3 ( A B ) 0.00 0.00 0.00 0.00 ( )
)
# DEMAND SECTION
DEMANDS (
  D1 ( A C ) 2 12.50 UNLIMITED
  D2 ( C A ) 1 1.00 4
)
# ADMISSIBLE PATHS SECTION
ADMISSIBLE_PATHS (
)
"""
XML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<network xmlns="http://sndlib.zib.de/network" version="1.0">
 <networkStructure>
  <nodes coordinatesType="pixel">
   <node id="A"><coordinates><x>1.0</x><y>2.0</y></coordinates></node>
   <node id="B"><coordinates><x>-3.5</x><y>4.25</y></coordinates></node>
   <node id="C"/>
  </nodes>
  <links>
   <link id="L1"><source>A</source><target>B</target>
    <preInstalledModule><capacity>10</capacity><cost>1</cost></preInstalledModule>
    <routingCost>2</routingCost><setupCost>3</setupCost>
    <additionalModules>
     <addModule><capacity>40</capacity><cost>1</cost></addModule>
     <addModule><capacity>160</capacity><cost>2.5</cost></addModule>
    </additionalModules>
   </link>
   <link id="L2"><source>B</source><target>C</target>
    <additionalModules><addModule><capacity>UNLIMITED</capacity><cost>9</cost></addModule></additionalModules>
   </link>
   <link id="L3"><source>A</source><target>B</target></link>
  </links>
 </networkStructure>
 <demands>
  <demand id="D1"><source>A</source><target>C</target><routingUnit>2</routingUnit>
   <demandValue>12.5</demandValue></demand>
  <demand id="D2"><source>C</source><target>A</target><demandValue>1</demandValue></demand>
 </demands>
</network>
"""


@pytest.mark.parametrize(
    ("name", "text", "coordinates"), [("made.txt", NATIVE, ""), ("made.xml", XML, "pixel")]
)
def test_an_sndlib_network_as_arrays(tmp_path, name, text, coordinates):
    got = read_network(write(tmp_path, name, text))
    assert (got.nodes, got.links, got.coordinates) == (("A", "B", "C"), ("L1", "L2", "L3"), coordinates)
    assert (got.u.tolist(), got.v.tolist()) == ([0, 1, 0], [1, 2, 1])
    assert got.capacity.tolist() == [10, 0, 0]
    assert got.modules == (((40.0, 1.0), (160.0, 2.5)), ((float("inf"), 9.0),), ())
    assert (got.routing_cost.tolist(), got.setup_cost.tolist()) == ([2, 0, 0], [3, 0, 0])
    assert (got.src.tolist(), got.dst.tolist()) == ([0, 2], [2, 0])
    assert (got.demand.tolist(), got.routing_unit.tolist()) == ([12.5, 1.0], [2.0, 1.0])
    assert got.xy[:2].tolist() == [[1.0, 2.0], [-3.5, 4.25]]
    assert np.isnan(got.xy[2]).all()


def test_the_content_decides_not_the_name(tmp_path):
    assert read_network(write(tmp_path, "made.dat", XML)).links == ("L1", "L2", "L3")


def test_umlauts_in_latin_1_are_read_as_the_file_says(tmp_path):
    text = XML.replace('id="A"', 'id="Köln"').replace(">A<", ">Köln<").encode("latin-1")
    assert read_network(write(tmp_path, "made.xml", text)).nodes[0] == "Köln"


@pytest.mark.parametrize(
    ("text", "old", "new", "slug", "line"),
    [
        (NATIVE, "L2 ( B C )", "L2 ( B X )", "dangling", 17),
        (NATIVE, "L2 ( B C )", "L1 ( B C )", "doubled-id", 17),
        (NATIVE, "L2 ( B C )", "L2 ( B )", "ends", 17),
        (NATIVE, "L2 ( B C )", "L2 ( B C", "ends", 17),
        (NATIVE, "  B (", "  A (", "doubled-id", 11),
        (NATIVE, "-3.5 4.25", "-3,5 4,25", "number", 11),
        (NATIVE, "( 40.00 1.00 160.00 2.50 )", "( 40.00 1.00 160.00 )", "link", 16),
        (NATIVE, "2 12.50 UNLIMITED", "2", "demand", 22),
        (NATIVE, "?SNDlib native", "?Other", "not-sndlib", 1),
        (XML, "<target>C</target>\n    <add", "<target>X</target>\n    <add", "dangling", 18),
        (XML, "<setupCost>3</setupCost>", "<setupCost>3,5</setupCost>", "number", 12),
        (XML, '<node id="B">', '<node id="A">', "doubled-id", 6),
        (XML, "<source>A</source><target>B</target></link>", "<source>A</source></link>", "missing", 21),
        (XML, "networkStructure>", "structure>", "not-sndlib", 2),
    ],
)
def test_a_damaged_network_is_told_by_its_line(tmp_path, text, old, new, slug, line):
    assert old in text
    problem = fault_of(read_network, write(tmp_path, "made.any", text.replace(old, new)))
    assert problem.slug == slug
    assert problem.where == f"{tmp_path}/made.any:{line}"


def test_a_network_cut_inside_a_section_is_told(tmp_path):
    cut = write(tmp_path, "made.txt", NATIVE[: NATIVE.index("L3")])
    assert fault_of(read_network, cut).slug == "truncated"
    cut = write(tmp_path, "made.xml", XML[: XML.index("<demands>")])
    assert "cut off" in fault_of(read_network, cut).message


def test_an_entity_bomb_is_refused_before_it_swells(tmp_path):
    bomb = XML.replace("<network ", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><network ')
    assert fault_of(read_network, write(tmp_path, "made.xml", bomb), RefusedError).slug == "xml-entity"
