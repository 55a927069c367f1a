"""Fibre, a radio hop or a satellite: which technology serves each place?

Hops are possible where masts see each other (`sight`, `hops`); all ways together make one directed graph
(`layers`), in which `technologies` seeks the cheapest mix: by search (`mix_search`), then by proof
(`mix_exact`).
"""

from bbsim.planning.mix.hops import Hops, hops_of
from bbsim.planning.mix.layers import Possibilities
from bbsim.planning.mix.technologies import TECHNOLOGIES, Technologies, choose_technologies

__all__ = [
    "TECHNOLOGIES",
    "Hops",
    "Possibilities",
    "Technologies",
    "choose_technologies",
    "hops_of",
]
