"""The oracle of the fault campaign: knows what was acknowledged and what it reads; shares no code with the product.

It imports the standard library, an HTTP client and a Kafka client, and the ledger; `tests/architecture` sees to that.
"""

from tests.faults.ledger import Ledger
from tests.faults.oracle.access import Access, Seen, read_all
from tests.faults.oracle.events import check_events, check_kafka, check_order, check_tasks_events
from tests.faults.oracle.expected import Expected
from tests.faults.oracle.numbers import check_numbers
from tests.faults.oracle.records import check_records
from tests.faults.oracle.verdict import Verdict

__all__ = ["Access", "Expected", "Seen", "Verdict", "compare", "judge"]


async def judge(access: Access, ledger: Ledger) -> Verdict:
    """Read the platform and compare it with the ledger."""
    expected = Expected(ledger)
    seen = await read_all(access, expected.villages(), expected.facilities, expected.months())
    return compare(ledger, expected, seen)


def compare(ledger: Ledger, expected: Expected, seen: Seen) -> Verdict:
    """Compare one look at the platform with what must be."""
    verdict = Verdict()
    for entry in ledger.unknown():
        verdict.add("wrong", f"{entry.command.kind} {entry.command.about} never got a definite answer")
    for wrong in (*ledger.contradictions, *ledger.breakdowns):
        verdict.add("wrong", wrong)
    check_events(expected, seen, verdict)
    check_tasks_events(expected, seen, verdict)
    check_order(seen, verdict)
    check_kafka(seen, verdict)
    check_records(expected, seen, verdict)
    check_numbers(expected, seen, verdict)
    verdict.demand_sight()
    return verdict
