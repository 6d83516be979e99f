"""What makes a service: its names, settings, app and projection. Each service builds one in its `service.py`."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

import asyncpg
from fastapi import FastAPI

from ilp_shared.bus.applier import Projection
from ilp_shared.settings import ServiceSettings

Job = Callable[[asyncpg.Pool], Coroutine[None, None, None]]
"""Background work of a worker that runs until cancelled."""


@dataclass(frozen=True)
class Service:
    """One deployable: `python -m <package> api|worker|migrate|check-config|unpark`."""

    name: str
    """As in URLs and folders, e.g. `cluster-services`."""
    package: str
    schema: str
    """PostgreSQL schema, e.g. `cluster_services`."""
    domain: str
    """Domain of its events, e.g. `cluster`."""
    settings: type[ServiceSettings]
    create_app: Callable[[ServiceSettings], FastAPI]
    sources: Sequence[str] = ()
    """Domains whose events it consumes."""
    projection: Callable[[], Projection] | None = None
    jobs: Sequence[Job] = ()
