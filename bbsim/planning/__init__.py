"""What to build, in which order, and how near the best that is.

Five questions over plain arrays, each answered with a bound: the least-cost network (`steiner_tree`),
whom to reach (`prize_collecting`), what makes a tree survive a cut (`ring_augmentation`), one crew's
order (`sequence`) and several crews' calendar (`schedule`); and a sixth without: tree and order as one
(`tree_in_order`). The extra `fast` compiles the loops and
`opt` speeds the proofs up; answers are the same.

A room a question: `trees`, `reach`, `rings`, `order`, `growth` (tree and order), `mix` (a technology for each
place), on the ground of `corridors`; `programme` asks them all for the plan of a country; `instances` reads
benchmark files.
"""

from bbsim.planning.growth import GrownTree, tree_in_order
from bbsim.planning.order import Schedule, Sequence, schedule, sequence
from bbsim.planning.reach import PrizeTree, prize_collecting
from bbsim.planning.rings import Augmentation, ring_augmentation
from bbsim.planning.trees import SteinerTree, steiner_tree

__all__ = [
    "Augmentation",
    "GrownTree",
    "PrizeTree",
    "Schedule",
    "Sequence",
    "SteinerTree",
    "prize_collecting",
    "ring_augmentation",
    "schedule",
    "sequence",
    "steiner_tree",
    "tree_in_order",
]
