"""A run's network as a GeoPackage that QGIS opens styled, as it is.

Three layers (`nodes`, `spans`, `projects`), and `sites` where there are public sites, with the state at the
end of the run, and the days on which it was reached as dates, so that QGIS's temporal controller can play the
build-out. The same run gives the same bytes.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np

from bbsim import events as ev
from bbsim.metrics.columns import days_of, past_of
from bbsim.run import Run
from bbsim.sites import roster
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

VERSION = "1.2"
"""Version of the GeoPackage standard; QGIS 3.22 warns of later ones."""
_WRITTEN = "2000-01-01T00:00:00.000Z"
"""What stands where a file would say when it was written: a fixed day, so that files can be compared."""
SPAN_COLOURS = {
    "operational": "#0072b2", "inactive": "#56b4e9", "underConstruction": "#e69f00", "planned": "#9a9a9a",
    "proposed": "#dcd9d2",
}  # fmt: skip
SITE_COLOURS = {"fibre": "#009e73", "satellite": "#cc79a7", "": "#d55e00"}
NODE_COLOURS = {"fibre": "#0072b2", "satellite": "#cc79a7", "": "#ffffff"}


def write_network(run: Run, path: Path | str) -> None:
    """Write the network of a run into a new GeoPackage; an older file of that name is replaced.

    Layers (EPSG:4326): ``nodes`` (points), ``spans`` (lines), ``projects`` (lines, merged) and, where a
    scenario has public sites, ``sites`` (points). Lengths are km along the corridor, money is US dollars,
    days are dates; ``in_service`` is the first day of light.

    Raises
    ------
    OSError
        if the file can't be written.
    """
    path = Path(path)
    layers = {"nodes": run_nodes(run), "spans": run_spans(run), "projects": _projects(run)}
    if run.scenario.sites is not None:
        layers["sites"] = run_sites(run)
    styles = {
        "nodes": _style("point", "served_by", NODE_COLOURS),
        "spans": _style("line", "status", SPAN_COLOURS),
        "projects": _style("line", "kind", {"route": "#009e73", "": "#5b6577"}),
        "sites": _style("point", "line", SITE_COLOURS),
    }
    styles = {name: style for name, style in styles.items() if name in layers}
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as scratch:
        partial = Path(scratch) / "network.gpkg"
        with _fixed_date():
            for name, frame in layers.items():
                frame.to_file(
                    partial, layer=name, driver="GPKG", engine="pyogrio", use_arrow=True, VERSION=VERSION
                )
        _add_styles(partial, styles)
        os.replace(partial, path)


# ---- layers -------------------------------------------------------------------------------------
def run_nodes(run: Run) -> gpd.GeoDataFrame:
    """The nodes as points, with what serves them at the end of the run and since when."""
    country, frame = run.country, run.country.nodes_frame()
    table = run.tables["nodes"]
    periods = max(len(run.tables["periods"]["period_end"]), 1)
    count = len(table["node"]) // periods
    at = np.array(
        [country.node_index[node] for node in table["node"][len(table["node"]) - count :]], dtype=np.int64
    )

    def spread(name: str, missing: Any) -> NDArray[Any]:
        last = np.ma.getdata(table[name])[len(table[name]) - count :]
        values = np.full(len(country.ids), missing, dtype=last.dtype if last.dtype != bool else object)
        values[at] = last
        return values

    frame = frame.drop(columns=[name for name in ("status", "status_basis", "note") if name in frame])
    frame["on_fibre"] = np.isin(np.arange(len(country.ids)), at[spread("on_fibre", False)[at].astype(bool)])
    frame["served_by"] = spread("served_by", None)
    frame["in_service"] = _dates(spread("lit_since", np.datetime64("NaT")))
    frame["households_passed"] = spread("households_passed", 0)
    frame["households_connected"] = spread("households_connected", 0)
    frame["achievable_mbps_per_home"] = spread("achievable_mbps_per_home", np.nan)
    frame["busy_hour_mbps_per_home"] = spread("busy_hour_mbps_per_home", np.nan)
    return _typed(frame)


def run_spans(run: Run) -> gpd.GeoDataFrame:
    """The spans as lines, with their status at the end of the run and the days on which it was reached."""
    country, frame = run.country, run.country.spans_frame()
    count, past = len(country.span_ids), past_of(run)
    plans = past.of(ev.PlanMade)
    planned = [span for plan in plans for span in plan.spans]
    when = np.repeat(past.numbers(ev.PlanMade, "minute"), [len(plan.spans) for plan in plans])
    days = {"planned": _first_days(run, np.array(planned, dtype=np.int64), when)}
    kinds: tuple[tuple[str, type[ev.Event]], ...] = (("laid", ev.SpanLaid), ("lit", ev.SpanLit))
    for name, kind in kinds:
        days[name] = _first_days(run, past.numbers(kind, "span"), past.numbers(kind, "minute"))
    table = run.tables["spans"]
    last = run.tables["periods"]["period_end"][-1:]
    now = np.flatnonzero(np.isin(table["period_end"], last))
    at = np.array([country.span_index[table["span"][row]] for row in now], dtype=np.int64)
    status = np.full(count, "proposed", dtype=object)
    status[at] = table["status"][now]
    frame["status"] = status
    for name in ("capacity_gbps", "load_gbps", "utilisation_share"):
        values = np.full(count, np.nan)
        values[at] = table[name][now]
        frame[name] = values
    frame["planned"], frame["laid"], frame["in_service"] = (
        _dates(days[name]) for name in ("planned", "laid", "lit")
    )
    return _typed(frame)


def run_sites(run: Run) -> gpd.GeoDataFrame:
    """Public sites that are open or have a line at the end of the run, as points at their places."""
    import geopandas as gpd

    country = run.country
    past = past_of(run)
    opened = {event.name: event.minute for event in past.of(ev.SiteOpened)}
    lines = {event.name: (event.minute, event.why) for event in past.of(ev.SiteConnected)}
    known = [site for site in roster(run.scenario, country) if site.site in opened or site.site in lines]

    def days(minutes: list[int | None]) -> pd.Series[Any]:
        told = np.array([-1 if minute is None else minute // MINUTES_PER_DAY for minute in minutes])
        day = np.datetime64(run.scenario.start, "D") + told.astype("timedelta64[D]")
        return _dates(np.where(told >= 0, day, np.datetime64("NaT", "D")))

    columns = {
        "site": [site.site for site in known],
        "name": [site.name for site in known],
        "class": [site.of for site in known],
        "place": [country.ids[site.node] for site in known],
        "count": [site.count for site in known],
        "line": [lines[site.site][1] if site.site in lines else "" for site in known],
        "opened": days([opened.get(site.site) for site in known]),
        "connected": days([lines[site.site][0] if site.site in lines else None for site in known]),
    }
    xy = country.node_xy[[site.node for site in known]].reshape(-1, 2)
    return _typed(gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:4326"))


def _projects(run: Run) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely import line_merge, multilinestrings

    country, table = run.country, run.tables["projects"]
    parts = np.array([country.span_index[span] for spans in table["spans"] for span in spans], dtype=np.int64)
    length = np.array([len(spans) for spans in table["spans"]], dtype=np.int64)
    each = country.spans_frame().geometry.to_numpy()[parts]
    lines = np.full(len(length), None, dtype=object)
    routes = np.flatnonzero(length)
    whole = multilinestrings(each, indices=np.repeat(np.arange(len(routes)), length[routes]))
    lines[routes] = [_as_many(line) for line in line_merge(whole)]
    plain: tuple[str, ...] = (
        "project",
        "kind",
        "phase",
        "target",
        "name",
        "length_km",
        "usd",
        "delayed_days",
        "delayed_why",
    )
    plain += ("people_reached", "why")
    columns: dict[str, Any] = {name: table[name] for name in plain}
    columns |= {name: _dates(table[name]) for name in ("planned", "permitted", "started")}
    columns["in_service"] = _dates(table["ready_for_service"])
    columns["spans"] = [" ".join(spans) for spans in table["spans"]]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lines, crs=country.crs), crs=country.crs)


def _as_many(line: Any) -> Any:
    """Every route as a multi-line: a layer has one kind of geometry, and some routes have branches."""
    from shapely import multilinestrings

    return multilinestrings([line]) if line.geom_type == "LineString" else line


def _first_days(run: Run, spans: NDArray[np.int64], minutes: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """(spans,) the day of the first of the minutes told of each span, which come in order of time."""
    first = np.full(len(run.country.span_ids), -1, dtype=np.int64)
    first[spans[::-1]] = minutes[::-1]
    return days_of(run.scenario.start, first)


def _dates(days: NDArray[Any]) -> pd.Series[Any]:
    """Days as a column of dates, which stays one if every day is missing."""
    import pandas as pd
    import pyarrow as pa

    return pd.Series(pa.array(days.astype("datetime64[D]")), dtype=pd.ArrowDtype(pa.date32()))


def _typed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with whole numbers as such where some are missing."""
    for name in ("geonameid", "fibre_count"):
        if name in frame:
            frame[name] = frame[name].astype("Int64")
    return frame


# ---- the file -----------------------------------------------------------------------------------
@contextmanager
def _fixed_date() -> Iterator[None]:
    """GDAL writes a fixed time of change while this lasts."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _add_styles(path: Path, styles: Mapping[str, str]) -> None:
    """The table in which QGIS looks for the default style of a layer."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), "
            "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), "
            "styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, "
            "owner TEXT(30), ui TEXT(30), update_datetime DATETIME)"
        )
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
            "styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_datetime) "
            "VALUES ('', '', ?, 'geom', 'bbsim', ?, '', 1, 'made by bbsim', '', '', ?)",
            [(layer, style, _WRITTEN) for layer, style in styles.items()],
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (_WRITTEN,),
        )
        database.commit()


def _style(kind: str, column: str, colours: Mapping[str, str]) -> str:
    """A QGIS style: one symbol a word of a column, and the temporal controller set to `in_service`."""
    categories = "".join(
        f'<category render="true" symbol="{i}" value={quoteattr(word)} label={quoteattr(word or "other")}/>'
        for i, word in enumerate(colours)
    )
    symbols = "".join(_symbol(kind, i, colour) for i, colour in enumerate(colours.values()))
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
        '<qgis version="3.22" styleCategories="Symbology|Temporal">'
        '<temporal enabled="1" mode="1" startField="in_service" accumulate="1" durationField="" '
        'fixedDuration="0" endField="" startExpression="" endExpression="" durationUnit="min" limitMode="0">'
        "<fixedRange><start></start><end></end></fixedRange></temporal>"
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} forceraster="0" symbollevels="0" '
        f'enableorderby="0"><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2></qgis>'
    )


def _symbol(kind: str, number: int, colour: str) -> str:
    rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    if kind == "point":
        layer, options = "SimpleMarker", {
            "name": "circle", "color": f"{rgb},255", "outline_color": "80,80,80,255", "outline_width": "0.1",
            "size": "1.6", "size_unit": "MM",
        }  # fmt: skip
        family = "marker"
    else:
        layer, family = "SimpleLine", "line"
        options = {
            "line_color": f"{rgb},255",
            "line_width": "0.5",
            "line_width_unit": "MM",
            "capstyle": "round",
        }
    told = "".join(
        f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items()
    )
    return (
        f'<symbol type="{family}" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{told}</Option></layer>'
        "</symbol>"
    )
