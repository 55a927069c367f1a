"""Permits with long tails: most files are answered as usual, some take a year, by what the route follows."""

from __future__ import annotations

from bbsim import events as ev
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import Share


class Tail(Frozen):
    """How often a file gets stuck, and for how long beyond the usual."""

    share: Share
    """Part of the files that get stuck."""
    days: UncertainDays
    """How much longer a stuck file takes."""


class PermitTails(Frozen):
    """Some permit files get stuck: at another ministry, with a neighbour, in court. The desk goes on.

    A route that follows several kinds of corridor under one office gets stuck at the worst of them.
    """

    road: Tail = sourced(
        {"share": 0.1, "days": {"lognormal": {"median": 90, "p90": 270}}},
        "assumption: one file in ten goes a quarter of a year beyond the 30-90 days of ACD.net",
    )
    """Along roads."""
    rail: Tail = sourced(
        {"share": 0.25, "days": {"lognormal": {"median": 180, "p90": 400}}},
        "ACD.net: 60-180 days with a tail of 12-15 months; a quarter of the files in it is an assumption",
    )
    """Along railways."""
    spur: Tail = sourced(
        {"share": 0.1, "days": {"lognormal": {"median": 60, "p90": 240}}},
        "assumption: private land on the last kilometres, one owner in ten has to be found or persuaded",
    )
    """On private land: from a corridor to a place off it."""
    poles: Tail = sourced(
        {"share": 0.5, "days": {"lognormal": {"median": 100, "p90": 280}}},
        "pole attachments in the US: 165 days by the FCC's time line, 234 actual, so 69 more on average; "
        "half of the files and the tail are assumptions that give this mean",
    )
    """On other people's poles: spans whose medium is aerial."""
    same_luck_share: Share = sourced(0.0, "assumption: files are independent")
    """Part of the files whose luck is that of their office in that year instead of their own."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each file when it is handed in."""
        filed = clock.listen(ev.PermitRequested)
        while True:
            file = yield filed.next()
            stuck, length, shared = clock.uniforms(f"{file.authority} {clock.place(file.project)}", 3)
            if shared < self.same_luck_share:
                stuck, length = clock.uniforms(f"{file.authority} {clock.date().year}", 2)
            days = [
                tail.days.quantile(length)
                for tail in self._tails(clock, file.project, file.authority)
                if stuck < tail.share
            ]
            if days:
                clock.set_back(file.project, f"permit {file.authority}", max(days))

    def _tails(self, clock: Clock, project: int, authority: str) -> list[Tail]:
        """The tails that a project meets at an office, one a kind of corridor."""
        follows, medium = clock.country.follows, clock.country.spans["medium"]
        mine = [
            span
            for span in clock.route(project)
            if follows[span] in clock.scenario.permits[authority].follows
        ]
        kinds = {"poles" if medium[span] == "aerial" else follows[span] for span in mine}
        return [getattr(self, kind) for kind in ("road", "rail", "spur", "poles") if kind in kinds]
