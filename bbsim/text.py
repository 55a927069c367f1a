"""Texts that are safe to print, to compare and to use as file names.

A name may hold any letter of any script, but no control characters, no invisible ones and none that turn
the direction of writing: those forge log lines and make two different names look the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from bbsim.conversion import problem, show

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

# Control characters, line and paragraph separators, zero-width characters, bidirectional controls, BOM.
UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SLUG_LENGTH = 64
# Letters of Azerbaijani and Turkish that Unicode does not take apart into an ASCII letter and a mark.
_PLAIN_LETTERS = str.maketrans("əƏıİøØłŁđĐßæÆ", "eEiIoOlLdDsaA")


def printable(text: str) -> str:
    """A text as it may go to a terminal: unsafe characters become their code points.

    >>> printable("Bak\\x1b[2Jı")
    'Bak<U+001B>[2Jı'
    """
    return UNSAFE.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def slug(text: str) -> str:
    """The nearest text that is a name of a-z, 0-9, dot, underscore and hyphen.

    >>> slug("Şəki Zaqatala")
    'seki-zaqatala'
    """
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN_LETTERS))
    kept = re.sub(r"[^a-z0-9._-]+", "-", folded.encode("ascii", "ignore").decode().lower())
    return kept.strip("-._")[:_SLUG_LENGTH]


def same_look(text: str) -> str:
    """What two names share if a reader takes them for the same: Unicode form, case and blanks set aside."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _no_text(value: object, wanted: str) -> Exception:
    plain = isinstance(value, (bool, int, float, date))
    hint = f'Write "{show(value)}" in quotes.' if plain else ""
    return problem("text", f"saw {show(value)}, wanted {wanted}", hint)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    longest: int = 1000

    def read(self, value: object) -> str:
        """The text in Unicode's composed form; raises `PydanticCustomError` for what is no safe line."""
        if not isinstance(value, str):
            raise _no_text(value, "text")
        if len(value) > self.longest:
            raise problem("limit", f"saw a text of {len(value)} characters; the limit is {self.longest}")
        unsafe = UNSAFE.search(value)
        if unsafe:
            fallback = "a line break" if unsafe[0] in "\r\n" else "a control character"
            name = unicodedata.name(unsafe[0], fallback).lower()
            seen = f"U+{ord(unsafe[0]):04X} ({name}) at character {unsafe.start() + 1}"
            raise problem("unsafe-text", f"saw {seen}, wanted one plain line")
        return unicodedata.normalize("NFC", value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class SlugText:
    """A short name of a-z, 0-9, dot, underscore and hyphen: an id, or the name of a folder."""

    def read(self, value: object) -> str:
        """The name; raises `PydanticCustomError` with the nearest one that would do."""
        wanted = f"a short name of a-z, 0-9, '.', '_' and '-' (at most {_SLUG_LENGTH})"
        if not isinstance(value, str):
            raise _no_text(value, wanted)
        if not _SLUG.fullmatch(value) or len(value) > _SLUG_LENGTH:
            near = slug(value)
            raise problem(
                "name", f"saw {show(printable(value))}, wanted {wanted}", f"Write {near}." if near else ""
            )
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_SLUG.pattern}$", "maxLength": _SLUG_LENGTH}


@dataclass(frozen=True, slots=True)
class MonthDayText:
    """A day of every year, MM-DD."""

    def read(self, value: object) -> str:
        """The day; raises `PydanticCustomError` for what is no day of every year (29 February is not)."""
        wanted = "a day of the year as MM-DD"
        if not isinstance(value, str):
            raise problem("date", f"saw {show(value)}, wanted {wanted}", 'For example "12-15".')
        match = re.fullmatch(r"(\d\d)-(\d\d)", value)
        try:
            date(2001, int(match[1]), int(match[2])) if match else date(0, 0, 0)
        except ValueError:
            raise problem("date", f"saw {show(printable(value))}, wanted {wanted}") from None
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"}
