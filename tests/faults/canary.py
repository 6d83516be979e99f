"""The canary: a fault that must fail. It loses an acknowledged record behind the platform's back.

A campaign in which it does not fail can see nothing. It is on no list, so no other campaign runs it.
"""

import random

from tests.faults.fault import Fault
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload

_LOSE = """
CREATE FUNCTION lose_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.aggregate_id = '{screening}' THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER lose_one BEFORE INSERT ON event_log FOR EACH ROW EXECUTE FUNCTION lose_one();
"""
_LOSE_NO_MORE = "DROP TRIGGER lose_one ON event_log; DROP FUNCTION lose_one();"


async def event_lost(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Let the database store a screening, drop its event, and report success."""
    person = await work.somebody()
    screening = work.drafts.screening(person)
    await platform.script("screening", _LOSE.format(screening=screening.about))
    try:
        assert (await work.client.send(screening)).accepted
    finally:
        await platform.script("screening", _LOSE_NO_MORE)


CANARY = Fault("canary: the event of an acknowledged screening lost", "database", event_lost, touches=())
