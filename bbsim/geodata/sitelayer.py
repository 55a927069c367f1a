"""A planner's list of public sites brought into a country pack: each stands in a place of the pack.

Schools, clinics, post offices: a row names its place, or lies somewhere and belongs to the nearest place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from bbsim.errors import Problem, did_you_mean
from bbsim.geodata.layerfile import Given
from bbsim.geodata.measure import Plane
from bbsim.geodata.names import slug

FAR_KM = 20.0  # a site so far from its place is told: the pack may lack a place, or the position be wrong
LOST_KM = 200.0  # and one so far lies in no place of this country
TRUE, FALSE = ("true", "yes", "1", "y"), ("false", "no", "0", "n")

Rows = dict[str, dict[str, Any]]


class SiteLayer:
    """Rows of sites on their way into a pack.

    Attributes
    ----------
    sites : rows by id: those that the pack had, and what was brought.
    told : what was done, in sentences.
    problems : what can't be used.
    """

    def __init__(self, nodes: Mapping[str, Mapping[str, Any]], sheet: Plane, sites: Rows) -> None:
        self._nodes, self._sheet = nodes, sheet
        self._places = sorted(n for n, row in nodes.items() if row["kind"] not in ("border", "junction"))
        self._tree = cKDTree(sheet.points([tuple(nodes[n]["geometry"]) for n in self._places]))
        self.sites = dict(sites)
        self.told: list[str] = []
        self.problems: list[Problem] = []

    def bring(self, rows: Sequence[Given], of: str | None = None) -> None:
        """Take in a file's rows: a site of the same id is replaced, all others are added.

        Parameters
        ----------
        of : class of all rows that name none.
        """
        before, brought, far = set(self.sites), set[str](), list[str]()
        for row in rows:
            found = self._site(row, of, brought)
            if found is None:
                continue
            site, km = found
            if site["id"] in brought:
                message = f"the id '{site['id']}' stands twice in the file"
                self.problems.append(Problem("doubled-id", message, where=row.where))
                continue
            brought.add(site["id"])
            self.sites[site["id"]] = site
            if km > FAR_KM:
                far.append(f"{site['id']} ({km:.0f} km from {site['place']})")
        classes = sorted({self.sites[site]["of"] for site in brought})
        of_what = f"; of {'the class' if len(classes) == 1 else 'the classes'} {', '.join(classes)}"
        self.told.append(
            f"{len(brought - before)} sites are new, {len(brought & before)} are replaced"
            f"{of_what if classes else ''}."
        )
        if far:
            more = f" and {len(far) - 6} more" if len(far) > 6 else ""
            self.told.append(f"{len(far)} lie far from any place of the pack: {', '.join(far[:6])}{more}.")
        if classes:
            self.told.append(f"A scenario takes them by `public_sites.of_pack: [{', '.join(classes)}]`.")

    def _site(self, row: Given, of: str | None, brought: set[str]) -> tuple[dict[str, Any], float] | None:
        """The row as a site, and how far its place is; None, with its problems told, if it can't be one."""
        faults = len(self.problems)
        kind = slug(_text(row.get("of", of or "")))
        if not kind:
            hint = "Give the class of all of them by --class, or a column by --map of=THEIRS."
            self.problems.append(Problem("no-class", "the site has no class", where=row.where, hint=hint))
        name = _text(row.get("name", ""))
        place, km, at = self._place(row)
        opens, count, connected = self._opens(row), self._count(row), self._flag(row)
        if len(self.problems) > faults:
            return None
        identity = slug(_text(row.get("id", "")))
        if identity.isdigit():  # school 17 and clinic 17 are two
            identity = f"{kind}-{identity}"
        if identity in self.sites and self.sites[identity]["of"] != kind:
            message = f"'{identity}' is already a site of the class {self.sites[identity]['of']}"
            self._refuse("doubled-id", message, row, "Give it another id.")
            return None
        if not identity:  # made from name and place, so that the same file brings the same ids again
            named = slug(name or place)
            identity = _free(named if named.startswith(f"{kind}-") else f"{kind}-{named}", brought)
        site = {
            "id": identity, "name": name, "of": kind, "place": place, "opens": opens, "count": count,
            "connected": connected, "note": _text(row.get("note", "")), "geometry": list(at),
        }  # fmt: skip
        return site, km

    def _place(self, row: Given) -> tuple[str, float, tuple[float, float]]:
        """The place that the row names, or the nearest one; how far it is, and where the site lies."""
        at = None
        if row.shape is not None and not row.shape.is_empty:
            spot = row.shape if row.shape.geom_type == "Point" else row.shape.representative_point()
            if np.isfinite([spot.x, spot.y]).all():
                at = (round(float(spot.x), 5), round(float(spot.y), 5))
        named = _text(row.get("place", ""))
        if named and named not in self._places:
            self._refuse("unknown-place", f"no place '{named}'", row, did_you_mean(named, self._places))
            return "", 0.0, (0.0, 0.0)
        if at is None:
            if not named:
                self._refuse("null-geometry", "neither a position nor a place", row)
                return "", 0.0, (0.0, 0.0)
            x, y = self._nodes[named]["geometry"]
            return named, 0.0, (float(x), float(y))
        if named:
            there, here = self._sheet.points([tuple(self._nodes[named]["geometry"]), at])
            return named, float(np.hypot(*(np.asarray(there) - np.asarray(here)))), at
        km, nearest = self._tree.query(self._sheet.point(at))
        if not km <= LOST_KM:
            self._refuse("outside", f"lies {km:,.0f} km from the nearest place of the pack", row)
        return self._places[int(nearest)], float(km), at

    def _opens(self, row: Given) -> str:
        given = _text(row.get("opens", ""))[:10]
        try:
            return date.fromisoformat(given).isoformat() if given else ""
        except ValueError:
            self._refuse("type", f"saw '{given}' for opens, wanted a date like 2027-09-01", row)
            return ""

    def _count(self, row: Given) -> int:
        value = row.get("count", 1)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = 0.0
        if number < 1 or number != round(number):
            self._refuse("type", f"saw {value!r} for count, wanted a whole number from 1", row)
        return round(number)

    def _flag(self, row: Given) -> bool:
        value = row.get("connected", False)
        word = re.sub(r"\.0$", "", str(value).strip().casefold())
        if word not in TRUE + FALSE:
            self._refuse("type", f"saw {value!r} for connected, wanted yes or no", row)
        return word in TRUE

    def _refuse(self, kind: str, message: str, row: Given, hint: str = "") -> None:
        self.problems.append(Problem(kind, message, where=row.where, hint=hint))


def _free(wanted: str, brought: set[str]) -> str:
    """The id, with a number if a namesake of the same file has it."""
    name, number = wanted, 2
    while name in brought:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _text(value: Any) -> str:
    """A cell as text; a number read from a column of numbers without its `.0`."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
