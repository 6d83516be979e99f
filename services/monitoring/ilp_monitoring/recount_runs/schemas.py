"""A recount as readers see it."""

from datetime import datetime

from ilp_shared.models import Output


class Recount(Output):
    """When the event archives were counted again, how much was compared, and how many numbers differed."""

    at: datetime
    cells: int
    events: int
    differences: int
    duration_s: float
