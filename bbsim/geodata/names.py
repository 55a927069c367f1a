"""Names in Azerbaijani and in English, from one another's spellings.

GeoNames gives one name and many variants; a pack wants the Azerbaijani spelling and a plain English one,
so that every reader can find and type a place.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

_ENGLISH = {
    "ə": "a", "c": "j", "x": "kh", "q": "g", "ç": "ch", "ş": "sh", "ğ": "gh", "ı": "i", "ö": "o", "ü": "u",
}  # fmt: skip
_OWN = frozenset("əğışçöüxq")  # letters that tell an Azerbaijani spelling from an English one
_ALPHABET = frozenset("abcçdeəfgğhxıijkqlmnoöprsştuüvyz ")
NEAR_ENOUGH = 0.8  # how like the main name a variant must sound to be taken for its spelling


def _lower(letter: str) -> str:
    return {"İ": "i", "I": "ı"}.get(letter, letter.lower())


def english(name: str) -> str:
    """An Azerbaijani name in the usual English spelling.

    >>> english("Maştağa"), english("Qıvraq"), english("İsmayıllı")
    ('Mashtagha', 'Givrag', 'Ismayilli')
    """
    out = []
    for letter in name:
        low = _lower(letter)
        plain = _ENGLISH.get(low, low)
        out.append(plain.capitalize() if letter != low else plain)
    return "".join(out)


def azerbaijani(name: str, variants: Sequence[str]) -> str:
    """The Azerbaijani spelling of a name: itself, or the variant that sounds like it in that alphabet.

    >>> azerbaijani("Givrag", ["Kivrakh", "Qivraq", "Qıvraq"])
    'Qıvraq'
    >>> azerbaijani("Samur", ["sa mu er"])
    'Samur'
    """
    if _own(name):
        return name
    like = english(name).casefold()
    found = []
    for variant in sorted({v.replace("ǝ", "ə").strip() for v in variants}):
        if variant[:1].isupper() and _own(variant) and all(_lower(letter) in _ALPHABET for letter in variant):
            sounds = difflib.SequenceMatcher(None, english(variant).casefold(), like).ratio()
            if sounds >= NEAR_ENOUGH:
                found.append((-sum(_lower(letter) in _OWN for letter in variant), -sounds, variant))
    return min(found)[2] if found else name


def _own(name: str) -> int:
    return sum(_lower(letter) in _OWN - {"ı"} or letter == "ı" for letter in name)


def slug(name: str) -> str:
    """An ascii id of an English name.

    >>> slug("Haji Zeynalabdin"), slug("28 May")
    ('haji-zeynalabdin', '28-may')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
