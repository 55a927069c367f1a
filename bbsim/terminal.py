"""How the command line speaks: lines that no terminal chokes on, a bar while people wait, one exit code.

Text for people and data for programs never share a stream. Whatever happens ends in one of the contract's
exit codes, with a traceback only for what is a bug, and that in a file.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any, TextIO, TypeVar

import click

from bbsim.errors import BbsimError, EnvironmentFault, Problem

F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 20
"""Problems printed before the rest is only counted."""


class Terminated(BaseException):
    """SIGTERM came."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What a command may say, and where.

    Attributes
    ----------
    json : the answer goes to stdout as data, people's text to stderr.
    quiet : no text for people, except problems.
    """

    json: bool = False
    quiet: bool = False

    def say(self, text: str = "") -> None:
        """A line for people."""
        if not self.quiet:
            _write(sys.stderr if self.json else sys.stdout, text)

    def answer(self, data: Any) -> None:
        """The answer for programs, if they asked for it."""
        if self.json:
            text = json.dumps(data, ensure_ascii=False, indent=1, default=str)
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def problems(self, problems: Sequence[Problem]) -> None:
        """The first problems, a line each, and how many more there are."""
        for problem in problems[:SHOWN]:
            _write(sys.stderr, str(problem))
        if len(problems) > SHOWN:
            _write(sys.stderr, f"… and {len(problems) - SHOWN} more.")

    def progress(self, title: str) -> AbstractContextManager[Callable[[float, str], None]]:
        """A bar on a terminal, one line a minute elsewhere, nothing if quiet; called with (share, words)."""
        if self.quiet:
            return nullcontext(_silent)
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            return _Bar(title)
        return nullcontext(_Heartbeat(title))


def _silent(_share: float, _words: str) -> None:
    """Say nothing."""


class _Bar(AbstractContextManager[Callable[[float, str], None]]):
    """click's progress bar, told shares instead of steps."""

    def __init__(self, title: str) -> None:
        self._bar: Any = click.progressbar(
            length=1000,
            label=title,
            file=sys.stderr,
            item_show_func=lambda words: str(words or ""),
            bar_template="%(label)s [%(bar)s] %(info)s",
        )
        self._done = 0

    def __enter__(self) -> Callable[[float, str], None]:
        self._bar.__enter__()
        return self._tell

    def _tell(self, share: float, words: str) -> None:
        step = round(1000 * share) - self._done
        self._done += step
        self._bar.update(step, words)

    def __exit__(self, *raised: Any) -> None:
        self._bar.__exit__(*raised)


class _Heartbeat:
    """One line a minute, for logs."""

    def __init__(self, title: str, every_seconds: float = 60.0) -> None:
        self._title, self._every = title, every_seconds
        self._next = time.monotonic() + every_seconds

    def __call__(self, share: float, words: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            _write(sys.stderr, f"{self._title}: {share:.0%} {words}")


def _write(stream: TextIO, text: str) -> None:
    """One line; what would steer a terminal or break the line is shown by its code point."""
    from bbsim.text import printable  # late: `bbsim --help` needs no schema

    stream.write("\n".join(printable(line) for line in text.split("\n")) + "\n")


def spoken(command: F) -> F:
    """Every verb takes --json, --quiet and --debug."""
    debug = click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")
    quiet = click.option("--quiet", is_flag=True, help="Say nothing but problems.")
    as_json = click.option("--json", "as_json", is_flag=True, help="The answer as data on stdout.")
    return as_json(quiet(debug(command)))


# ---- from outcome to exit code ------------------------------------------------------------------
def guarded(command: Callable[[], object], words: Sequence[str]) -> int:
    """Run a command; whatever it raises becomes an exit code and a few lines on stderr.

    Parameters
    ----------
    words : the command line, for the line that replays a bug.
    """
    debug, voice = "--debug" in words, Voice(json="--json" in words)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    before = _on_terminate()
    try:
        command()
        sys.stdout.flush()
        return 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        _write(sys.stderr, "Interrupted; nothing half-done was left.")
        return 130
    except Terminated:
        _write(sys.stderr, "Terminated; nothing half-done was left.")
        return 143
    except click.exceptions.Exit as leave:
        return int(leave.exit_code)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        if context is not None:
            _write(sys.stderr, f"{context.get_usage()}\nTry '{context.command_path} --help'.")
        _write(sys.stderr, f"Error: {error.format_message()}")
        problem = Problem("usage", error.format_message())
        voice.answer({"exit": int(error.exit_code), "problems": [asdict(problem)]})
        return int(error.exit_code)
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as leave:
        # click turns a broken pipe into exit 1 before it can be seen here, and marks stdout.
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):
            return _reader_left()
        return leave.code if isinstance(leave.code, int) else 1
    except Exception as error:
        return _failed(_known(error), voice, words, debug)
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _reader_left() -> int:
    """The reader (head, less) went away: no fault. Python would complain again when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _on_terminate() -> Any:
    def handle(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    try:
        return signal.signal(signal.SIGTERM, handle)
    except ValueError:
        return None  # not in the main thread


def _known(error: Exception) -> Exception:
    """What the environment did, said as such."""
    if isinstance(error, MemoryError):
        hint = "Run fewer at a time, or on a machine with more memory."
        return EnvironmentFault(Problem("memory", "out of memory; nothing half-written was left", hint=hint))
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("bbsim"):
        package = {"highspy": "bbsim[opt]", "numba": "bbsim[fast]"}.get(error.name, error.name)
        hint = f"Install it: pip install '{package}'."
        return EnvironmentFault(
            Problem("missing-package", f"the package '{error.name}' is missing", hint=hint)
        )
    if isinstance(error, OSError) and error.errno in (
        errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENAMETOOLONG,
    ):  # fmt: skip
        return EnvironmentFault(Problem("system", f"{error.strerror}: {error.filename or 'unknown file'}"))
    return error


def _failed(error: Exception, voice: Voice, words: Sequence[str], debug: bool) -> int:
    code = error.exit_code if isinstance(error, BbsimError) else 1
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    if isinstance(error, BbsimError):
        voice.problems(error.problems)
        voice.answer({"exit": code, "problems": [asdict(problem) for problem in error.problems]})
    else:
        _write(sys.stderr, f"This is a bug in bbsim: {type(error).__name__}: {error}")
        voice.answer(
            {"exit": code, "problems": [{"slug": "bug", "message": f"{type(error).__name__}: {error}"}]}
        )
    if code == 1 and not debug:
        _keep_traceback(error, words)
    return code


def _keep_traceback(error: Exception, words: Sequence[str]) -> None:
    again = shlex.join(["bbsim", *words])
    story = "".join(traceback.format_exception(error))
    try:
        handle, path = tempfile.mkstemp(prefix="bbsim-traceback-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{again}\nPython {sys.version}\n\n{story}")
    except OSError:
        sys.stderr.write(story)
        return
    _write(sys.stderr, f"The traceback is in {path}; to see it happen again: {again} --debug")
