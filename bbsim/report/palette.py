"""The colours of pictures and page: told apart by colour-blind eyes and in grey, dark on light.

Hues are those of Okabe and Ito (2008, "Color Universal Design"); the greys are our own.
"""

from __future__ import annotations

from collections.abc import Mapping

INK = "#14213d"
MUTED = "#5b6577"
RULE = "#d9dde5"
LAND = "#f4f1ea"
EDGE = "#a9a294"
REGION_EDGE = "#d8d2c4"
CLOSED = "#8d8d8d"

STATUS: Mapping[str, str] = {
    "proposed": "#dcd9d2",
    "planned": "#9a9a9a",
    "underConstruction": "#e69f00",
    "inactive": "#56b4e9",
    "operational": "#0072b2",
}
"""Colour of a span by its status."""

STATUS_WORDS: Mapping[str, str] = {
    "proposed": "possible corridor",
    "planned": "awarded, not begun",
    "underConstruction": "being built",
    "inactive": "laid, not lit",
    "operational": "lit",
}
"""A span's status in a reader's words."""

SERVED: Mapping[str, str] = {"fibre": "#0072b2", "satellite": "#e7bcd3", "": "#ffffff"}
"""Colour of a place by what serves it; the empty word is nothing yet."""

CAUSES: Mapping[str, str] = {
    "money": "#d55e00",
    "permits": "#cc79a7",
    "crews": "#e69f00",
    "season": "#56b4e9",
    "none": "#e4e6ea",
}
"""Colour of what binds."""

TENDER = "#f3cf80"
"""Colour of a project that is permitted and not yet being built."""

LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b6577", "#14213d")
"""Colours of a chart's lines, in order."""
