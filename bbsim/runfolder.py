"""A run's folder: there whole or not at all.

Everything is written into a hidden folder beside the final one and moved into place in one step, so that a
reader, a crash or a full disk never meets half a run. The folder holds the country as well, so that a run
can be reported again from itself alone.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from bbsim.country import Country
from bbsim.errors import IN_THE_WAY, EnvironmentFault, InputError, Problem, RefusedError
from bbsim.memory import MANY_EVENTS, unhurried
from bbsim.metrics import events_from, measure
from bbsim.run import TABLES, Columns, Run, Tables, table_hash

FORMAT = 1
MADE_FROM_EVENTS = ("access", "sites", "public_services", "finance", "funding_gap")
ROWS_AT_ONCE = 1 << 20
"""Rows of a table that are written in one piece: as many as Parquet puts into one group."""
LIBRARIES = (
    "numpy",
    "scipy",
    "simpy",
    "networkx",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyarrow",
    "pydantic",
)


@unhurried()
def save(run: Run, folder: Path, *, force: bool = False, command: str = "", report: bool = True) -> Path:
    """Write a run's folder in one step.

    Raises
    ------
    EnvironmentFault
        if the folder exists (unless `force`), or can't be written; nothing is left behind.
    """
    refuse_foreign(folder, "run.json")
    refuse_taken(folder, force)
    with whole_folder(folder) as partial:
        _fill(run, partial, command, report)
    return folder


def refuse_taken(folder: Path, force: bool) -> None:
    """Replace no run unless that is wanted; a folder with nothing in it is free.

    Raises
    ------
    EnvironmentFault
        if there is something in the folder.
    """
    if force or not folder.exists() or not any(folder.iterdir()):
        return
    held = describe(folder)
    message = f"{folder} exists{f' and holds {held}' if held else ''}"
    raise EnvironmentFault(Problem("folder-exists", message, hint=IN_THE_WAY))


def refuse_unwritable(folder: Path) -> None:
    """Say before any work that nothing can be written where the folder is to stand, and why.

    Raises
    ------
    EnvironmentFault
        if no folder can be made there.
    """
    above = folder.absolute().parents
    standing = next(place for place in above if place.exists())
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".bbsim-", dir=standing))
    except OSError as error:
        why = error.strerror or str(error)
        words = "permission denied" if isinstance(error, PermissionError) else f"can't be made: {why}"
        message = f"{folder}: {words} (nothing can be written in {standing})"
        raise EnvironmentFault(Problem("permission", message)) from None


def refuse_foreign(folder: Path, mark: str) -> None:
    """Never replace what bbsim did not write: only a folder that holds the `mark`, or nothing.

    Raises
    ------
    RefusedError
        for anything else of that name.
    """
    if not folder.exists() or (folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))):
        return
    if not folder.is_dir():
        message = f"{folder} is a file; wanted the name of a folder"
        raise RefusedError(Problem("foreign-folder", message, hint="Use another --out."))
    message = f"{folder} holds other things than bbsim's (it has no {mark}), so it is never replaced"
    raise RefusedError(Problem("foreign-folder", message, hint="Use another --out."))


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder to fill, moved to its place in one step when all went well, and gone when not.

    Raises
    ------
    EnvironmentFault
        if anything can't be written.
    """
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield partial
        _put_in_place(partial, folder)
    except OSError as error:
        shown = str(error.filename or folder).replace(str(partial), str(folder))
        raise EnvironmentFault(Problem("write", f"{shown}: {error.strerror or error}")) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@unhurried()
def load(folder: Path, *, verify: bool = True) -> Run:
    """Read a run's folder back.

    Raises
    ------
    InputError
        if it is no run, of another format, or a table was changed since (`verify`).
    """
    from bbsim.reading import load as load_scenario

    head = read_head(folder)
    scenario = load_scenario(folder / "scenario.yaml")
    country = Country.read(folder / "country")
    tables: dict[str, Columns] = {}
    problems = []
    for name, digest in (("scenario", scenario.digest), ("country", country.digest)):
        if verify and digest != head.get(name):
            where = str(folder / {"scenario": "scenario.yaml", "country": "country"}[name])
            problems.append(Problem(f"edited-{name}", "its checksum differs from run.json's", where=where))
    for name in TABLES:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            if name in MADE_FROM_EVENTS and name not in head["tables"]:
                continue  # the folder is older than the table
            problems.append(Problem("missing-table", f"the run has no {path.name}", where=str(folder)))
            continue
        try:
            tables[name] = read_table(path)
        except (OSError, ValueError) as error:
            problems.append(Problem("damaged-table", str(error), where=str(path)))
            continue
        if verify and table_hash(tables[name]) != head["tables"].get(name):
            problems.append(Problem("edited-table", "its checksum differs from run.json's", where=str(path)))
    if problems:
        raise InputError(problems)
    run = Run(
        scenario=scenario,
        country=country,
        seed=int(head["seed"]),
        replication=int(head.get("replication", 0)),
        events=events_from(tables["events"], country, scenario.fund_names),
        tables=tables,
        seconds=dict(head.get("seconds", {})),
        code=str(head.get("code", "")),
    )
    if len(tables) < len(TABLES):
        again = measure(replace(run, tables={})).tables
        tables.update((name, again[name]) for name in MADE_FROM_EVENTS if name not in tables)
    return run


def read_head(folder: Path) -> dict[str, Any]:
    """The run's `run.json`.

    Raises
    ------
    InputError
        if the folder holds no finished run.
    """
    path = folder / "run.json"
    if not path.is_file():
        why = "not a run folder: it has no run.json" if folder.is_dir() else "no such folder"
        raise InputError(
            Problem(
                "no-run", why, where=str(folder), hint="bbsim run and bbsim ensemble say where theirs is."
            )
        )
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("bad-json", str(error), where=str(path))) from None
    kinds = {"format": int, "tables": dict, "seed": int}
    known = isinstance(head, dict) and all(isinstance(head.get(k), kind) for k, kind in kinds.items())
    if not known or head["format"] != FORMAT:
        raise InputError(Problem("run-format", f"not a run of format {FORMAT}", where=str(path)))
    return dict(head)


def describe(folder: Path) -> str:
    """What a folder holds, in a few words; empty if it is no run."""
    try:
        head = read_head(folder)
    except InputError:
        return ""
    return f"run {head.get('name')} of {head.get('written')}"


# ---- writing ----------------------------------------------------------------------------------
def write_inputs(run: Run, folder: Path) -> None:
    """What a run needs to be repeated from its folder: the scenario, the country, models of its own."""
    from bbsim.reading import dump

    (folder / "scenario.yaml").write_text(dump(run.scenario), encoding="utf-8")
    run.country.write(folder / "country")
    if run.code and run.scenario.origin is not None:
        for name in run.scenario.code_files:
            source = run.scenario.origin.parent / name
            if source.is_file():  # a run that is kept in memory may outlive it
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / name)


def _fill(run: Run, folder: Path, command: str, report: bool) -> None:
    from bbsim.geodata.geopackage import write_network

    write_inputs(run, folder)

    def tables() -> None:
        hashes: dict[str, str] = {}
        for name in TABLES:
            write_table(run.tables[name], folder / f"{name}.parquet")
            hashes[name] = table_hash(run.tables[name])
        head.update(_head(run, command, hashes))
        if len(run.events) > MANY_EVENTS and isinstance(run.tables, Tables):
            run.tables.forget("events")
        write_network(run, folder / "network.gpkg")

    head: dict[str, Any] = {}
    if report:
        from bbsim.report import write as write_report

        write_report(run, folder, meanwhile=tables)
    else:
        tables()
    head["peak_memory_mib"] = _peak_memory_mib()
    (folder / "run.json").write_text(json.dumps(head, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())


def _head(run: Run, command: str, hashes: dict[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": run.default_name,
        "bbsim": _version("bbsim"),
        "command": command,
        "digest": run.digest,
        "scenario": run.scenario.digest,
        "country": run.country.digest,
        "code": run.code,
        "seed": run.seed,
        "replication": run.replication,
        "tables": hashes,
        "events": len(run.events),
        "event_rows": len(run.tables["events"]["minute"]),
        "seconds": {name: round(value, 3) for name, value in sorted(run.seconds.items())},
        "peak_memory_mib": _peak_memory_mib(),
        "python": platform.python_version(),
        "platform": sys.platform,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "written": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }


def _peak_memory_mib() -> int:
    """The most that this process, or one that it started, has held."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(most / 1024)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _put_in_place(partial: Path, folder: Path) -> None:
    if not folder.exists():
        partial.rename(folder)
        return
    old = folder.parent / f".{folder.name}.old-{os.getpid()}"
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_table(columns: Mapping[str, Any], path: Path) -> None:
    """Columns as Parquet; NaN, NaT and None are null. Of a long table a block of rows is held at a time."""
    import pyarrow.parquet as pq

    kinds = {name: _object_type(column) for name, column in columns.items() if column.dtype == object}
    rows = max((len(column) for column in columns.values()), default=0)
    first = _arrow(columns, kinds, 0)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for begin in range(ROWS_AT_ONCE, rows, ROWS_AT_ONCE):
            writer.write_table(_arrow(columns, kinds, begin))


def _arrow(columns: Mapping[str, Any], kinds: Mapping[str, Any], begin: int) -> Any:
    """One block of rows as a table of arrow's."""
    import pyarrow as pa

    arrays = {}
    for name, whole in columns.items():
        column = whole[begin : begin + ROWS_AT_ONCE]
        if isinstance(column, np.ma.MaskedArray):
            arrays[name] = pa.array(np.ma.getdata(column), mask=np.ma.getmaskarray(column))
        elif name in kinds:
            arrays[name] = pa.array(column.tolist(), type=kinds[name])
        else:
            arrays[name] = pa.array(column, from_pandas=True)
    return pa.table(arrays)


def _object_type(column: np.ndarray[Any, Any]) -> Any:
    import pyarrow as pa

    first = next((value for value in column if value is not None), "")
    if not isinstance(first, list):
        return pa.string()
    return pa.list_(pa.int64() if first and isinstance(first[0], int) else pa.string())


def read_table(path: Path) -> dict[str, Any]:
    """Columns of a Parquet file, as `write_table` got them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    out: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        array = column.combine_chunks()
        if pa.types.is_integer(array.type) and array.null_count:
            out[name] = np.ma.MaskedArray(
                array.fill_null(0).to_numpy(zero_copy_only=False),
                array.is_null().to_numpy(zero_copy_only=False),
            )
        elif pa.types.is_string(array.type) or pa.types.is_list(array.type):
            values = np.empty(len(array), dtype=object)
            for i, value in enumerate(array.to_pylist()):
                values[i] = value
            out[name] = values
        else:
            out[name] = array.to_numpy(zero_copy_only=False)
    return out
