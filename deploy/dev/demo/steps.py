"""One request of the demonstration as a value: its sender, path, body and keys. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Body = Mapping[str, object]


@dataclass(frozen=True)
class Sender:
    """Whose token is used: a role and the area it covers."""

    role: str
    area: str


@dataclass(frozen=True)
class Step:
    """One write. Either a single command (`body` with `key`) or a batch (`items`, each with its own key)."""

    sender: Sender
    path: str
    body: Body | None = None
    key: str | None = None
    items: Sequence[Body] = ()


@dataclass(frozen=True)
class Unit:
    """The consecutive steps of one kader or midwife; `at` is their time of the morning, 0 to 1."""

    at: float
    steps: tuple[Step, ...]
