"""Rates of requests per account and class of route, as token buckets of this process.

A bucket holds what an account may ask for at once and fills at its rate. Anonymous evaluations are counted by the
address that the proxy in front adds last to X-Forwarded-For, else by the connection's.
"""

import time
from collections.abc import Callable
from typing import Final, Literal

from starlette.requests import Request

from ilp_shared.limits import Limits
from ilp_shared.problems import TooMany
from ilp_shared.text import Text

RateClass = Literal["reads", "commands", "batch_rows", "evaluations"]
_MINUTE_S: Final = 60.0
_MOST_BUCKETS: Final = 20_000
_TOO_FAST: Final = Text(
    "Terlalu banyak permintaan dari akun ini dalam waktu singkat; tunggu sebentar, lalu kirim lagi.",
    "Too many requests from this account in a short time; wait a little, then send again.",
)


class Rates:
    """The buckets of one process."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._allowed: dict[RateClass, tuple[float, float]] = {
            "reads": (limits.reads_per_s, limits.reads_per_s * limits.burst_s),
            "commands": (limits.commands_per_s, limits.commands_per_s * limits.burst_s),
            "batch_rows": (limits.batch_rows_per_min / _MINUTE_S, limits.batch_rows_per_min),
            "evaluations": (limits.evaluations_per_s, limits.evaluations_per_s * limits.burst_s),
        }
        self._buckets: dict[tuple[RateClass, str], tuple[float, float]] = {}
        """Content and instant of the last change."""

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._buckets)

    def take(self, kind: RateClass, client: str, number: int = 1) -> None:
        """Take from a client's bucket; raises TooMany, with the seconds until it holds enough again.

        A number above what a bucket can hold takes all of a full one.
        """
        per_s, most = self._allowed[kind]
        number = min(number, max(1, int(most)))
        now = self._monotonic()
        content, changed = self._buckets.get((kind, client), (max(1.0, most), now))
        content = min(max(1.0, most), content + (now - changed) * per_s)
        if content < number:
            self._buckets[kind, client] = content, now
            raise TooMany(_TOO_FAST, retry_after_s=max(1.0, (number - content) / per_s))
        self._forget(now)
        self._buckets[kind, client] = content - number, now

    def _forget(self, now: float) -> None:
        """Forget full buckets when there are too many, then all, so that memory is bounded."""
        if len(self._buckets) < _MOST_BUCKETS:
            return
        self._buckets = {
            (kind, client): (content, changed)
            for (kind, client), (content, changed) in self._buckets.items()
            if content + (now - changed) * self._allowed[kind][0] < self._allowed[kind][1]
        }
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets.clear()


def address_of(request: Request) -> str:
    """Return the address of an anonymous client, as the nearest proxy saw it."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "")
