"""Chance and identifiers of the demonstration that are the same on every machine and in every run.

Everything is drawn from the names of what it is for, never from a shared stream, so that a part of the day can
be left out or repeated without changing the rest.
"""

from __future__ import annotations

import hashlib
import random
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "urn:ilp:demonstration:1")


def _name(parts: tuple[object, ...]) -> str:
    return "|".join(map(str, parts))


def demo_id(*parts: object) -> UUID:
    """Return the UUID of a made-up record."""
    return uuid5(NAMESPACE, _name(parts))


def share(*parts: object) -> float:
    """Return the number in [0, 1) that belongs to these names."""
    digest = hashlib.sha256(_name(parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)


def dice(*parts: object) -> random.Random:
    """Return the random stream that belongs to these names."""
    return random.Random(_name(parts))  # noqa: S311  made-up data, nothing secret
