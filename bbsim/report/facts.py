"""A run's tables as grids of period by place, and the days that the report is about.

The tables are long (a row a period and place); a page asks for "this column over time" and "this place at
the end". Everything here is a view of the tables and the events; nothing is computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report.instants import Instants, instants
from bbsim.report.timeline import opening_days, states_at
from bbsim.report.wording import is_missing, to_date
from bbsim.run import Run
from bbsim.state import State

INCOMES = ("opening", "grant", "reinvested", "borrowed")
"""Causes of the ledger by which money comes in."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What the report's sections ask of a run."""

    run: Run

    @property
    def periods(self) -> Mapping[str, Any]:
        """The columns of the periods table."""
        return self.run.tables["periods"]

    @cached_property
    def ends(self) -> list[date]:
        """First day after each period."""
        return [to_date(end) or self.run.scenario.end for end in self.periods["period_end"]]

    @cached_property
    def end_days(self) -> list[int]:
        """Day number, from the start, of the first day after each period."""
        return [(end - self.run.scenario.start).days for end in self.ends]

    @property
    def days(self) -> int:
        """Days from the start to the end of the scenario."""
        return (self.run.scenario.end - self.run.scenario.start).days

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(places,) node index of each row of a period in the nodes table."""
        index = self.run.country.node_index
        per_period = len(self.run.tables["nodes"]["node"]) // max(len(self.ends), 1)
        ids = self.run.tables["nodes"]["node"][:per_period]
        return np.array([index[node] for node in ids], dtype=np.int64)

    def by_place(self, column: str) -> NDArray[Any]:
        """(periods, places) a column of the nodes table."""
        values = self.run.tables["nodes"][column]
        plain: NDArray[Any] = np.ma.getdata(values).reshape(len(self.ends), -1)
        return plain

    def by_region(self, column: str) -> NDArray[Any]:
        """(periods, regions) a column of the regions table."""
        plain: NDArray[Any] = np.ma.getdata(self.run.tables["regions"][column]).reshape(len(self.ends), -1)
        return plain

    def last(self, column: str) -> Any:
        """The value of a periods column in the last period; None if it is missing."""
        value = self.periods[column][-1]
        return None if is_missing(value) else value

    @cached_property
    def on_fibre_since(self) -> dict[int, date]:
        """By node index: since when a place that is on fibre at the end has its access node."""
        on, since = self.by_place("on_fibre")[-1], self.by_place("lit_since")[-1]
        told = {int(node): to_date(since[i]) for i, node in enumerate(self.places) if on[i]}
        return {node: day for node, day in told.items() if day is not None}

    @cached_property
    def first_day(self) -> State:
        """The state at the end of the first day."""
        return next(states_at(self.run, [self.run.scenario.start]))[1]

    @cached_property
    def instants(self) -> Instants:
        """What is asked of single days."""
        return instants(self.run)

    @cached_property
    def at_start(self) -> NDArray[np.bool_]:
        """(nodes,) whether each place is on fibre on the first day."""
        return np.asarray(self.first_day.on_fibre() & self.run.country.is_place)

    @cached_property
    def openings(self) -> dict[str, int]:
        """Day number on which each closable area opens in the run."""
        return opening_days(self.run)

    def people_share(self, where: NDArray[np.bool_]) -> float | None:
        """Share of residents that live at some nodes; growth is the same everywhere, so it cancels."""
        everybody = int(self.run.country.population.sum())
        return float(self.run.country.population[where].sum()) / everybody if everybody else None

    @cached_property
    def came_in_usd(self) -> NDArray[np.float64]:
        """(periods,) money that came in until the end of each: in hand first, grants, the operator's own."""
        ledger = self.run.tables["ledger"]
        cents = np.zeros(len(self.ends), dtype=np.int64)
        ends = np.array(self.ends, dtype="datetime64[D]")
        came = np.isin(ledger["cause"], INCOMES)
        period = np.searchsorted(ends, np.asarray(ledger["date"], dtype="datetime64[D]")[came], side="right")
        amounts = np.asarray(ledger["amount_cents"], dtype=np.int64)[came]
        np.add.at(cents, np.minimum(period, len(cents) - 1), amounts)
        return np.asarray(np.cumsum(cents) / (100.0 * self.run.scenario.minor_per_cent))

    @cached_property
    def came_in_by_cause_usd(self) -> Mapping[str, float]:
        """Money that came in over the whole run, by the ledger's cause."""
        ledger = self.run.tables["ledger"]
        return {cause: float(ledger["amount_usd"][ledger["cause"] == cause].sum()) for cause in INCOMES}

    @property
    def who_pays(self) -> str:
        """Whose money the run's revenue is: "homes", "homes and businesses" and so on."""
        table = self.run.tables["finance"]
        causes = {*table["cause"][table["kind"] == "revenue"].tolist()}
        told = ["homes", *(["businesses"] if "businesses" in causes else [])]
        told += ["users of satellites"] if causes & {"capacity", "national_capacity"} else []
        return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)

    def name(self, node: int) -> str:
        """A place's own name; its id if it has none."""
        return str(self.run.country.nodes["name"][node] or self.run.country.ids[node])

    def english(self, node: int) -> str:
        """A place's English name; its own if it has none."""
        return str(self.run.country.nodes["name_en"][node] or self.name(node))

    def day(self, number: int) -> date:
        """The date of a day number."""
        return self.run.scenario.start + timedelta(days=number)

    @property
    def horizon(self) -> date:
        """The last day that is simulated."""
        return self.run.scenario.end - timedelta(days=1)

    @cached_property
    def labels(self) -> list[str]:
        """A short name of each period: "Q2 2016", "May 2016" or "2016"."""
        every = self.run.scenario.report_every
        out = []
        for end in self.ends:
            day = end - timedelta(days=1)
            month = {"quarter": f"Q{(day.month + 2) // 3} ", "month": f"{day:%b} ", "year": ""}[every]
            out.append(f"{month}{day.year}")
        return out
