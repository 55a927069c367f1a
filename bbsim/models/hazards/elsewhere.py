"""What is decided elsewhere: areas that open late, launches that slip or fail."""

from __future__ import annotations

from bbsim.models.hazards.supply import PerYear, gaps
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import Share


class LateOpenings(Frozen):
    """Closed areas open later than was said: mines, roads and surveys come first."""

    share: Share = sourced(0.5, "assumption: even odds that the date said can be kept")
    """Part of the openings that come late."""
    days: UncertainDays = sourced(
        {"lognormal": {"median": 180, "p90": 730}}, "assumption: half a year, one in ten of them two years"
    )
    """How much later."""

    def happen(self, clock: Clock) -> Happening:
        """Each area has its own luck."""
        for opening in clock.scenario.openings:
            late, length = clock.uniforms(opening.area, 2)
            if late < self.share and opening.opens > clock.scenario.start:
                clock.set_back(-1, f"opening {opening.area}", self.days.quantile(length))
        yield clock.delay(0)


class LaunchTrouble(Frozen):
    """Launches slip, some fail, now and then a satellite dies in orbit. Constellations can only be late."""

    slip_days: UncertainDays = sourced(
        {"lognormal": {"median": 120, "p90": 400}},
        "assumption: four months, one in ten more than a year; launches are known to slip",
    )
    """How much later each launch comes."""
    failure_share: Share = sourced(0.05, "assumption: one launch to geostationary orbit in twenty fails")
    """Part of the launches that fail."""
    losses_per_year: PerYear = sourced(0.005, "assumption: one satellite in two hundred dies in a year")
    """How often a satellite in orbit is lost."""

    def happen(self, clock: Clock) -> Happening:
        """Each satellite has its own luck."""
        for satellite in clock.scenario.satellites:
            failed, slip = clock.uniforms(satellite.name, 2)
            if satellite.launched > clock.scenario.start:
                clock.set_back(-1, f"launch {satellite.name}", self.slip_days.quantile(slip))
                if failed < self.failure_share and not satellite.constellation:
                    clock.lose_satellite(satellite.name)
            if satellite.constellation:
                continue  # its owner replaces what is lost
            for day in gaps(clock, f"orbit {satellite.name}", self.losses_per_year):
                clock.start(self._lost(clock, satellite.name, day))
        yield clock.delay(0)

    def _lost(self, clock: Clock, name: str, day: float) -> Happening:
        yield clock.until(day)
        if name in clock.state.satellites:
            clock.lose_satellite(name)
