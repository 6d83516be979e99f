"""Events of monitoring: cells that changed."""

from datetime import datetime
from typing import ClassVar

from ilp_shared.events.base import EventData


class SituationChanged(EventData):
    """The cells of one regency changed; details are read over HTTP. Sent at most once a minute per regency."""

    TYPE: ClassVar[str] = "ilp.monitoring.situation-changed.v1"
    area_code: str
    as_of: datetime
    sequence: int
