"""The words of ``bbsim plan``, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bbsim.errors import EnvironmentFault, Problem
from bbsim.terminal import Voice

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number in a range; an error calls it so."""

    name = "whole number"


class Number(click.FloatRange):
    """A number in a range; an error calls it so."""

    name = "number"


class Amount(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """A quantity as a scenario takes it: a number in the unit, or a number with its unit."""

    def __init__(self, unit: str, *, above: float | None = None) -> None:
        self.unit, self.above = unit, above
        self.name = unit

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The quantity in the unit; anything else is a usage error with what was wanted."""
        import re

        from pydantic_core import PydanticCustomError

        from bbsim.conversion import NUMBER
        from bbsim.units import Quantity

        given = float(value) if isinstance(value, str) and re.fullmatch(NUMBER, value.strip()) else value
        try:
            return Quantity(self.unit, above=self.above).read(given)
        except PydanticCustomError as error:
            hint = str((error.context or {}).get("hint", ""))
            self.fail(f"{error.message()}. {hint}".strip(), param, ctx)


class CalendarDate(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """A day as a scenario takes it."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day; anything else is a usage error with what was wanted."""
        from pydantic_core import PydanticCustomError

        from bbsim.units import CalendarDay

        try:
            return CalendarDay().read(value)
        except PydanticCustomError as error:
            hint = str((error.context or {}).get("hint", ""))
            self.fail(f"{error.message()}. {hint}".strip(), param, ctx)


_OPTIONS = (
    click.option(
        "--objective",
        type=click.Choice(["person_years", "npv", "equity", "last_city", "finished", "mix"]),
        default="person_years",
        show_default=True,
        help="What the order of the projects is improved on.",
    ),
    click.option(
        "--effort",
        type=click.Choice(["fast", "standard", "thorough"]),
        default="standard",
        show_default=True,
        help="How hard the cheapest corridors are looked for.",
    ),
    click.option(
        "--budget",
        type=Amount("USD"),
        metavar="MONEY",
        help="The routes may cost no more (60MUSD); tells whom that leaves out, and why.",
    ),
    click.option(
        "--usd-per-person",
        type=Amount("USD"),
        metavar="MONEY",
        help="What reaching a resident is worth; whoever costs more is left out.",
    ),
    click.option(
        "--by",
        type=CalendarDate(),
        metavar="DATE",
        help="Also choose fibre, microwave or satellite for each place, for the busy hour of that day.",
    ),
    click.option(
        "--mbps",
        type=Amount("Mbit/s", above=0.0),
        metavar="RATE",
        help="With --by: load of a home at the busy hour, else the demand model's.",
    ),
    click.option(
        "--together",
        is_flag=True,
        help="Also choose corridors and order as one: dearer in all, taken if its order is better.",
    ),
    click.option("--survivable", is_flag=True, help="Also plan rings that protect the first phase's places."),
    click.option(
        "--front",
        is_flag=True,
        help="Also what less money would buy: plans that none beats in price, service and date. Takes "
        "minutes for a thousand places without the extras fast and opt.",
    ),
    click.option("--out", type=click.Path(path_type=Path), help="Write tables, plan.json and maps there."),
    click.option("--force", is_flag=True, help="Replace the folder if it is there."),
)


def plan_words(command: F) -> F:
    """The options of the verb, in the order in which ``--help`` tells them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_clash(words: Mapping[str, Any], scenario: Scenario) -> None:
    """Stop at words that do not go together."""
    if words["mbps"] is not None and words["by"] is None:
        raise click.UsageError("--mbps says what links must carry on a day: name it with --by.")
    if words["by"] is not None and words["budget"] is not None:
        raise click.UsageError(
            "--by and --budget don't go together: with --by, --usd-per-person says who is left out."
        )
    chosen = [name for name in ("budget", "usd_per_person", "by") if words[name] is not None]
    if words["together"] and chosen:
        raise click.UsageError(
            f"--together and --{chosen[0].replace('_', '-')} don't go together: it plans for everybody."
        )
    if words["by"] is not None and words["front"]:
        raise click.UsageError("--by and --front don't go together: the front is one of fibre.")
    if words["by"] is not None and not scenario.start <= words["by"] < scenario.end:
        raise click.UsageError(f"--by {words['by']} lies outside {scenario.start} to {scenario.end}.")


def refuse_taken(out: Path | None, force: bool) -> None:
    """Stop before any work is done if the folder can't be written."""
    from bbsim.runfolder import refuse_foreign, refuse_unwritable

    if out is None:
        return
    refuse_foreign(out, "plan.json")
    if out.exists() and not force:
        raise EnvironmentFault(
            Problem("folder-exists", f"{out} exists", hint="Use --force or another --out.")
        )
    refuse_unwritable(out)


def tell(scenario: Scenario, country: Country, voice: Voice, *, out: Path | None, **words: Any) -> None:
    """Plan, say it, and write the folder if one is asked for."""
    from bbsim import planbook, planwords
    from bbsim.planning.programme.front import front_of
    from bbsim.planning.programme.national import Aim, national_plan, task_of

    refuse_clash(words, scenario)
    aim = Aim(
        effort=words["effort"],
        objective=words["objective"],
        survivable=words["survivable"],
        budget_usd=words["budget"],
        usd_per_person=words["usd_per_person"],
        by=words["by"],
        mbps=words["mbps"],
        front=words["front"],
        together=words["together"],
    )
    with voice.progress(f"Planning {scenario.name}") as said:
        part = 0.1 if aim.front else 1.0  # a front is ten more plans

        def during(share: float, doing: str) -> None:
            said(part * share, doing)

        def after(share: float, doing: str) -> None:
            said(part + (1.0 - part) * share, doing)

        answer = national_plan(scenario, country, aim, tell=during)
        front = front_of(task_of(scenario, country), aim, answer, tell=after) if aim.front else ()
        said(1.0, "")
    data = planbook.as_data(answer, scenario, country, aim, front)
    voice.say(planwords.as_text(data, scenario))
    if out is not None:
        planbook.save(answer, scenario, country, data, out)
        voice.say(f"\nWrote {out}.")
    voice.answer(data)
