"""A recount as readers see it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Recount(BaseModel):
    """When the event archives were counted anew, how much was compared, and how many numbers differed."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    cells: int
    events: int
    differences: int
    duration_s: float
