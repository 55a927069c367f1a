"""Builds the pack of every country of over a million people and writes `docs/countries.md`.

Run as ``python docs/countries_page.py FOLDER``; it takes about an hour. The rows are kept in the folder, so
that a second run goes on where the first one stopped.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "countries.md"
LEAST_PEOPLE = 1_000_000
HEAD = """# Countries of over a million people

Built by `python docs/countries_page.py`, one process, from the data packages alone; smaller countries first.

- *Listed*: the share of people in places that GeoNames gives a figure for, parts of cities counted
  once. The rest live in villages known by name, or made up.
- *Links*: what joins the pieces that the corridors leave apart: over own land, by sea, leased.
- *Warnings*: those of `bbsim geodata check`.
- *Seconds*: on a machine of two cores shared with other work.

| country | places | nodes | km | people | listed | land | sea | leased | pieces | seconds | warnings |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def row(iso3: str) -> dict[str, Any]:
    """Build one country in a folder that is thrown away, and say what came of it."""
    from collections import Counter

    import numpy as np
    from bbsim.country import Country
    from bbsim.geodata.audit import Seen, audit
    from bbsim.geodata.nation.builder import build

    began = time.monotonic()
    made = build(iso3)
    seconds = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder:
        made.pack.write(Path(folder))
        country = Country.read(folder)
        findings = audit(country)
    known = np.array([g is not None for g in country.nodes["geonameid"]], dtype=bool)
    rural = np.array([kind == "rural_synthetic" for kind in country.kind], dtype=bool)
    people = int(country.population.sum())
    modes = Counter(joint.mode for joint in made.joints)
    return {
        "iso3": iso3,
        "name": country.name,
        "places": int(country.is_place.sum()),
        "nodes": len(country.ids),
        "km": float(country.km.sum()),
        "people": people,
        "right": people == made.national.people,
        "listed": float(country.population[known & ~rural].sum()) / max(people, 1),
        "links": [modes["link"], modes["submarine"], modes["leased"]],
        "pieces": int(Seen(country, None).piece.max()) + 1,
        "seconds": seconds,
        "warnings": [finding.check for finding in findings],
        "errors": [finding.check for finding in findings if finding.severity == "error"],
    }


def page(rows: list[dict[str, Any]], wanted: int) -> str:
    """The page from the rows at hand, by people; `wanted` is how many countries there are."""
    lines = []
    for r in sorted(rows, key=lambda r: -int(r.get("people", 0))):
        if "failed" in r:
            lines.append(f"| {r['iso3']} | failed: {r['failed']} | | | | | | | | | | |")
            continue
        links = " | ".join(str(k) for k in r["links"])
        warnings = ", ".join(dict.fromkeys(r["warnings"])) or "none"
        lines.append(
            f"| {r['name']} | {r['places']:,} | {r['nodes']:,} | {r['km']:,.0f} | {r['people']:,} | "
            f"{r['listed']:.0%} | {links} | {r['pieces']} | {r['seconds']:.0f} | {warnings} |"
        )
    failed = sum("failed" in r for r in rows)
    wrong = sum(not r.get("right", False) or bool(r.get("errors")) for r in rows) - failed
    tail = (
        f"\n{len(rows)} of {wanted} countries are built here, {failed} failed; "
        f"{wrong} hold other than the nation's total or an error. "
        f"{sum(r.get('seconds', 0.0) for r in rows) / 60:.0f} minutes in all.\n"
    )
    return HEAD + "\n".join(lines) + "\n" + tail


def main(folder: Path) -> None:
    """Build what is not yet in the folder, smallest countries first, and write the page."""
    from bbsim.geodata.nation.indicators import codes, read_indicators

    folder.mkdir(parents=True, exist_ok=True)
    wanted = [c for c in codes().values() if read_indicators(c).people >= LEAST_PEOPLE]
    for code in sorted(wanted, key=lambda c: (c.people, c.iso3)):
        kept = folder / f"{code.iso3}.json"
        if kept.is_file():
            continue
        try:
            found = row(code.iso3)
        except Exception as error:  # a row that failed is what the page is there to show
            found = {"iso3": code.iso3, "failed": f"{type(error).__name__}: {error}"[:200]}
        kept.write_text(json.dumps(found), encoding="utf-8")
        print(code.iso3, round(found.get("seconds", 0)), found.get("failed", ""), flush=True)
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    PAGE.write_text(page(rows, len(wanted)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "countries"))
