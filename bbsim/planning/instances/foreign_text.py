"""Opening files that somebody else wrote: benchmark texts and graphs.

A file is opened only if it is an ordinary one of bearable size, its content is looked at before its
name is believed, and XML is read without entities: a document type is refused, as it can swell a few
bytes to gigabytes or name other files. Every element keeps its line, so that a fault can be found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from bbsim.errors import EnvironmentFault, InputError, Problem, RefusedError
from bbsim.text import UNSAFE, printable

LARGEST_FILE_BYTES = 64 * 2**20
MOST_ELEMENTS = 2_000_000  # about 600 bytes each: elements of an XML file, values of a GML file
DEEPEST = 64
LONGEST_TEXT = 10_000
LONGEST_NUMBER = 40
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x7fELF", "a program"),
)
_PACKED = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")


def looks_like(raw: bytes) -> str:
    """What the first bytes of a file say it is, or the empty string for what may be text.

    >>> looks_like(b"\\x89PNG....")
    'a PNG picture'
    """
    return next((what for magic, what in _MAGIC if raw.startswith(magic)), "")


def check_file(path: Path, limit: int = LARGEST_FILE_BYTES) -> bytes:
    """The first bytes of a file, once it is known to be ordinary, not empty, not too large, not packed.

    Raises
    ------
    InputError, RefusedError, EnvironmentFault
        if the file can't or should not be read.
    """
    where = str(path)
    try:
        if not path.exists():
            raise InputError(Problem("no-file", "no such file", where=where))
        if not path.is_file():
            raise InputError(Problem("no-file", "this is no ordinary file", where=where))
        size = path.stat().st_size
        if size == 0:
            raise InputError(Problem("empty-file", "the file is empty", where=where))
        if size > limit:
            seen = f"the file has {size / 2**20:.0f} MiB; the limit is {limit // 2**20} MiB"
            raise RefusedError(Problem("too-big", seen, where=where))
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        raise EnvironmentFault(Problem("unreadable", str(error.strerror), where=where)) from None
    packed = next((name for magic, name in _PACKED if head.startswith(magic)), "")
    if packed:
        message = f"the file is packed ({packed}); how large it is inside is not known"
        raise RefusedError(Problem("packed", message, where=where, hint="Unpack it first."))
    return head


def read_raw(path: Path) -> bytes:
    """The bytes of a file that `check_file` lets through."""
    check_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(Problem("unreadable", str(error.strerror), where=str(path))) from None


def read_text(path: Path, wanted: str, *, ascii_kin: bool = False) -> str:
    """The text of a UTF-8 file; a byte-order mark is taken off, line ends are left as they are.

    Parameters
    ----------
    wanted : what the caller hoped for, for the message.
    ascii_kin : True takes other bytes as Latin-1: old benchmark files have umlauts in comments.
    """
    raw = read_raw(path)
    what = looks_like(raw)
    if what:
        raise InputError(
            Problem("content", f"the content looks like {what}; wanted {wanted}", where=str(path))
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if ascii_kin:
            return raw.decode("latin-1")
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is not UTF-8; wanted {wanted}"
        problem = Problem("not-utf8", message, where=f"{path}:{line}", hint="Save the file as UTF-8.")
        raise InputError(problem) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(Problem("content", f"holds NUL bytes; wanted {wanted}", where=f"{path}:{line}"))
    return text


def text_fault(text: str) -> str:
    """What forbids a text as an id or a name, or the empty string."""
    if len(text) > LONGEST_TEXT:
        return f"saw a text of {len(text)} characters; the limit is {LONGEST_TEXT}"
    unsafe = UNSAFE.search(text)
    return f"'{printable(text)[:80]}' holds the unsafe character U+{ord(unsafe[0]):04X}" if unsafe else ""


def number(text: str) -> float | None:
    """The finite number that a text writes with a decimal point, or None.

    >>> number("1.5e3"), number("1,5"), number("nan"), number("1e999")
    (1500.0, None, None, None)
    """
    if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


# ---- XML ----------------------------------------------------------------------------------------
@dataclass(slots=True, eq=False)
class Element:
    """One element: its name without namespace, its attributes, the text right inside it, its line."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> Iterator[Element]:
        """Its children of a name, in file order."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """Its first child of a name, or None."""
        return next(self.all(tag), None)


def read_xml(path: Path, raw: bytes | None = None) -> Element:
    """The root of an XML file.

    Raises
    ------
    RefusedError
        for a document type, entities, too many or too deeply nested elements.
    InputError
        for XML that is damaged, with line and column.
    """
    raw = read_raw(path) if raw is None else raw
    what = looks_like(raw)
    if what:
        raise InputError(Problem("content", f"the content looks like {what}; wanted XML", where=str(path)))
    reader = _XmlReader(path)
    try:
        reader.parser.Parse(raw, True)
    except expat.ExpatError as error:
        cut = " (is the file cut off?)" if error.code in (3, 5) else ""  # no element, unclosed token
        where = f"{path}:{error.lineno}:{error.offset + 1}"
        message = f"damaged XML: {expat.ErrorString(error.code)}{cut}"
        raise InputError(Problem("bad-xml", message, where=where)) from None
    except (LookupError, UnicodeError) as error:
        raise InputError(Problem("bad-xml", f"unknown encoding: {error}", where=f"{path}:1")) from None
    return reader.root.children[0]


class _XmlReader:
    """Builds the tree from the parser's calls; nothing recurses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = Element("", {}, 0)
        self.open = [self.root]
        self.count = 0
        self.texts: list[list[str]] = [[]]
        self.parser: Any = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = lambda text: self.texts[-1].append(text)

    def _refuse(self, slug: str, message: str, hint: str = "") -> None:
        where = f"{self.path}:{self.parser.CurrentLineNumber}"
        raise RefusedError(Problem(slug, message, where=where, hint=hint))

    def _doctype(self, *_: Any) -> None:
        message = "a document type (<!DOCTYPE … or <!ENTITY …) can hide an entity bomb and is not read"
        self._refuse("xml-entity", message, "Delete the declaration.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS:
            self._refuse("too-big", f"more than {MOST_ELEMENTS} XML elements, the limit")
        if len(self.open) > DEEPEST:
            self._refuse("nesting", f"elements are nested more than {DEEPEST} deep")
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition(" ")[2], plain, self.parser.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)
        self.texts.append([])

    def _end(self, _: str) -> None:
        self.open.pop().text = "".join(self.texts.pop()).strip()
