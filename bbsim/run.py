"""A run: what went in, everything that happened, and the tables measured from it.

A run is a value. It can be kept in a folder that is there whole or not at all, and read back; any instant
of it is rebuilt from its events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim import events as ev
from bbsim.country import Country
from bbsim.scenario import Scenario
from bbsim.state import State, replay
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from bbsim.finance import Appraisal

TABLES = (
    "periods",
    "regions",
    "access",
    "nodes",
    "spans",
    "projects",
    "sites",
    "public_services",
    "ledger",
    "finance",
    "funding_gap",
    "events",
)
Columns = Mapping[str, Any]


class Tables(Mapping[str, Columns]):
    """Tables by name; one that is given as a function is made when it is first asked for.

    >>> tables = Tables({"periods": lambda: {"grants": np.array([1, 2])}})
    >>> list(tables), tables["periods"]["grants"].tolist(), tables["periods"] is tables["periods"]
    (['periods'], [1, 2], True)
    """

    def __init__(
        self, tables: Mapping[str, Columns | Callable[[], Columns]], *, again: Collection[str] = ()
    ) -> None:
        self._tables = dict(tables)
        # Of the others the function goes when it has been called, and what it holds with it.
        self._again = {name: self._tables[name] for name in again}

    def forget(self, name: str) -> None:
        """Let go of a table that can be made again (`again`) when it is next asked for."""
        self._tables.update({name: self._again[name]} if name in self._again else {})

    def __getitem__(self, name: str) -> Columns:
        table = self._tables[name]
        if callable(table):
            table = self._tables[name] = table()
        return table

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __reduce__(self) -> tuple[type[Tables], tuple[dict[str, Columns]]]:
        return Tables, (dict(self),)  # a function can't travel to another process, what it makes can


@dataclass(eq=False)
class Run:
    """One simulated history and its tables.

    Attributes
    ----------
    tables : columns by table name (`TABLES`); missing numbers are NaN here, null in files and frames.
    seconds : how long the parts of the work took; not part of the result.
    """

    scenario: Scenario
    country: Country
    seed: int
    events: Sequence[ev.Event]
    tables: Mapping[str, Columns] = field(default_factory=dict)
    replication: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    code: str = ""
    """SHA-256 of the scenario's own model code, if it ran any."""

    # ---- instants -----------------------------------------------------------------------------
    def at(self, on: date | str) -> State:
        """The state at the end of a day.

        Raises
        ------
        ValueError
            if the day lies outside the scenario's horizon.
        """
        try:
            day = date.fromisoformat(on) if isinstance(on, str) else date(on.year, on.month, on.day)
        except (ValueError, AttributeError):
            raise ValueError(f"saw {on!r}, wanted a date or a text like '2020-12-31'") from None
        if not self.scenario.start <= day < self.scenario.end:
            raise ValueError(f"{day} lies outside [{self.scenario.start}, {self.scenario.end})")
        minute = ((day - self.scenario.start).days + 1) * MINUTES_PER_DAY - 1
        return replay(self.country, self.opening_cents, self.events, minute)

    def bottlenecks(self, on: date | str) -> pd.DataFrame:
        """Where the network breaks first on a day: see `bbsim.metrics.breaking.breaks_first`.

        Raises
        ------
        ValueError
            if the day lies outside the scenario's horizon.
        """
        from bbsim.metrics.breaking import breaks_first

        return frame(breaks_first(self, on))

    def availability(self, on: date | str) -> pd.DataFrame:
        """How available each place is with the network of a day: see `bbsim.metrics.resilience.availability`.

        Raises
        ------
        ValueError
            if the day lies outside the scenario's horizon.
        """
        from bbsim.metrics.resilience.availability import availability

        return frame(availability(self, str(on)))

    def single_failures(self, on: date | str) -> pd.DataFrame:
        """What is left after each single failure: see `bbsim.metrics.resilience.failures.single_failures`.

        Raises
        ------
        ValueError
            if the day lies outside the scenario's horizon.
        """
        from bbsim.metrics.resilience.failures import single_failures

        return frame(single_failures(self, str(on)))

    @cached_property
    def satellites(self) -> pd.DataFrame:
        """What became of each satellite: see `bbsim.metrics.satellites.satellites`."""
        from bbsim.metrics.satellites import satellites

        return frame(satellites(self))

    @property
    def opening_cents(self) -> tuple[int, ...]:
        """Money in hand on the first day, by fund, in hundredths of the ledger's currency."""
        return self.scenario.opening_minor

    # ---- tables -------------------------------------------------------------------------------
    @cached_property
    def periods(self) -> pd.DataFrame:
        """One row a reporting period."""
        return frame(self.tables["periods"])

    @cached_property
    def regions(self) -> pd.DataFrame:
        """One row a reporting period and region."""
        return frame(self.tables["regions"])

    @cached_property
    def access(self) -> pd.DataFrame:
        """One row a reporting period and access technology."""
        return frame(self.tables["access"])

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row a reporting period and place."""
        return frame(self.tables["nodes"])

    @cached_property
    def spans(self) -> pd.DataFrame:
        """One row a reporting period and span that is laid."""
        return frame(self.tables["spans"])

    @cached_property
    def projects(self) -> pd.DataFrame:
        """One row a project."""
        return frame(self.tables["projects"])

    @cached_property
    def sites(self) -> pd.DataFrame:
        """One row a reporting period and public site that is open at its end."""
        return frame(self.tables["sites"])

    @cached_property
    def public_services(self) -> pd.DataFrame:
        """One row a reporting period: public sites, who is near one, and what is applied for."""
        return frame(self.tables["public_services"])

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """One row a booking."""
        return frame(self.tables["ledger"])

    @cached_property
    def finance(self) -> pd.DataFrame:
        """One row a year, fund, kind, cause and place: money paid and earned, and what it is worth today."""
        return frame(self.tables["finance"])

    @cached_property
    def funding_gap(self) -> pd.DataFrame:
        """One row a place: what it is worth, and what subsidy would make it whole."""
        return frame(self.tables["funding_gap"])

    @cached_property
    def funds(self) -> pd.DataFrame:
        """One row a year and fund: where money came from and went, see `bbsim.finance.funds.funds`."""
        from bbsim.finance.funds import funds

        return frame(funds(self))

    @cached_property
    def programmes(self) -> pd.DataFrame:
        """One row a promise of a programme, see `bbsim.finance.funds.programmes`."""
        from bbsim.finance.funds import programmes

        return frame(programmes(self))

    @cached_property
    def appraisal(self) -> Appraisal | None:
        """What the run is worth as a whole: see `bbsim.finance.Appraisal`; None without `finance`."""
        from bbsim.finance import books

        return books(self).appraisal

    @cached_property
    def events_table(self) -> pd.DataFrame:
        """One row an event, with the fields of every kind; names instead of positions."""
        return frame(self.tables["events"])

    # ---- identity -----------------------------------------------------------------------------
    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the run depends on: scenario, country and seed."""
        text = f"{self.scenario.digest} {self.country.digest} {self.seed} {self.replication} {self.code}"
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def default_name(self) -> str:
        """Name of the run's folder: scenario, seed and the head of the digest."""
        return f"{self.scenario.name}-{self.seed}-{self.digest[:8]}"

    def table_hashes(self) -> dict[str, str]:
        """SHA-256 of the canonical content of every table; equal hashes are equal tables."""
        return {name: table_hash(self.tables[name]) for name in TABLES}

    # ---- faces --------------------------------------------------------------------------------
    def save(self, folder: Path | str, *, force: bool = False) -> Path:
        """Write the run's folder, with its report; see `bbsim.runfolder`."""
        from bbsim.runfolder import save

        return save(self, Path(folder), force=force)

    @classmethod
    def load(cls, folder: Path | str) -> Run:
        """Read a run's folder back."""
        from bbsim.runfolder import load

        return load(Path(folder))

    def map(self, on: date | str) -> Figure:
        """The country on a day, as a matplotlib figure: what is lit, laid and still missing."""
        from bbsim.report.maps import country_map

        return country_map(self, on)


def frame(columns: Columns) -> pd.DataFrame:
    """Columns as a DataFrame; NaN and None are missing values."""
    import pandas as pd

    return pd.DataFrame({name: _series(column) for name, column in columns.items()})


def _series(column: Any) -> Any:
    """Whole numbers stay whole where some are missing."""
    import pandas as pd

    if not isinstance(column, np.ma.MaskedArray):
        return column
    return pd.arrays.IntegerArray(np.ma.getdata(column), np.ma.getmaskarray(column))


def table_hash(columns: Columns) -> str:
    """SHA-256 over names, kinds and exact values of the columns, in order.

    >>> table_hash({"a": np.array([1, 2])}) == table_hash({"a": np.array([1, 3])})
    False
    """
    hasher = hashlib.sha256()
    for name, column in columns.items():
        array = np.asarray(column) if not isinstance(column, np.ndarray) else column
        hasher.update(name.encode())
        if isinstance(column, np.ma.MaskedArray):
            mask = np.ma.getmaskarray(column)
            hasher.update(mask.tobytes() if mask.any() else b"")
            array = column.filled(0)
        if array.dtype == object:
            told = np.not_equal(array, None)  # type: ignore[call-overload]  # which knows no None
            hasher.update(b"object" + told.tobytes() + _json_of(array[told].tolist()).encode())
        else:
            if array.dtype.kind == "f":
                array = np.where(np.isnan(array), np.nan, array + 0.0)  # one NaN, no negative zero
            hasher.update(array.dtype.str.encode() + np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()


def _json_of(values: list[Any]) -> str:
    """A column as JSON; names that come again and again are written once."""
    if not values or not isinstance(values[0], str):
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    names = dict.fromkeys(values)
    written = dict(zip(names, map(encode_basestring, names), strict=True))
    return f"[{','.join(map(written.__getitem__, values))}]"
