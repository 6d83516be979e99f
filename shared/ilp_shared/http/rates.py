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
"""Of one class: memory is bounded, the bucket that is unchanged longest goes first."""
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
        self._buckets: dict[RateClass, dict[str, tuple[float, float]]] = {kind: {} for kind in self._allowed}
        """Content and instant of the last change, the longest unchanged first. Classes do not displace each other."""

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return sum(len(buckets) for buckets in self._buckets.values())

    def take(self, kind: RateClass, client: str, number: int = 1) -> None:
        """Take from a client's bucket; raises TooMany, with the seconds until it holds enough again.

        A number above what a bucket can hold takes all of a full one.
        """
        per_s, most = self._allowed[kind]
        number = min(number, max(1, int(most)))
        now, buckets = self._monotonic(), self._buckets[kind]
        content, changed = buckets.pop(client, (max(1.0, most), now))
        content = min(max(1.0, most), content + (now - changed) * per_s)
        is_enough = content >= number
        buckets[client] = (content - number if is_enough else content), now
        if len(buckets) > _MOST_BUCKETS:
            del buckets[next(iter(buckets))]
        if not is_enough:
            raise TooMany(_TOO_FAST, retry_after_s=max(1.0, (number - content) / per_s))


def address_of(request: Request) -> str:
    """Return the address of an anonymous client, as the nearest proxy saw it."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "")
