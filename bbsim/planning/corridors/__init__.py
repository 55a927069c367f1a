"""What is a corridor graph, and how is it searched quickly? The ground all other rooms stand on.

Callers' arrays are read once (`arrays`), shortened (`chains`) and searched (`graphs`) by loops that run plain
or compiled (`kernels`); integer programmes over cuts are solved by HiGHS (`cut_programs`).
"""

from bbsim.planning.corridors.arrays import Corridors, FloatVector, IntVector, read_edges
from bbsim.planning.corridors.chains import Strands, join_chains
from bbsim.planning.corridors.cut_programs import CutProgram, solve_with_cuts
from bbsim.planning.corridors.kernels import Engine, choose, engine_of, have_numba

__all__ = [
    "Corridors",
    "CutProgram",
    "Engine",
    "FloatVector",
    "IntVector",
    "Strands",
    "choose",
    "engine_of",
    "have_numba",
    "join_chains",
    "read_edges",
    "solve_with_cuts",
]
