"""Connection slots: how many live streams one process serves, in all and to one account.

The limit per account keeps one account from taking every slot.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ilp_shared.problems import TooMany, Unavailable
from ilp_shared.text import Text

_FULL = Text(
    "Terlalu banyak layar langsung di server ini; coba lagi sebentar.",
    "Too many live screens on this server; try again shortly.",
)
_FULL_FOR_ONE = Text(
    "Terlalu banyak layar langsung dengan akun ini; tutup sebagian, atau coba lagi sebentar.",
    "Too many live screens under this account; close some, or try again shortly.",
)
_RETRY_S = 5


class ConnectionSlots:
    """The slots that are taken, by account."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[str] = Counter()
        self._open = 0

    @property
    def taken(self) -> int:
        """Streams that are open: the sum of all accounts, kept running because every patch asks for it."""
        return self._open

    @contextmanager
    def take(self, account: str) -> Iterator[None]:
        """Hold a slot for an account; raises Unavailable when none is left, TooMany when it has all that it may."""
        if self._open >= self._most:
            raise Unavailable(_FULL, retry_after_s=_RETRY_S)
        if self._taken[account] >= self._most_of_one:
            raise TooMany(_FULL_FOR_ONE, retry_after_s=_RETRY_S)
        self._taken[account] += 1
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]
