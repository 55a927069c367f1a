"""Who builds: contractors that give up, disputes that stop a route, and work that has to be done again."""

from __future__ import annotations

from bbsim import events as ev
from bbsim.models.hazards.supply import PerYear, gaps
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import Share


class ContractorDefault(Frozen):
    """A yard's contractor gives up; every route in hand there stands still until another is found."""

    per_yard_per_year: PerYear = sourced(0.03, "assumption: one contractor in thirty gives up in a year")
    """How often it happens at each crew base."""
    days: UncertainDays = sourced(
        {"lognormal": {"median": 150, "p90": 300}},
        "assumption: taking over, a new tender (45 days and its appeals) and moving in",
    )
    """How long nobody begins a new section there."""

    def happen(self, clock: Clock) -> Happening:
        """Each base has its own days of default."""
        for base in clock.scenario.crews.bases:
            for number, day in enumerate(gaps(clock, base.base, self.per_yard_per_year)):
                days = clock.draw(f"length {base.base} {number}", self.days)
                clock.start(self._stop(clock, base.regions, day, days))
        yield clock.delay(0)

    def _stop(self, clock: Clock, regions: list[str], day: float, days: float) -> Happening:
        yield clock.until(day)
        of = clock.country.spans["region"]
        for project in clock.projects:
            if any(of[span] in regions for span in clock.route(project)):
                clock.halt(project, days)


class Disputes(Frozen):
    """On some routes the parties fall out once works have begun: over quantities, rock, or payment."""

    share: Share = sourced(0.06, "assumption: one route in seventeen")
    """Part of the projects that have a dispute."""
    after_days: UncertainDays = sourced({"uniform": [5, 60]}, "assumption: within the first two months")
    """How long after the first crew came it breaks out."""
    days: UncertainDays = sourced(
        {"lognormal": {"median": 45, "p90": 150}}, "assumption: a dispute board's 84 days lie between the two"
    )
    """How long no new section is begun."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each project when its first crew is on site."""
        begun = clock.listen(ev.BuildStarted)
        while True:
            start = yield begun.next()
            struck, after, days = clock.uniforms(clock.place(start.project), 3)
            if struck < self.share:
                clock.start(
                    self._stop(
                        clock, start.project, self.after_days.quantile(after), self.days.quantile(days)
                    )
                )

    def _stop(self, clock: Clock, project: int, after: float, days: float) -> Happening:
        yield clock.delay(after)
        clock.halt(project, days)


class Rework(Frozen):
    """Some spans fail their test, and a part of them is dug up and laid again at the contractor's cost."""

    share: Share = sourced(
        0.05, "assumption: one span in twenty has a kink, a shallow stretch or a crushed duct"
    )
    """Part of the spans that fail."""
    again_share: Share = sourced(0.2, "assumption: a fifth of its length, until the fault is out")
    """Part of such a span that is laid once more."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each span when it is laid, once."""
        laid = clock.listen(ev.SpanLaid)
        tested = bytearray(len(clock.country.span_ids))
        while True:
            done = yield laid.next()
            if tested[done.span]:
                continue
            tested[done.span] = 1
            name = clock.country.span_ids[done.span]
            (luck,) = clock.uniforms(name)
            if luck < self.share and done.project >= 0:
                clock.condemn(
                    done.project, done.span, round(1000 * clock.country.km[done.span] * self.again_share)
                )
