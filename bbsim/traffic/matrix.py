"""Who talks to whom: the demand of places as a matrix of directed demands, made or measured.

What homes ask for comes from abroad through the gateways, from content that is kept in the country, and from
other places; what they send goes the other way. Nothing is lost on the way from a place's load to the matrix:
what a place asks for, all its demands together ask for.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.traffic._arrays import Floats, Ints, amounts, node_ids

ABROAD, CONTENT, PLACES = 0, 1, 2
"""What a demand is for: the world behind the gateways, content in the country, another place."""


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """Directed demands, for `route` and `share`.

    Attributes
    ----------
    src, dst : int[demands], node ids; traffic runs from `src` to `dst`.
    gbps : float[demands].
    owner : int[demands], which of the places given has asked for it (also where it is the sender).
    kind : int[demands], `ABROAD`, `CONTENT` or `PLACES`.
    """

    src: Ints
    dst: Ints
    gbps: Floats
    owner: Ints
    kind: Ints


def gravity(
    mass: ArrayLike,
    km: ArrayLike,
    load_gbps: ArrayLike,
    *,
    power: float = 2.0,
    attractor: ArrayLike | None = None,
) -> Floats:
    """How much of each place's load comes from each other place.

    Parameters
    ----------
    mass : float[places], what attracts: homes, people, or servers.
    km : float[places, attractors], how far they are from each other; infinite for pairs that have nothing to
        do with each other.
    load_gbps : float[places], what each place asks of all others together.
    power : how fast attraction falls with distance; 0 for not at all.
    attractor : int[attractors], positions of the places that attract at all; every place if not given.

    Returns
    -------
    float[places, attractors], Gbit/s from column to row; each row sums up to the place's load, or to 0 if no
    other place attracts it. Nothing from a place to itself.

    Raises
    ------
    ValueError
        if shapes differ, or a value is negative or NaN, or two places with mass lie 0 km apart while
        distance matters.

    Notes
    -----
    T_ij = L_i m_j d_ij^−p / Σ_k m_k d_ik^−p. p = 2 fits calls between the cities of Belgium (Krings,
    Calabrese, Ratti & Blondel, "Urban gravity: a model for inter-city telecommunication flows", J. Stat.
    Mech. 2009 L07003); that data traffic feels distance less is to be expected, but no figure was found.

    Examples
    --------
    >>> far = [[0.0, 10.0, 20.0], [10.0, 0.0, 10.0], [20.0, 10.0, 0.0]]
    >>> gravity([1.0, 1.0, 4.0], far, [2.0, 2.0, 2.0]).round(2).tolist()
    [[0.0, 1.0, 1.0], [0.4, 0.0, 1.6], [0.4, 1.6, 0.0]]
    """
    masses = amounts("mass", mass)
    load = amounts("load_gbps", load_gbps, masses.size, "mass")
    to = np.arange(masses.size) if attractor is None else node_ids("attractor", attractor)
    if to.size and to.max() >= masses.size:
        raise ValueError(f"attractor holds {to.max()}, but mass has {masses.size} entries")
    far = np.asarray(km, dtype=np.float64)
    if far.shape != (masses.size, to.size):
        raise ValueError(f"km has shape {far.shape}, wanted ({masses.size}, {to.size}) as there are places")
    if not (far >= 0.0).all():
        raise ValueError("km holds a negative value or NaN, wanted distances of 0 or more")
    if not (math.isfinite(power) and power >= 0.0):
        raise ValueError(f"power is {power}, wanted 0 or more")
    pull = (masses[to] > 0.0) & np.isfinite(far)
    pull[to, np.arange(to.size)] = False
    if power > 0.0 and (pull & (far == 0.0)).any():
        i, j = np.argwhere(pull & (far == 0.0))[0]
        raise ValueError(f"km[{i}, {j}] is 0, wanted different places apart from each other")
    # From the nearest of each row, so that no power of a distance gets out of range.
    least = np.where(pull, far, np.inf).min(axis=1, initial=np.inf)
    nearest = np.where(np.isfinite(least) & (least > 0.0), least, 1.0)[:, None]
    near = np.divide(nearest, far, out=np.ones_like(far), where=pull & (far > 0.0))
    attraction = np.where(pull, masses[to] * near**power, 0.0)
    total = attraction.sum(axis=1)
    each = np.divide(load, total, out=np.zeros(load.size), where=total > 0.0)
    pulled: Floats = attraction * each[:, None]
    return pulled


def demand_matrix(
    node: ArrayLike,
    load_gbps: ArrayLike,
    *,
    world: int,
    content: int | None = None,
    km: ArrayLike | None = None,
    mass: ArrayLike | None = None,
    content_share: float = 0.0,
    places_share: float = 0.0,
    upstream_share: float = 0.0,
    power: float = 2.0,
    attractor: ArrayLike | None = None,
) -> Demands:
    """The demands of places by direction, from what each asks for at the busy hour.

    Parameters
    ----------
    node : int[places], node id of each place; each once.
    load_gbps : float[places], downstream.
    world : node id that stands for everything abroad; an edge from each gateway leads there.
    content : node id that stands for the content kept in the country; an edge from each cache leads there.
    km : float[places, attractors], distances for `gravity`; needed if places ask anything of each other.
    mass : float[places], what attracts; the load itself if not given.
    content_share : share of the load that comes from content in the country.
    places_share : share that comes from other places, by `gravity`; the rest comes from abroad. A place that
        no other attracts has this share from abroad as well.
    upstream_share : what is sent for each unit received, the opposite way.
    power, attractor : see `gravity`.

    Returns
    -------
    Demands
        by kind, within a kind by place; the downstream demands first, then the upstream ones. Demands of
        nothing are left out.

    Raises
    ------
    ValueError
        if sizes differ, a node comes twice, a share is not one or both are more than all, or what a share
        needs is not given.

    Examples
    --------
    >>> asked = demand_matrix([0, 1], [4.0, 2.0], world=2, content=3, content_share=0.5, upstream_share=0.1)
    >>> asked.src.tolist(), asked.dst.tolist()
    ([2, 2, 3, 3, 0, 1, 0, 1], [0, 1, 0, 1, 2, 2, 3, 3])
    >>> asked.gbps.round(3).tolist()
    [2.0, 1.0, 2.0, 1.0, 0.2, 0.1, 0.2, 0.1]
    """
    ids = node_ids("node", node)
    if np.unique(ids).size < ids.size:
        raise ValueError("node holds an id twice, wanted each place once")
    load = amounts("load_gbps", load_gbps, ids.size, "node")
    shares = {"content_share": content_share, "places_share": places_share}
    for name, share in shares.items():
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"{name} is {share}, wanted 0..1")
    if content_share + places_share > 1.0 + 1e-12:
        raise ValueError(
            f"content_share and places_share are {content_share + places_share} together, wanted at most 1"
        )
    if not (math.isfinite(upstream_share) and upstream_share >= 0.0):
        raise ValueError(f"upstream_share is {upstream_share}, wanted 0 or more")
    if content_share > 0.0 and content is None:
        raise ValueError("content_share needs the node of the content")
    if places_share > 0.0 and km is None:
        raise ValueError("places_share needs km, the distances between places")
    kept = content_share * load
    pulls = np.arange(ids.size) if attractor is None else node_ids("attractor", attractor)
    between = np.zeros((ids.size, pulls.size))
    if places_share > 0.0 and km is not None:
        pull = load if mass is None else mass
        between = gravity(pull, km, places_share * load, power=power, attractor=pulls)
    # The rest, so that nothing is lost: also what no other place attracts.
    abroad = np.maximum(load - kept - between.sum(axis=1), 0.0)
    to, of = np.nonzero(between)
    places = np.arange(ids.size)
    src = np.concatenate(
        [np.full(ids.size, world), np.full(ids.size, -1 if content is None else content), ids[pulls[of]]]
    )
    owner = np.concatenate([places, places, to])
    gbps = np.concatenate([abroad, kept, between[to, of]])
    kind = np.repeat([ABROAD, CONTENT, PLACES], [ids.size, ids.size, to.size])
    some = gbps > 0.0
    src, owner, gbps, kind = src[some].astype(np.int64), owner[some], gbps[some], kind[some].astype(np.int64)
    if upstream_share == 0.0:
        return Demands(src, ids[owner], gbps, owner, kind)
    return Demands(
        src=np.concatenate([src, ids[owner]]),
        dst=np.concatenate([ids[owner], src]),
        gbps=np.concatenate([gbps, upstream_share * gbps]),
        owner=np.concatenate([owner, owner]),
        kind=np.concatenate([kind, kind]),
    )


def read_matrix(path: Path, ids: Mapping[str, int]) -> Demands:
    """A measured matrix from a CSV file with the columns ``from``, ``to`` and ``gbps``.

    Parameters
    ----------
    path : the file, UTF-8.
    ids : node id of each name that the file may use (give the world and the content names as well).

    Returns
    -------
    Demands
        in the order of the file; `owner` is the receiving node's id, `kind` is `PLACES` throughout.

    Raises
    ------
    InputError
        with every problem at once, as file:line.
    """
    problems: list[Problem] = []
    rows: list[tuple[int, int, float]] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        missing = [name for name in ("from", "to", "gbps") if name not in (table.fieldnames or ())]
        if missing:
            message = f"no column '{missing[0]}'"
            hint = "A matrix has the columns from, to and gbps."
            raise InputError(Problem("matrix-columns", message, where=f"{path.name}:1", hint=hint))
        for row in table:
            where = f"{path.name}:{table.line_num}"
            ends = [ids.get(row[end] or "") for end in ("from", "to")]
            for end, found in zip(("from", "to"), ends, strict=True):
                if found is None:
                    name = row[end] or ""
                    hint = did_you_mean(name, list(ids))
                    problems.append(
                        Problem("matrix-place", f"no place '{name}'", where=where, path=end, hint=hint)
                    )
            gbps = _gbps(row["gbps"])
            if gbps is None:
                message = f"saw '{row['gbps']}', wanted Gbit/s of 0 or more"
                problems.append(Problem("matrix-number", message, where=where, path="gbps"))
            if gbps is not None and ends[0] is not None and ends[1] is not None:
                rows.append((ends[0], ends[1], gbps))
    if problems:
        raise InputError(problems)
    src, dst = (np.array([row[end] for row in rows], dtype=np.int64) for end in (0, 1))
    kind = np.full(len(rows), PLACES, dtype=np.int64)
    return Demands(src, dst, np.array([row[2] for row in rows]), dst, kind)


def _gbps(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0.0 else None


def grown(gbps: ArrayLike, years: float, *, share_per_year: float) -> Floats:
    """Demand some years later (or, with negative years, earlier) under compound growth.

    Growth of the traffic of a fixed line: 21 % a year 2019–2022 worldwide, of it 3 % in the last year (ITU,
    Facts and Figures 2023); 30 % a year as a rule of thumb before (NANOG 2016).

    >>> grown([10.0, 2.0], 2.0, share_per_year=0.5).tolist()
    [22.5, 4.5]
    """
    if not share_per_year > -1.0:
        raise ValueError(f"share_per_year is {share_per_year}, wanted more than -1")
    later: Floats = amounts("gbps", gbps) * (1.0 + share_per_year) ** years
    return later
