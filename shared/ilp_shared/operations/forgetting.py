"""`forget`: a consumer starts over with one source whose database was restored to an older state.

With workers stopped, one transaction sets the positions to 0 and deletes what was copied from that domain. A note in
Kafka follows; without it `recover` of the source refuses. Workers that start later request everything again.
"""

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume import positions
from ilp_shared.operations.administration import note_forgotten
from ilp_shared.operations.maintenance import NotNow, maintenance, owner_url
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_STILL_ALIVE = Text(
    "sudah dikosongkan, tetapi menurut Kafka masih ada worker hidup: hentikan, tunggu sepuluh detik, ulangi",
    "emptied, but Kafka still counts a worker as alive: stop it, wait ten seconds, run this again",
)


async def forget(service: Service, settings: ServiceSettings, domain: str) -> None:
    """Delete what was copied from a domain; safe to repeat. Raises NotNow if it cannot run now.

    Nothing is changed then, except when only the note in Kafka is missing: the copies are deleted already.
    """
    if domain not in service.sources:
        known = ", ".join(service.sources) or "–"
        raise NotNow(
            Text(
                f"{service.name} tidak membaca '{domain}'; sumbernya: {known}",
                f"{service.name} does not consume '{domain}'; its sources: {known}",
            )
        )
    async with maintenance(service.schema, owner_url(settings)) as conn:
        await positions.forget(conn, domain)
        await service.load_forget()(conn, domain)
    if not await note_forgotten(Cluster.of(settings), service.name, domain):
        raise NotNow(_STILL_ALIVE)
