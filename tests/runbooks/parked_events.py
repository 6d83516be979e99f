"""An event that monitoring cannot apply: its database refuses it, as a release that does not know the event would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ilp_shared.ids import new_id
from tests.runbooks.registering import registered
from tests.runbooks.scenario import Scenario, incident
from tests.support.platform import Platform

_REFUSE = """
CREATE FUNCTION refuse_posyandu() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.facility_id = '{facility}' THEN RAISE check_violation; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse_posyandu BEFORE INSERT ON facility FOR EACH ROW EXECUTE FUNCTION refuse_posyandu();
"""


@incident(
    Scenario(
        "IlpEventsParked",
        "monitoring-worker",
        rings=lambda seen: max(seen.values("ilp_consumer_parked"), default=0) > 0,
        shows=(r'"parked":[1-9]', r"CheckViolationError\D+[1-9]", r"ok"),
    ),
    unbroken=True,
)
@asynccontextmanager
async def event_refused(platform: Platform) -> AsyncIterator[None]:
    """Refuse a posyandu until the cause is fixed; its event stays parked until the page's command applies it."""
    facility = new_id()
    await platform.script("monitoring", _REFUSE.format(facility=facility))
    try:
        await registered(platform, facility)
        yield
    finally:
        await platform.script("monitoring", "DROP FUNCTION refuse_posyandu CASCADE")
