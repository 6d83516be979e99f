"""One string for the rules by which a projection counts: it changes with everything that decides a contribution.

Stored beside the numbers (`projection_clock.counted_by`). A batch takes back what a screening contributed by counting
it again. Other rules would take back a contribution that was never added, so such a batch is refused until a rebuild.
"""

from hashlib import sha256
from typing import Final

import orjson

from ilp_monitoring.indicators.schemas import Definitions

METHOD: Final = 2
"""Raise it when code changes what a screening or task contributes: `rules/{contributions,months}.py`, and what
`projections/adapters/{screening,cluster}.py` store or count."""


def fingerprint(definitions: Definitions) -> str:
    """Return the same string for definitions that count alike; words, sources, targets and map classes do not count."""
    decides = {
        "method": METHOD,
        "facts": {fact.code: fact.model_dump(mode="json") for fact in definitions.facts},
        "groups": {group.code: (group.min_months, group.max_months) for group in definitions.population_groups},
        "indicators": {one.code: one.counts.model_dump(mode="json") for one in definitions.indicators},
    }
    return sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()
