"""Which corridors turn a tree into a network that no single cut can split?

`augmentation` chooses and bounds them; `covering` is the problem beneath: cover a tree's edges by links.
"""

from bbsim.planning.rings.augmentation import Augmentation, bridges, ring_augmentation

__all__ = [
    "Augmentation",
    "bridges",
    "ring_augmentation",
]
