"""What the network carries: which way traffic goes, who gets how much, and what limits whom.

Functions over plain arrays with integer node ids, so that a simulator can ask after every event and an
engineer can ask about any graph. Compiled code and linear programs are loaded only when they are used.
"""

from bbsim.traffic.allocation import allocate
from bbsim.traffic.concurrent import max_concurrent_flow
from bbsim.traffic.matrix import Demands, demand_matrix, gravity, grown, read_matrix
from bbsim.traffic.optimum import optimal
from bbsim.traffic.routes import Routes, route
from bbsim.traffic.shares import Allocation, achievable, fair_level, residual, share
from bbsim.traffic.trees import ShortestTrees

__all__ = [
    "Allocation",
    "Demands",
    "Routes",
    "ShortestTrees",
    "achievable",
    "allocate",
    "demand_matrix",
    "fair_level",
    "gravity",
    "grown",
    "max_concurrent_flow",
    "optimal",
    "read_matrix",
    "residual",
    "route",
    "share",
]
