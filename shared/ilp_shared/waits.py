"""Waits of the event path: how long until a lease expires, a member is missed, an answer is given up.

Defaults are the production values. Tests that break things scale them down, so that the same behaviour takes less
time. Pure.
"""

from typing import Self

from pydantic import Field, model_validator

from ilp_shared.models import Frozen

_WORK = frozenset({"statement_s", "lock_s"})


class Waits(Frozen):
    """Seconds, each the longest wait of its kind; environment: `ILP_<SERVICE>_WAITS` as a JSON object."""

    lease_s: float = Field(6.0, gt=0, le=60)
    """A relay that has not renewed its lease for so long has lost it."""
    beat_s: float = Field(1.0, gt=0)
    """Between two high-water marks, and the longest wait of an idle relay for a notification."""
    look_s: float = Field(0.5, gt=0)
    """Between two attempts to lead, to connect again or to join again."""
    session_s: float = Field(10.0, gt=0)
    """Kafka removes a consumer without a heartbeat for so long from its group. The broker's own limits apply."""
    heartbeat_s: float = Field(2.0, gt=0)
    """Between two heartbeats of a consumer."""
    stall_s: float = Field(12.0, gt=0)
    """A partition unread for so long, although its log grows, makes the consumer join again."""
    give_up_s: float = Field(60.0, gt=0)
    """Joining again for so long without success ends the worker."""
    refused_s: float = Field(5.0, gt=0)
    """A member whose projection refuses stays out of the group for so long."""
    ask_again_s: float = Field(5.0, gt=0)
    """A replay that brought nothing for so long is requested again."""
    kafka_request_s: float = Field(20.0, gt=0)
    """Longest wait of a producer for Kafka's answer."""
    statement_s: float = Field(15.0, gt=0)
    """PostgreSQL ends a statement after so long; a worker drops its connection one second later."""
    lock_s: float = Field(3.0, gt=0)
    """PostgreSQL ends the wait for a lock after so long."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.beat_s >= self.lease_s:
            raise ValueError("beat_s must be shorter than lease_s, which each beat renews")
        if self.heartbeat_s >= self.session_s:
            raise ValueError("heartbeat_s must be shorter than session_s, which each heartbeat renews")
        return self

    def scaled(self, factor: float) -> Self:
        """Return the same waits, each multiplied by `factor`; raises ValidationError for a lease out of its limit.

        Limits of work (a statement, a lock) stay: shorter ones would fail a busy machine, and prove nothing more.
        """
        return self.model_validate(
            {name: value if name in _WORK else value * factor for name, value in self.model_dump().items()}
        )
