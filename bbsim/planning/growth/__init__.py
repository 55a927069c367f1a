"""Which tree, if the order of building counts as much as the price?

`together` chooses corridors and their order as one, so that what waits, waits least for its money.
"""

from bbsim.planning.growth.together import GrownTree, tree_in_order

__all__ = [
    "GrownTree",
    "tree_in_order",
]
