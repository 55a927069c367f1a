"""Whom to reach, if money does not reach everybody, and whom to leave out?

`prize` looks for the tree that serves most under a budget or is worth most; `branching` grows its trees.
"""

from bbsim.planning.reach.prize import PrizeTree, prize_collecting

__all__ = [
    "PrizeTree",
    "prize_collecting",
]
