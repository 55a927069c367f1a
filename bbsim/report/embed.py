"""What goes into the one file: templates with escaping on, data that cannot end its script, hashed scripts.

Names in a scenario or a country pack are a stranger's text. They reach the page as text only: the template
escapes them, embedded JSON has no character that HTML reads, scripts write them with `textContent`, and the
page's own policy lets nothing be fetched and no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

_HTML_SPECIAL = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
SCRIPTS = ("core.js", "map.js", "charts.js", "gantt.js", "tables.js")


def script_json(value: Any) -> Markup:
    """A value as JSON that may stand between script tags.

    >>> str(script_json({"name": "</script>"}))
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(re.sub("[<>&\u2028\u2029]", lambda match: _HTML_SPECIAL[match[0]], text))


def page(
    template: str,
    context: Mapping[str, Any],
    scripts: Sequence[str] = SCRIPTS,
    sheets: Sequence[str] = ("report.css",),
) -> str:
    """A whole page from a template of this package and its context, with these scripts and style sheets."""
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    library, own = _library(), "\n".join(_static(name) for name in scripts)
    styles = _library_sheet() + "".join(_static(name) for name in sheets)
    parts = {
        "style": Markup(styles),
        "scripts": [Markup(library), Markup(own)],
        "policy": policy([library, own]),
    }
    return environment.get_template(template).render(dict(context) | parts)


def policy(scripts: list[str]) -> str:
    """The page's Content-Security-Policy: nothing may be loaded, and only these scripts may run."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    # Positions in charts are style attributes, which can't be hashed; styles alone can fetch nothing here.
    others = "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {allowed}; {others}"


def _template(name: str) -> str:
    return _read("templates", name)


def _static(name: str) -> str:
    return _read("templates", name)


def _library() -> str:
    """Leaflet without the pointer to its source map, which a browser would look for."""
    return re.sub(r"\n?//# sourceMappingURL=\S*\s*$", "", _read("vendor", "leaflet.js"))


def _library_sheet() -> str:
    """Leaflet's style sheet without pictures: nothing here uses them, and they would be looked for."""
    return re.sub(r"url\([^)]*\)", "none", _read("vendor", "leaflet.css"))


def _read(folder: str, name: str) -> str:
    return files("bbsim.report").joinpath(folder, name).read_text(encoding="utf-8")
