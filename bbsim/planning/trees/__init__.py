"""Which corridors join given places most cheaply, and how near the best is that?

`steiner` is the door: it begins with a quick tree (`quick_tree`, by loops or by scipy), improves it
(`local_search`, `exchanges` of `key_paths`), bounds it (`dual_ascent`) and, where the graph is small enough,
proves it (`arborescence`).
"""

from bbsim.planning.trees.steiner import SteinerTree, steiner_tree

__all__ = [
    "SteinerTree",
    "steiner_tree",
]
