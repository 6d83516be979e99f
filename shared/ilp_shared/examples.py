"""What the examples of the API documents have in common: made-up records in one village, written in order.

The example of a facility, then of a person, of an open day, of a screening: each one uses the ids of those before it,
so that they succeed as they are, once, on a platform that has the areas.
"""

from datetime import timedelta
from typing import Final

from ilp_shared.clock import SystemClock

VILLAGE: Final = "13.76.01.1002"
BIRTH_DATE: Final = "2024-03-01"
YESTERDAY: Final = (SystemClock().now() - timedelta(days=1)).date().isoformat()
"""The day before this process began: never in the future, and in a month that is still open for entries."""
MORNING: Final = f"{YESTERDAY}T09:00:00+07:00"
FACILITY_ID: Final = "01990000-0000-7000-8000-000000000001"
PERSON_ID: Final = "01990000-0000-7000-8000-000000000002"
OPEN_DAY_ID: Final = "01990000-0000-7000-8000-000000000003"
SCREENING_ID: Final = "01990000-0000-7000-8000-000000000004"
OBSERVATIONS: Final = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}
BATCH_KEY: Final = "01990000-0000-7000-8000-000000000005"
