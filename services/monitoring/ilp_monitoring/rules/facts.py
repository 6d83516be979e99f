"""Which facts a screening holds, as a bit mask. Called by the projection for every recorded or corrected screening."""

from collections.abc import Iterable, Sequence

from ilp_monitoring.indicators.schemas import Fact
from ilp_shared.events.screening.v1 import ResultFact


def facts_of(facts: Sequence[Fact], observed: Iterable[str], results: Iterable[ResultFact]) -> int:
    """Return the mask of facts that the observation codes and judged results of one screening establish."""
    seen, judged = set(observed), list(results)
    codes = {result.code for result in judged}
    mask = 0
    for fact in facts:
        if fact.observed in seen or (fact.result in codes and any(_establishes(fact, r) for r in judged)):
            mask |= 1 << fact.bit
    return mask


def _establishes(fact: Fact, result: ResultFact) -> bool:
    if result.code != fact.result:
        return False
    if fact.plausible_z and (result.z is None or result.flag is not None):
        return False
    return not fact.categories or result.category in fact.categories
