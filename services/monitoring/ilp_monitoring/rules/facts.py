"""Which facts a screening holds, as a bit mask. Called by the projection for every recorded or corrected screening."""

from collections.abc import Iterable, Sequence

from ilp_monitoring.indicators.schemas import Fact
from ilp_shared.events.screening.v1 import ResultFact


class Facts:
    """The facts of a definitions file, by the observation or result that establishes them."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._observed: dict[str, int] = {}
        self._judged: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.observed is not None:
                self._observed[fact.observed] = self._observed.get(fact.observed, 0) | 1 << fact.bit
            elif fact.result is not None:
                self._judged.setdefault(fact.result, []).append(fact)

    def of(self, observed: Iterable[str], results: Iterable[ResultFact]) -> int:
        """Return the mask of facts that the observation codes and judged results of one screening establish."""
        mask = 0
        for code in observed:
            mask |= self._observed.get(code, 0)
        for result in results:
            for fact in self._judged.get(result.code, ()):
                if _establishes(fact, result):
                    mask |= 1 << fact.bit
        return mask


def _establishes(fact: Fact, result: ResultFact) -> bool:
    if fact.plausible_z and (result.z is None or result.flag is not None):
        return False
    return not fact.categories or result.category in fact.categories
