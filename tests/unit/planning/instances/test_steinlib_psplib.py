"""Benchmark texts of the literature come in as plain arrays, and the planning functions answer them."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from bbsim.errors import InputError, RefusedError
from bbsim.planning import schedule, steiner_tree
from bbsim.planning.instances import read_network, read_projects, read_steiner


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault_of(reader, path, kind=InputError):
    with pytest.raises(kind) as caught:
        reader(path)
    (problem,) = caught.value.problems
    return problem


# ---- Steiner -------------------------------------------------------------------------------------
STP = """33D32945 STP File, STP Format Version 1.0

SECTION Comment
Name    "made by hand"
Creator "nobody"
Remark  "Optimum: 6"
END

SECTION Graph
Nodes 5
Edges 6
E 1 2 2
E 2 3 2
E 3 4 2
E 2 5 2
E 1 3 5
E 1 4 9
END

SECTION Terminals
Terminals 3
T 1
T 3
T 5
END

SECTION Coordinates
DD 1 0 0
DD 2 1 0
DD 3 2 0
DD 4 3 0
DD 5 1 1
END

EOF
"""
GR = """SECTION Graph
Nodes 4
Edges 4
E 1 2 1
E 2 3 1
E 3 4 1
E 4 1 5
END
SECTION Terminals
Terminals 2
T 1
T 4
END
SECTION Tree Decomposition
s td 2 3 4
b 1 1 2 3
b 2 1 3 4
1 2
END
EOF
"""


def least_tree(nodes, edges, terminals):
    """By trying all sets of further nodes: the lightest spanning tree of those that are connected."""
    edges, best = list(edges), float("inf")
    others = [node for node in range(nodes) if node not in terminals]
    for count in range(len(others) + 1):
        for more in itertools.combinations(others, count):
            graph = nx.Graph()
            graph.add_nodes_from([*terminals, *more])
            for u, v, cost in edges:
                if u in graph and v in graph and cost < graph.get_edge_data(u, v, {"w": float("inf")})["w"]:
                    graph.add_edge(u, v, w=cost)
            if nx.is_connected(graph):
                best = min(best, nx.minimum_spanning_tree(graph, weight="w").size("w"))
    return best


def test_a_steinlib_text_as_arrays(tmp_path):
    got = read_steiner(write(tmp_path, "b00.stp", STP))
    assert (got.name, got.nodes, got.optimum, got.root, got.prize) == ("made by hand", 5, 6.0, None, None)
    assert got.u.tolist() == [0, 1, 2, 1, 0, 0]
    assert got.v.tolist() == [1, 2, 3, 4, 2, 3]
    assert got.cost.tolist() == [2, 2, 2, 2, 5, 9]
    assert got.terminals.tolist() == [0, 2, 4]
    assert got.xy.tolist()[4] == [1, 1]


def test_the_plan_meets_the_optimum_that_the_file_states(tmp_path):
    got = read_steiner(write(tmp_path, "b00.stp", STP))
    tree = steiner_tree(got.u, got.v, got.cost, got.terminals)
    edges = zip(got.u.tolist(), got.v.tolist(), got.cost.tolist(), strict=True)
    assert tree.cost == got.optimum == least_tree(got.nodes, edges, [0, 2, 4])


def test_a_pace_text_has_no_first_line_and_may_carry_a_decomposition(tmp_path):
    got = read_steiner(write(tmp_path, "i001.gr", GR))
    assert (got.nodes, got.optimum, got.name) == (4, None, "i001")
    assert steiner_tree(got.u, got.v, got.cost, got.terminals).cost == 3.0


@pytest.mark.parametrize("seed", range(3))
def test_drawn_instances_come_back_and_are_solved(tmp_path, seed):
    rng = random.Random(seed)
    nodes, pairs = 9, list(itertools.combinations(range(9), 2))
    edges = [(u, v, rng.randint(1, 20)) for u, v in pairs if v == u + 1 or rng.random() < 0.35]
    terminals = sorted(rng.sample(range(nodes), 4))
    lines = ["SECTION Graph", f"Nodes {nodes}", f"Edges {len(edges)}"]
    lines += [f"E {u + 1} {v + 1} {cost}" for u, v, cost in edges]
    lines += ["END", "SECTION Terminals", f"Terminals {len(terminals)}"]
    lines += [*(f"T {node + 1}" for node in terminals), "END", "EOF", ""]
    got = read_steiner(write(tmp_path, "drawn.gr", "\n".join(lines)))
    assert list(zip(got.u.tolist(), got.v.tolist(), got.cost.tolist(), strict=True)) == edges
    tree = steiner_tree(got.u, got.v, got.cost, got.terminals, effort="thorough")
    least = least_tree(nodes, edges, terminals)
    assert tree.lower_bound <= least + 1e-9
    assert tree.cost == least


def test_prizes_and_a_root(tmp_path):
    text = STP.replace("T 1\nT 3\nT 5", "TP 1 4.5\nTP 3 7\nRootP 1\nT 5")
    got = read_steiner(write(tmp_path, "p.stp", text))
    assert got.prize.tolist() == [4.5, 0, 7, 0, 0]
    assert (got.root, got.terminals.tolist()) == (0, [4])


@pytest.mark.parametrize(
    ("remark", "optimum"),
    [
        ('Remark "Optimal value 82"', 82),
        ("Opt 1234.5", 1234.5),
        ("# optimum = 7", 7),
        ('Remark "optimum unknown"', None),
        ('Remark "Version 3"', None),
    ],
)
def test_an_optimum_in_a_comment(tmp_path, remark, optimum):
    text = STP.replace('Remark  "Optimum: 6"', remark)
    assert read_steiner(write(tmp_path, "b.stp", text)).optimum == optimum


@pytest.mark.parametrize(
    ("old", "new", "slug", "line", "word"),
    [
        ("E 3 4 2", "E 3 6 2", "node", 14, "wanted 1 to 5"),
        ("E 3 4 2", "E 3 x 2", "number", 14, "E 3 x 2"),
        ("E 3 4 2", "E 3 4", "number", 14, "wanted 3"),
        ("E 3 4 2", "E 3 4 2,5", "number", 14, "2,5"),
        ("E 3 4 2", "E 3 4 nan", "number", 14, "nan"),
        ("E 3 4 2", "E 3 4 -2", "cost", 14, "-2"),
        ("E 3 4 2", "A 3 4 2", "directed", 14, "arcs"),
        ("Edges 6", "Edges 7", "count", 11, "7 edges are announced, 6 follow"),
        ("Terminals 3", "Terminals 4", "count", 21, "4 terminals"),
        ("SECTION Terminals", "SECTION Terminus", "section", 35, "Terminals"),
        ("Nodes 5", "Nodes 99999999999", "count", 10, "99999999999"),
        ("33D32945 STP File, STP Format Version 1.0", "p tw 5 6", "not-steiner", 1, "33D32945"),
    ],
)
def test_a_damaged_steiner_text_is_told_by_its_line(tmp_path, old, new, slug, line, word):
    assert STP.count(old) == 1
    problem = fault_of(read_steiner, write(tmp_path, "b.stp", STP.replace(old, new)))
    assert problem.slug == slug
    assert problem.where == f"{tmp_path}/b.stp:{line}"
    assert word in problem.message


def test_a_text_cut_anywhere_is_never_taken_for_whole(tmp_path):
    for length in range(1, len(STP.rstrip()) - 2):
        assert fault_of(read_steiner, write(tmp_path, "b.stp", STP[:length])).where


# ---- scheduling ----------------------------------------------------------------------------------
STARS = "*" * 72
SM = f"""{STARS}
file with basedata            : MADE.BAS
initial value random generator: 1
{STARS}
projects                      :  1
jobs (incl. supersource/sink ):  6
horizon                       :  12
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
{STARS}
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      4      0       12        0        7
{STARS}
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           5
   4        1          1           6
   5        1          1           6
   6        1          0
{STARS}
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
{"-" * 72}
  1      1     0       0    0
  2      1     3       2    0
  3      1     4       2    1
  4      1     2       1    1
  5      1     3       1    1
  6      1     0       0    0
{STARS}
RESOURCEAVAILABILITIES:
  R 1  R 2
    3    1
{STARS}
"""


def shortest(duration, predecessors, need, capacity, horizon):
    """The least makespan by trying all whole starts, job by job (jobs follow their predecessors)."""
    use = np.zeros((horizon, len(capacity)))
    best = [horizon + 1]

    def put(ends):
        job = len(ends)
        if job == len(duration):
            best[0] = min(best[0], max(ends))
            return
        earliest = max((ends[p] for p in predecessors[job]), default=0)
        for start in range(earliest, horizon - int(duration[job]) + 1):
            end = start + int(duration[job])
            if end >= best[0]:
                break
            use[start:end] += need[job]
            if (use[start:end] <= capacity).all():
                put([*ends, end])
            use[start:end] -= need[job]

    put([])
    return best[0]


def test_a_psplib_text_as_arrays(tmp_path):
    got = read_projects(write(tmp_path, "j4.sm", SM))
    assert got.duration.tolist() == [0, 3, 4, 2, 3, 0]
    assert got.predecessors == ((), (0,), (0,), (1,), (2,), (3, 4))
    assert got.need.tolist() == [[0, 0], [2, 0], [2, 1], [1, 1], [1, 1], [0, 0]]
    assert got.capacity.tolist() == [3, 1]
    assert (got.name, got.horizon) == ("j4", 12)


def test_its_schedule_is_the_shortest_one(tmp_path):
    got = read_projects(write(tmp_path, "j4.sm", SM))
    plan = schedule(got.duration, got.predecessors, got.need, got.capacity)
    wanted = shortest(got.duration, got.predecessors, got.need, got.capacity, int(got.horizon))
    assert 7 < wanted <= 12
    assert plan.makespan == wanted
    assert plan.lower_bound <= wanted


def test_headings_without_blanks_and_windows_line_ends(tmp_path):
    text = SM.replace("R 1  R 2", "R1   R2").replace("\n", "\r\n")
    assert read_projects(write(tmp_path, "j4.sm", text)).capacity.tolist() == [3, 1]


ROW = "   2        1          1           4\n"
NEED = "  2      1     3       2    0\n"


@pytest.mark.parametrize(
    ("old", "new", "slug", "line", "word"),
    [
        (ROW, "   2        1          2           4\n", "count", 20, "job 2"),
        (ROW, "   2        1          1           9\n", "job", 20, "9"),
        (ROW, "   2        3          1           4\n", "modes", 20, "3 modes"),
        (ROW, "   3        1          1           4\n", "job", 21, "job 3"),
        (NEED, "  2      1     3       2\n", "count", 30, "2 resources"),
        (NEED, "  2      1    -3       2    0\n", "number", 30, "below 0"),
        (NEED, "  2      1   3,5       2    0\n", "number", 30, "3,5"),
        ("- nonrenewable              :  0", "- nonrenewable              :  2", "resource", 10, "2 res"),
        ("    3    1\n", "    3\n", "number", 38, "wanted 2"),
        ("jobs (incl. supersource/sink )", "tasks", "not-psplib", 1, "jobs"),
    ],
)
def test_a_damaged_project_text_is_told_by_its_line(tmp_path, old, new, slug, line, word):
    assert SM.count(old) == 1
    problem = fault_of(read_projects, write(tmp_path, "j4.sm", SM.replace(old, new)))
    assert problem.slug == slug
    assert problem.where == f"{tmp_path}/j4.sm:{line}"
    assert word in problem.message


def test_a_project_text_cut_after_any_line_is_never_taken_for_whole(tmp_path):
    lines = SM.splitlines(keepends=True)
    for count in range(1, len(lines) - 1):
        assert fault_of(read_projects, write(tmp_path, "j4.sm", "".join(lines[:count]))).where


# ---- what is no text -----------------------------------------------------------------------------
@pytest.mark.parametrize("reader", [read_steiner, read_projects, read_network])
@pytest.mark.parametrize(
    ("content", "kind", "slug"),
    [
        (b"", InputError, "empty-file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), InputError, "content"),
        (b"PK\x03\x04" + bytes(40), RefusedError, "packed"),
    ],
)
def test_no_reader_takes_what_is_no_text(tmp_path, reader, content, kind, slug):
    assert fault_of(reader, write(tmp_path, "x.any", content), kind).slug == slug
