"""How long the event path waits: for a lease to expire, a member to be missed, an answer to come.

Production values are the defaults. Tests that break things run with a fraction of them, so that they spend less time
waiting for the same behaviour. Pure: settings and bus both import it.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Waits(BaseModel):
    """Seconds, each the longest wait of its kind; environment: `ILP_<SERVICE>_WAITS` as a JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lease_s: float = Field(6.0, gt=0, le=60)
    """A relay that has not renewed its lease for so long has lost it."""
    beat_s: float = Field(1.0, gt=0)
    """Between two high-water marks, and the longest wait of an idle relay for a notification."""
    look_s: float = Field(0.5, gt=0)
    """Between two attempts: to lead, to connect again, to join again."""
    session_s: float = Field(10.0, gt=0)
    """Kafka counts a consumer without a heartbeat for so long as gone. The broker's own limits apply."""
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
    """PostgreSQL ends a statement after so long; a worker gives its connection up a second later."""
    lock_s: float = Field(3.0, gt=0)
    """PostgreSQL ends the wait for a lock after so long."""

    def scaled(self, factor: float) -> Self:
        """Return the same waits, each multiplied by `factor`."""
        return self.model_copy(update={name: value * factor for name, value in self.model_dump().items()})
