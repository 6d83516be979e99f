"""Search keys and sort keys of names, and the usual spelling of names that are published in capitals. Pure."""

import re
import unicodedata

_NOT_KEY = re.compile(r"[^a-z0-9]+")
_WORD_OR_NUMBER = re.compile(r"\d+|[^\W\d_]+")
_MOST_OF_A_KEY = 200
_ROMAN = re.compile(r"[IVX]+")
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_ABBREVIATIONS = frozenset({"DTP", "RI", "SP", "UPT", "UPTD"})
_KINDS = ("kabupaten", "kota", "provinsi", "kepulauan", "puskesmas", "pustu", "posyandu")


def search_key(name: str) -> str:
    """Return the search key of a name: lower-case ASCII letters and digits only (no accents, blanks or marks)."""
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name)
    return _NOT_KEY.sub("", plain.casefold())


def sort_key(name: str) -> str:
    """Return the key by which lists are sorted, in the order of code points: word by word, numbers by their value.

    A number is written after its number of digits, so that 2 comes before 10. At most 200 characters.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    parts = _WORD_OR_NUMBER.findall("".join(part for part in plain if not unicodedata.combining(part)))
    return " ".join(_sorted_number(part) if part.isdecimal() else part for part in parts)[:_MOST_OF_A_KEY]


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


def _sorted_number(digits: str) -> str:
    number = str(int(digits))
    return f"{len(number):03d}{number}"


def _written(word: str) -> str:
    if _ROMAN.fullmatch(word) or word in _ABBREVIATIONS:
        return word
    return _PART.sub(lambda part: part.group().capitalize(), word)
