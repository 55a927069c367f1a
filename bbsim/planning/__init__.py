"""What to build, in which order, and how near the best that is.

Five questions over plain arrays, each answered with a bound: the least-cost network (`steiner_tree`),
whom to reach (`prize_collecting`), what makes a tree survive a cut (`ring_augmentation`), one crew's
order (`sequence`) and several crews' calendar (`schedule`). The extra `fast` compiles the loops and
`opt` speeds the proofs up; answers are the same.
"""

from bbsim.planning.order import Sequence, sequence
from bbsim.planning.prize import PrizeTree, prize_collecting
from bbsim.planning.rings import Augmentation, ring_augmentation
from bbsim.planning.scheduling import Schedule, schedule
from bbsim.planning.steiner import SteinerTree, steiner_tree

__all__ = [
    "Augmentation",
    "PrizeTree",
    "Schedule",
    "Sequence",
    "SteinerTree",
    "prize_collecting",
    "ring_augmentation",
    "schedule",
    "sequence",
    "steiner_tree",
]
