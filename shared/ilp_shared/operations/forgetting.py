"""A consumer starts over with one source whose database was restored to an older state.

Run by `python -m <service> forget <domain>`, workers stopped: positions to 0 and what was copied from that domain
emptied, in one transaction; then a note in Kafka, without which `recover` of the source goes no further. When the
workers start, they ask the source for everything again.
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
    """Forget what was learnt of a domain; safe to repeat. Raises NotNow when something stands in the way.

    Nothing is changed then, except where only the note in Kafka is missing: what was copied is emptied already.
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
