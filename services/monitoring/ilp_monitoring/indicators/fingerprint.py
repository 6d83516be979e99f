"""By what a projection was counted, in one string: it changes with whatever decides a person's contribution.

Kept beside the numbers (`projection_clock.counted_by`). A batch takes back what a screening contributed by counting it
once more, so one counted otherwise would take back what was never given: it is refused until a rebuild.
"""

from hashlib import sha256
from typing import Final

import orjson

from ilp_monitoring.indicators.schemas import Definitions

METHOD: Final = 1
"""Raise it with a change of code that decides contributions: `rules/{facts,contributions,months}.py` and what
`projections/{screenings,tasks}.py` store or count."""


def fingerprint(definitions: Definitions) -> str:
    """Return the same string for definitions that count alike; words, sources, targets and map classes do not count."""
    decides = {
        "method": METHOD,
        "facts": {fact.code: fact.model_dump(mode="json") for fact in definitions.facts},
        "groups": {group.code: (group.min_months, group.max_months) for group in definitions.population_groups},
        "indicators": {one.code: one.counts.model_dump(mode="json") for one in definitions.indicators},
    }
    return sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()
