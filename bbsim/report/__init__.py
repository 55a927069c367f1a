"""A run for people: one page that opens from an e-mail, and pictures for a paper.

`write` puts ``report.html`` and ``figures/*.png`` into a folder. Both are made from the run alone, without
the network and without the clock on the wall, so that the same run gives the same files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bbsim.beside import beside
from bbsim.memory import MANY_EVENTS

if TYPE_CHECKING:
    from bbsim.run import Run

__all__ = ["write"]


def write(run: Run, folder: Path | str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Write ``report.html`` and ``figures/*.png`` of a run into a folder that is there.

    Parameters
    ----------
    meanwhile : other work that needs no pictures; half of them are drawn beside it.

    Raises
    ------
    OSError
        if the folder can't be written.
    """
    from bbsim.report.facts import Facts
    from bbsim.report.figures import write_charts, write_maps
    from bbsim.report.geometry import base_of
    from bbsim.report.page import report_page

    folder, facts, base = Path(folder), Facts(run), base_of(run.country)
    large = len(run.events) > MANY_EVENTS
    with beside(lambda: write_maps(facts, base, folder / "figures"), before=large):
        meanwhile()
        (folder / "report.html").write_text(report_page(facts, base), encoding="utf-8", newline="\n")
        write_charts(facts, base, folder / "figures")
