"""The command line: each verb is a thin reading of its words and one call of the library.

Nothing heavy is imported before a verb needs it, so that ``bbsim --help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bbsim import __version__
from bbsim.cli_calibrate import backtest_words, calibrate_words
from bbsim.cli_check import checked
from bbsim.cli_compare import compare_words, tell_comparison
from bbsim.cli_ensemble import destination, ensemble_words, tell_ensemble
from bbsim.cli_export import export
from bbsim.cli_geodata import geodata
from bbsim.cli_plan import Whole, plan_words, refuse_taken, tell
from bbsim.cli_run import closed_cities, figure_lines, keep_input_safe, key_figures, last_city, place_of
from bbsim.errors import Problem, did_you_mean
from bbsim.terminal import Voice, guarded, spoken

if TYPE_CHECKING:
    pass

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Verbs(click.Group):
    """A group that knows the nearest verb to a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant; an unknown one is a usage error with the nearest."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"no verb '{args[0]}'. {did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is returned."""
    given = list(sys.argv[1:] if words is None else words)
    return guarded(lambda: bbsim.main(args=given, prog_name="bbsim", standalone_mode=False), given)


@click.group(cls=Verbs, context_settings=_HELP, invoke_without_command=True)
@click.version_option(__version__, prog_name="bbsim")
@click.pass_context
def bbsim(context: click.Context) -> None:
    """Simulate how a country gets broadband."""
    if context.invoked_subcommand is None:
        raise click.UsageError(f"say what to do: {', '.join(bbsim.list_commands(context))}.", context)


_set = click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override one field; repeat for more."
)
_strict = click.option("--strict", is_flag=True, help="Warnings count as errors.")
_code = click.option("--allow-code", is_flag=True, help="Let the scenario run model code beside it.")


# ---- new ----------------------------------------------------------------------------------------
@bbsim.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--country", required=True, metavar="ISO3", help="ISO 3166 code, e.g. AZE or EST.")
@spoken
def new(folder: Path, country: str, as_json: bool, quiet: bool) -> None:
    """Make a folder with a commented scenario and its country pack, ready to run."""
    from bbsim.starter import start

    voice = Voice(as_json, quiet)
    with voice.progress("Building") as progress:
        scenario = start(folder, country, progress)
    pack = next((folder / "geodata").iterdir())
    voice.say(f"Wrote {scenario} and {pack}.\nNext: bbsim run {folder}")
    voice.answer({"scenario": str(scenario), "country": str(pack)})


# ---- check --------------------------------------------------------------------------------------
@bbsim.command()
@click.argument("scenario")
@_set
@_strict
@_code
@spoken
def check(
    scenario: str, overrides: tuple[str, ...], strict: bool, allow_code: bool, as_json: bool, quiet: bool
) -> None:
    """Tell everything that is wrong with a scenario, at once."""
    voice = Voice(as_json, quiet)
    reading, country, notes = checked(scenario, overrides, strict, allow_code)
    voice.problems(notes)
    places = int(country.is_place.sum())
    warned = sum(note.severity == "warning" for note in notes)
    counted = f", {warned} warning{'s' if warned != 1 else ''}" if warned else ""
    voice.say(
        f"{reading.path}: fine ({country.name}: {places} places, {len(country.span_ids)} spans){counted}"
    )
    voice.answer({"exit": 0, "problems": [_as_data(note) for note in notes]})


def _as_data(problem: Problem) -> dict[str, str]:
    from dataclasses import asdict

    return asdict(problem)


# ---- run ----------------------------------------------------------------------------------------
@bbsim.command()
@click.argument("scenario")
@click.option("--out", type=click.Path(path_type=Path), help="The run's folder, else runs/NAME-SEED-DIGEST.")
@click.option("--seed", type=Whole(0, 2**128 - 1), help="Instead of the scenario's own seed.")
@click.option(
    "--replication",
    type=Whole(0),
    default=0,
    help="Which run of an ensemble: each has its own luck.",
)
@click.option("--force", is_flag=True, help="Replace the folder if it is there.")
@click.option(
    "--fail", "failures", multiple=True, metavar="KIND:ID@BEGIN..END",
    help="What if it failed then: node, gateway or span; repeat for more.",
)  # fmt: skip
@click.option(
    "--start-from", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="An as-built table: the forecast begins anew after its last work.",
)  # fmt: skip
@click.option(
    "--was", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RUN",
    help="An older run: say what has moved since.",
)  # fmt: skip
@_set
@_strict
@_code
@spoken
def run(
    scenario: str,
    out: Path | None,
    seed: int | None,
    replication: int,
    force: bool,
    failures: tuple[str, ...],
    start_from: Path | None,
    was: Path | None,
    overrides: tuple[str, ...],
    strict: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Simulate a scenario and write a run folder with tables, maps and a report."""
    from bbsim.api import simulate
    from bbsim.cli_fail import as_overrides, effects, lines
    from bbsim.runfolder import read_table, save

    voice = Voice(as_json, quiet)
    overrides = (*overrides, *as_overrides(failures))
    reading, country, notes = checked(scenario, overrides, strict, allow_code)
    voice.problems(notes)
    if start_from is not None:
        from bbsim.cli_restart import restarted

        reading, country, told = restarted(reading, country, start_from)
        voice.say("\n".join(told))
    folder, done = place_of(reading, country, out, seed, replication, force, allow_code)
    if done:
        tables: Mapping[str, Any] = {
            name: read_table(folder / f"{name}.parquet") for name in ("periods", "ledger", "nodes")
        }
        voice.say(f"{folder} holds this very run already; --force runs it again.")
    else:
        with voice.progress("Simulating") as progress:
            result = simulate(
                reading.scenario, country, seed=seed, replication=replication, allow_code=allow_code,
                progress=progress,
            )  # fmt: skip
        save(result, folder, force=force, command=_command_line())
        tables = result.tables
        voice.say(str(folder))
    figures, last = key_figures(tables["periods"], tables["ledger"]), last_city(tables["nodes"], country)
    voice.say("\n".join(figure_lines(figures, last, closed_cities(tables["periods"], country))))
    answer: dict[str, Any] = {
        "folder": str(folder), "reused": done, "figures": figures, "last_city_on_fibre": last,
    }  # fmt: skip
    if failures:
        answer["failures"] = effect = effects(folder, failures)
        voice.say("\n".join(lines(effect)))
    if was is not None:
        from bbsim.cli_restart import moved_since

        shifts, answer["moved"] = moved_since(was, read_table(folder / "nodes.parquet"), country)
        voice.say("\n".join(shifts))
    voice.answer(answer)


def _command_line() -> str:
    import shlex

    return shlex.join(["bbsim", *sys.argv[1:]])


# ---- ensemble, compare --------------------------------------------------------------------------
@bbsim.command()
@click.argument("scenario")
@ensemble_words
@_set
@_strict
@_code
@spoken
def ensemble(
    scenario: str,
    overrides: tuple[str, ...],
    strict: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
    **words: Any,
) -> None:
    """Run a scenario many times: dates and shares with P10, P50 and P90. Goes on after any stop.

    With --vary it runs at every point of a design, under the same luck at each.
    """
    voice = Voice(as_json, quiet)
    reading, country, notes = checked(scenario, overrides, strict, allow_code)
    voice.problems(notes)
    folder = destination(reading.scenario, country, allow_code, words)
    keep_input_safe(folder, reading, country)
    tell_ensemble(scenario, reading.scenario, country, voice, folder, allow_code, overrides, **words)


@bbsim.command()
@click.argument("sides", nargs=-1, required=True, metavar="RUN RUN...")
@compare_words
@_set
@_strict
@_code
@spoken
def compare(
    sides: tuple[str, ...],
    overrides: tuple[str, ...],
    strict: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
    **words: Any,
) -> None:
    """Compare scenarios, runs or ensembles with the first: which difference is real, and for whom.

    Scenarios are run as ensembles of --runs replications under the same luck.
    """
    voice = Voice(as_json, quiet)

    def run_side(path: str) -> tuple[Any, Any]:
        reading, country, notes = checked(path, overrides, strict, allow_code)
        voice.problems(notes)
        return reading.scenario, country

    tell_comparison(sides, run_side, voice, allow_code, **words)


# ---- plan ---------------------------------------------------------------------------------------
@bbsim.command()
@click.argument("scenario")
@plan_words
@_set
@_strict
@spoken
def plan(
    scenario: str, overrides: tuple[str, ...], strict: bool, as_json: bool, quiet: bool, **words: Any
) -> None:
    """Plan a scenario without simulating it: corridors near the optimum, in order, with a bound."""
    voice = Voice(as_json, quiet)
    reading, country, notes = checked(scenario, overrides, strict, False)
    voice.problems(notes)
    refuse_taken(words["out"], words.pop("force"))
    tell(reading.scenario, country, voice, **words)


# ---- calibrate ----------------------------------------------------------------------------------
@bbsim.command()
@click.argument("series")
@calibrate_words
@spoken
def calibrate(series: str, as_json: bool, quiet: bool, **words: Any) -> None:
    """Fit a curve of take-up to a series: a CSV file with a column year, or one that bbsim has."""
    from bbsim.cli_calibrate import calibrate as told

    told(series, Voice(as_json, quiet), **words)


# ---- backtest -----------------------------------------------------------------------------------
@bbsim.command()
@click.argument("scenario")
@backtest_words
@_set
@_strict
@_code
@spoken
def backtest(
    scenario: str,
    overrides: tuple[str, ...],
    strict: bool,
    allow_code: bool,
    as_json: bool,
    quiet: bool,
    **words: Any,
) -> None:
    """Hold later figures against a scenario's run and against curves fitted to the years before."""
    from bbsim.cli_calibrate import backtest as told

    voice = Voice(as_json, quiet)
    reading, country, notes = checked(scenario, overrides, strict, allow_code)
    voice.problems(notes)
    others = [checked(other, (), strict, allow_code) for other in words.pop("beside")]
    beside = [(other.scenario, ground) for other, ground, _ in others]
    line = _command_line()
    told(reading.scenario, country, voice, command=line, allow_code=allow_code, beside=beside, **words)


# ---- report, models, schema ---------------------------------------------------------------------
@bbsim.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@spoken
def report(folder: Path, as_json: bool, quiet: bool) -> None:
    """Write the report of a run's or an ensemble's folder again, from what is saved there alone."""
    voice = Voice(as_json, quiet)
    if (folder / "ensemble.json").is_file():
        from bbsim.ensemble import Ensemble

        Ensemble.load(folder).report(folder)
    else:
        from bbsim.report import write
        from bbsim.run import Run

        write(Run.load(folder), folder)
    voice.say(f"Wrote {folder / 'report.html'}.")
    voice.answer({"report": str(folder / "report.html")})


@bbsim.command()
@click.argument("role", required=False)
@spoken
def models(role: str | None, as_json: bool, quiet: bool) -> None:
    """List the models that can fill a role, with their parameters, defaults and sources."""
    from dataclasses import asdict

    from bbsim.models import ROLES, catalogue

    voice = Voice(as_json, quiet)
    if role is not None and role not in ROLES:
        raise click.UsageError(f"no role '{role}'. {did_you_mean(role, list(ROLES))}")
    entries = catalogue(role)
    for name in [role] if role else sorted(ROLES):
        voice.say(f"{name}: {ROLES[name]}")
        for entry in entries:
            if entry.role == name:
                voice.say(f"  {entry.name} ({entry.package}): {entry.meaning}")
                for each in entry.parameters:
                    source = f" [{each.source}]" if each.source else ""
                    voice.say(f"    {each.name} = {each.default}: {each.meaning}{source}")
    voice.answer([asdict(entry) for entry in entries])


@bbsim.command()
@spoken
def schema(as_json: bool, quiet: bool) -> None:
    """Print the scenario's JSON Schema, for editors."""
    from bbsim.schema import scenario_schema

    del as_json, quiet  # the schema is data in any case
    click.echo(json.dumps(scenario_schema(), ensure_ascii=True, indent=1))


bbsim.add_command(geodata)
bbsim.add_command(export)
