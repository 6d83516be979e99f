"""The check of a request's body before any route: complete, within the limit, and unambiguous JSON.

Refused are bodies that are too large (by their announced length, before a byte is read) or too slow, text that is not
JSON (NaN and Infinity are not), numbers that no double holds (1e400), duplicate names in one object (readers would
disagree on which one counts), and nesting deeper than any request model. Routes then read the body as usual. A check of
4 MiB takes up to a second, so a large body is read only from the bearer of a valid token.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from math import isinf
from typing import Final, NoReturn

import orjson
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from ilp_shared.problems import InvalidInput, TooLarge, TooSlow
from ilp_shared.text import Text

MAX_BODY: Final = 4 * 1024 * 1024
MAX_ANONYMOUS_BODY: Final = 64 * 1024
MAX_DEPTH: Final = 500
_CARRIERS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LIMIT = Text("Isi melebihi 4 MiB; bagi menjadi beberapa kiriman.", "The body exceeds 4 MiB; split it.")
_ANONYMOUS_LIMIT = Text(
    "Tanpa token yang berlaku, isi paling besar 64 KiB.", "Without a valid token, a body is at most 64 KiB."
)
_SLOW = Text(
    "Isi tidak tiba dalam {seconds:.0f} detik; kirim lagi, bila perlu dalam bagian lebih kecil.",
    "The body did not arrive within {seconds:.0f} seconds; send it again, in smaller parts if need be.",
)
_UNREADABLE = Text("Isi tidak dapat dibaca sebagai JSON.", "The body cannot be read as JSON.")
_AT = Text("Bukan JSON yang sah: baris {line}, kolom {column}.", "Not valid JSON: line {line}, column {column}.")
_NOT_TEXT = Text("Bukan teks UTF-8 yang sah.", "Not valid UTF-8 text.")
_TOO_DEEP = Text("Bersarang terlalu dalam.", "Nested too deeply.")
_TWICE = Text("Nama isian ini muncul dua kali.", "This field's name appears twice.")
_NO_NUMBER = Text(
    "Harus bilangan berhingga, paling besar 1,7e308 dan tanpa ribuan angka.",
    "Must be a finite number, at most 1.7e308 and without thousands of digits.",
)


async def read_body(
    scope: Scope, receive: Receive, *, within_s: float, trusted: Callable[[], Awaitable[bool]], is_form: bool = False
) -> Receive:
    """Return a `receive` that yields the checked body; raises TooLarge, TooSlow or InvalidInput.

    `trusted` tells whether the request has a valid token; it is awaited when the body exceeds the anonymous limit. A
    form is left to its route.
    """
    if scope["method"] not in _CARRIERS:
        return receive
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdecimal() or int(announced) > MAX_BODY:
        raise TooLarge(_LIMIT)
    try:
        async with asyncio.timeout(within_s):
            body = await _collect(receive, trusted)
    except TimeoutError:
        raise TooSlow(_SLOW.format(seconds=within_s)) from None
    if body is None:
        return _again({"type": "http.disconnect"}, receive)
    if body and not is_form:
        check_json(body)
    return _again({"type": "http.request", "body": body, "more_body": False}, receive)


async def _collect(receive: Receive, trusted: Callable[[], Awaitable[bool]]) -> bytes | None:
    """Return the whole body; None when the client has disconnected.

    A body above the anonymous limit is read to its end and dropped: a client that still sends would miss the answer.
    """
    parts: list[bytes] = []
    size, more, most = 0, True, MAX_ANONYMOUS_BODY
    refused = False
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size, more = size + len(part), message.get("more_body", False)
        if size > MAX_BODY:
            raise TooLarge(_LIMIT)
        if size > most and not refused:
            refused, most = not await trusted(), MAX_BODY
        if refused:
            parts.clear()
        else:
            parts.append(part)
    if refused:
        raise TooLarge(_ANONYMOUS_LIMIT)
    return b"".join(parts)


def _again(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


def check_json(body: bytes) -> None:
    """Check that the body is JSON without duplicate names; raises InvalidInput with the pointer otherwise."""
    try:
        value = _parse(body.decode(json.detect_encoding(body)))
        deep = body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deep(value)
    except UnicodeDecodeError:
        raise _refusal("", "not_text", _NOT_TEXT) from None
    except RecursionError:
        deep = True
    if deep:
        raise _too_deep()


def read_json(body: bytes) -> object:
    """Parse a checked body; raises InvalidInput where it holds a lone surrogate."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _not_json(error.lineno, error.colno) from None


def hash_of(body: object) -> bytes:
    """Return the SHA-256 of a JSON value in canonical form: white space and the order of names do not matter.

    Every checked body has one, also a body that only a form refuses: a lone surrogate, or an integer beyond 64 bits.
    Raises InvalidInput for a value nested deeper than the serialiser allows.
    """
    try:
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        content = _written_slowly(body)
    return hashlib.sha256(content).digest()


def _written_slowly(body: object) -> bytes:
    try:
        return json.dumps(body, sort_keys=True).encode()
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> InvalidInput:
    return _refusal("", "too_deep", _TOO_DEEP)


def _parse(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
    except ValueError:
        raise _why_not(text) from None


def _why_not(text: str) -> InvalidInput:
    try:
        marked = json.loads(
            text, object_pairs_hook=_Members, parse_constant=_Unusable, parse_int=_whole_number, parse_float=_fraction
        )
    except json.JSONDecodeError as error:
        return _not_json(error.lineno, error.colno)
    return next(_faults(marked, ""))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError("no finite number")
    return value


class _Unusable(str):
    """A number that Python's parser accepts and JSON does not (NaN, Infinity), or one that is too large or too long."""


class _Members(list[tuple[str, object]]):
    """An object as a list of its members in the order of the text, duplicates included."""


def _whole_number(digits: str) -> object:
    return _Unusable() if len(digits.lstrip("-")) > sys.get_int_max_str_digits() else 0


def _fraction(digits: str) -> object:
    return _Unusable() if isinf(float(digits)) else 0.0


def _faults(value: object, pointer: str) -> Iterator[InvalidInput]:
    """Yield the refusal of every duplicate name and of every unusable number, in the order of the text."""
    if isinstance(value, _Unusable):
        yield _refusal(pointer, "finite_number", _NO_NUMBER)
    elif isinstance(value, _Members):
        seen = set()
        for name, inner in value:
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in seen:
                yield _refusal(place, "repeated_name", _TWICE)
            seen.add(name)
            yield from _faults(inner, place)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _faults(inner, f"{pointer}/{number}")


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def _not_json(line: int, column: int) -> InvalidInput:
    return _refusal("", "json_invalid", _AT.format(line=line, column=column))


def _refusal(pointer: str, code: str, text: Text) -> InvalidInput:
    return InvalidInput.at(pointer, code, text, _UNREADABLE)
