"""Fibre, radio hop or satellite for each place: the cheapest mix that carries everybody's load, with a bound.

Small cases, and larger ones that reductions make small, end with an integer programme and are exact; the
others keep the bound of a dual ascent over the same graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import IntVector, pieces
from bbsim.planning.mix.layers import FIBRE, FROM_FIBRE, FROM_RADIO, HOP, SATELLITE, Layers, Possibilities
from bbsim.planning.mix.mix_exact import EXACT_COLUMNS, cheapest_mix, columns_of, core_of
from bbsim.planning.mix.mix_search import Mix
from bbsim.planning.trees.steiner import Effort, steiner_tree

TECHNOLOGIES = ("", "fibre", "microwave", "satellite", "none")
ROUNDS = {"fast": 0, "standard": 400, "thorough": 4_000}
REDUCTIONS = 4


@dataclass(frozen=True, slots=True)
class Technologies:
    """What serves each place.

    Attributes
    ----------
    technology : index into `TECHNOLOGIES` of each node; 0 where nothing is wanted, shape (n,).
    feed : the node at the other end of a place's hop; -1 for others, shape (n,).
    corridors, hops : positions of the corridors that get fibre, and of the hops that are used, ascending.
    usd : price of it all.
    lower_bound : no mix costs less.
    """

    technology: npt.NDArray[np.int8]
    feed: IntVector
    corridors: IntVector
    hops: IntVector
    usd: float
    lower_bound: float

    @property
    def gap_share(self) -> float:
        """The mix costs at most this much more than the best, as a share of the bound."""
        return self.usd / self.lower_bound - 1.0 if self.lower_bound > 0.0 else 0.0


def choose_technologies(given: Possibilities, *, effort: str = "standard") -> Technologies:
    """Which technology should serve each place, so that all together is cheapest?

    Parameters
    ----------
    given : what may serve whom, and at what price.
    effort : ``fast``, ``standard`` or ``thorough``: how much is torn down and joined anew.

    Raises
    ------
    ValueError
        if nothing can serve some place, or for an unknown effort.

    Notes
    -----
    A directed Steiner tree over two floors (see `bbsim.planning.mix.layers`) with side rules: hops carry
    their loads, only so many follow each other, who relays is served by radio, the sky's pool is not
    overdrawn. The bound leaves the side rules out, or comes from the integer programme where that is asked.

    Examples
    --------
    A town on fibre, a village behind a long road and short hop, a hamlet that only the sky sees:

    >>> given = Possibilities(
    ...     u=np.array([0, 1]), v=np.array([1, 2]), fibre_usd=np.array([10.0, 90.0]), root=0,
    ...     wanted=np.array([False, True, True, True]), node_usd=np.ones(4),
    ...     load_gbps=np.array([0.0, 0.5, 0.1, 0.01]), satellite_usd=np.array([np.inf, np.inf, 70.0, 30.0]),
    ...     leave_usd=np.full(4, np.inf), may_fibre=np.ones(4, dtype=bool), site_usd=np.full(4, 5.0),
    ...     hop_a=np.array([1]), hop_b=np.array([2]), hop_usd=np.array([20.0]), hop_gbps=np.array([0.4]),
    ... )
    >>> mix = choose_technologies(given)
    >>> [TECHNOLOGIES[t] for t in mix.technology], mix.usd, round(mix.lower_bound, 6)
    (['', 'fibre', 'microwave', 'satellite'], 72.0, 72.0)
    """
    if effort not in ROUNDS:
        raise ValueError(f"effort is '{effort}', wanted one of {', '.join(ROUNDS)}")
    layers = Layers.of(given)
    # What stands counts as the root from here on, and who has no choice is settled.
    first = core_of(layers)
    mix = _begun(first.layers, effort)
    mix.improve(ROUNDS[effort])
    mix, bound = _reduced(mix)
    rest = core_of(mix.layers)
    if columns_of(rest.layers) <= EXACT_COLUMNS and mix.total > bound * (1.0 + 1e-9):
        paths, least = cheapest_mix(rest.layers)
        bound = max(bound, rest.usd + least)
        if paths is not None:
            exact = _with(mix.layers, rest.settled.tolist(), rest.layers, paths)
            mix = exact if exact.total < mix.total else mix
    paths = [mix.path(leaf) for leaf in mix.layers.leaves.tolist()]
    mix = _with(layers, first.settled.tolist(), mix.layers, paths)
    return _told(mix, min(first.usd + bound, mix.total))


def _begun(layers: Layers, effort: str) -> Mix:
    """The best of some beginnings: everybody on fibre who can be, or everybody as the cheapest way comes."""
    given = layers.given
    label = pieces(len(given.wanted), np.asarray(given.u), np.asarray(given.v))
    near = np.flatnonzero(given.wanted & given.may_fibre & (label == label[given.root]))
    begun = [np.zeros(0, dtype=np.int64)]
    if len(near):
        ends = np.concatenate([[given.root], near])
        # The better tree is not always the better ground for hops.
        hows: tuple[Effort, ...] = ("fast",) if effort == "fast" else ("fast", "standard")
        begun += [steiner_tree(given.u, given.v, given.fibre_usd, ends, effort=how).edges for how in hows]
    mixes: list[tuple[int, float, int, Mix, list[int]]] = []
    for corridors in begun[::-1]:
        mix = Mix(layers)
        lost = mix.start(corridors)
        mix.improve(0)
        mixes.append((len(lost), mix.total, len(mixes), mix, lost))
    count, _, _, mix, lost = min(mixes, key=lambda each: each[:3])
    if count:
        places = layers.places[np.searchsorted(layers.leaves, lost)]
        raise ValueError(f"nothing can serve the places {', '.join(map(str, places[:10].tolist()))}")
    return mix


def _reduced(mix: Mix) -> tuple[Mix, float]:
    """The mix over its layers without the arcs that no better tree uses, and the bound."""
    best = 0.0
    for _ in range(REDUCTIONS):
        layers = mix.layers
        bound, rest = layers.bound()
        best = max(best, bound)
        kept = layers.useful(mix.total, bound, rest)
        kept[[arc for arc in mix.by if arc >= 0]] = True
        if kept.all():
            break
        number = np.cumsum(kept) - 1
        paths = {leaf: mix.path(leaf) for leaf in layers.leaves.tolist()}
        mix = Mix(layers.kept(kept))
        for leaf, path in paths.items():
            mix.put(leaf, number[path].tolist())
        if int(kept.sum()) > 0.9 * len(kept):
            break
        mix.improve(0)
    return mix, best


def _with(layers: Layers, settled: list[int], inner: Layers, paths: list[list[int]]) -> Mix:
    """The mix of what is settled, and of paths over what was left to decide."""
    number = {
        (int(kind), int(ref), int(head)): arc
        for arc, (kind, ref, head) in enumerate(zip(layers.kind, layers.ref, layers.head, strict=True))
    }
    n = len(layers.given.wanted)
    free = np.flatnonzero((layers.usd == 0.0) & (layers.tail < n) & (layers.head < n)).tolist()
    said = {number[int(inner.kind[a]), int(inner.ref[a]), int(inner.head[a])] for path in paths for a in path}
    out: list[list[int]] = [[] for _ in range(layers.size)]
    for arc in sorted({*settled, *free, *said}):
        out[int(layers.tail[arc])].append(arc)
    by: dict[int, int] = {}
    queue = [layers.root]
    for node in queue:
        for arc in out[node]:
            head = int(layers.head[arc])
            if head not in by and head != layers.root:
                by[head] = arc
                queue.append(head)
    mix = Mix(layers)
    for leaf in layers.leaves.tolist():
        path, node = [], leaf
        while node != layers.root:
            path.append(by[node])
            node = int(layers.tail[by[node]])
        mix.put(leaf, path)
    return mix


def _told(mix: Mix, bound: float) -> Technologies:
    """A mix in the caller's numbers."""
    layers, n = mix.layers, len(mix.layers.given.wanted)
    technology = np.zeros(n, dtype=np.int8)
    feed = np.full(n, -1, dtype=np.int64)
    corridors: set[int] = set()
    hops: set[int] = set()
    for leaf, place in zip(layers.leaves.tolist(), layers.places.tolist(), strict=True):
        path = mix.path(leaf)
        kind = mix.kind[path[0]]
        names = {FROM_FIBRE: 1, FROM_RADIO: 2, SATELLITE: 3}
        technology[place] = names.get(kind, 4)
        if kind == FROM_RADIO and mix.kind[path[1]] == HOP:
            feed[place] = mix.tail[path[1]] - n
        corridors.update(int(layers.ref[a]) for a in path if mix.kind[a] == FIBRE)
        hops.update(int(layers.ref[a]) for a in path if mix.kind[a] == HOP)
    return Technologies(
        technology,
        feed,
        np.array(sorted(corridors), dtype=np.int64),
        np.array(sorted(hops), dtype=np.int64),
        mix.total,
        max(bound, 0.0),
    )
