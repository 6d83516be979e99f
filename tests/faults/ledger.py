"""The ledger of a fault run: what was sent (noted before sending) and what was answered (noted after).

Plain data. The workload writes it; the oracle knows the platform only from here and from what it reads itself.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["facility", "open_day", "person", "screening", "correction", "void", "task"]
Body = dict[str, Any]
PASSING = frozenset({502, 503, 504})
"""What a server answers while it, or what it needs, cannot serve: the client comes again."""


@dataclass(frozen=True)
class Command:
    """One thing to be done, with the key under which it is repeated. `about` is the id of the record it concerns."""

    key: str
    kind: Kind
    method: str
    path: str
    role: str
    area: str
    about: str
    body: Body
    facts: Body = field(default_factory=dict)
    """What the record is about and the body does not say, e.g. the person behind a correction."""


@dataclass(frozen=True)
class Answer:
    """A definite answer: the status, and the version of the record (None where it was refused)."""

    status: int
    version: int | None
    replayed: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the platform has taken the command on."""
        return 200 <= self.status < 300


@dataclass
class Entry:
    """A command and what became of it; `answer` is None while it is unknown."""

    command: Command
    number: int
    tries: int = 0
    answer: Answer | None = None
    answered_at: float = 0.0
    """Monotonic seconds of the first definite answer."""


class Ledger:
    """All commands of one run, in the order in which they were meant."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self.contradictions: list[str] = []
        """Commands that got two different definite answers."""
        self.breakdowns: list[str] = []
        """Answers that no client may be given: a server error that is not reported as retryable."""

    def intend(self, command: Command) -> Entry:
        """Note a command before it is sent; the same command again counts one more try."""
        entry = self._entries.setdefault(command.key, Entry(command, len(self._entries) + 1))
        entry.tries += 1
        return entry

    def settle(self, key: str, answer: Answer) -> None:
        """Note a definite answer; a later one must say the same."""
        entry = self._entries[key]
        if entry.answer is None:
            entry.answer, entry.answered_at = answer, time.monotonic()
        elif (entry.answer.status, entry.answer.version) != (answer.status, answer.version):
            self.contradictions.append(
                f"{entry.command.kind} {entry.command.about}: answered {entry.answer.status} version"
                f" {entry.answer.version}, then {answer.status} version {answer.version}"
            )

    def judge_status(self, status: int, where: str, *, retryable: bool) -> None:
        """Note an answer of any kind: 502, 503, 504 and what is called retryable may come while something is hurt."""
        if status >= 500 and status not in PASSING and not retryable:
            self.breakdowns.append(f"{where} was answered {status}")

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Entry]:
        """Return every command, in order."""
        return list(self._entries.values())

    def acknowledged(self, *kinds: Kind) -> list[Entry]:
        """Commands with a 2xx (of the given kinds; all when none is given)."""
        return [
            entry
            for entry in self._entries.values()
            if entry.answer is not None and entry.answer.accepted and (not kinds or entry.command.kind in kinds)
        ]

    def refused(self) -> list[Entry]:
        """Commands that were definitely refused: they must have had no effect."""
        return [e for e in self._entries.values() if e.answer is not None and not e.answer.accepted]

    def unknown(self) -> list[Entry]:
        """Commands whose outcome is unknown."""
        return [e for e in self._entries.values() if e.answer is None]

    def write(self, path: Path) -> None:
        """Write everything as JSON lines, to look into a failed run."""
        path.write_text("".join(f"{line}\n" for line in _lines(self._entries.values())))


def _lines(entries: Iterable[Entry]) -> Iterable[str]:
    return (json.dumps(asdict(entry), sort_keys=True) for entry in entries)
