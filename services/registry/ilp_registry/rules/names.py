"""Search keys of names, and the usual spelling of names that are published in capitals. Pure."""

import re
import unicodedata

_NOT_KEY = re.compile(r"[^a-z0-9]+")
_ROMAN = re.compile(r"[IVX]+")
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_ABBREVIATIONS = frozenset({"DTP", "RI", "SP", "UPT", "UPTD"})
_KINDS = ("kabupaten", "kota", "provinsi", "kepulauan", "puskesmas", "pustu", "posyandu")


def search_key(name: str) -> str:
    """Return the search key of a name: lower-case ASCII letters and digits only (no accents, blanks or marks)."""
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name)
    return _NOT_KEY.sub("", plain.casefold())


def search_terms(name: str) -> set[str]:
    """Return the keys a name is found by from its start: the whole, and without the leading kind word."""
    first, _, rest = name.partition(" ")
    terms = {search_key(name)}
    if first.casefold() in _KINDS and rest:
        terms.add(search_key(rest))
    return terms - {""}


def written_name(capitals: str) -> str:
    """Return a name given in capitals as it is usually written: `PENAGO II` → `Penago II`."""
    return " ".join(_written(word) for word in capitals.split())


def _written(word: str) -> str:
    if _ROMAN.fullmatch(word) or word in _ABBREVIATIONS:
        return word
    return _PART.sub(lambda part: part.group().capitalize(), word)
